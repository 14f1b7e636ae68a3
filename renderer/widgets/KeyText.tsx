// A shortcut as the keys on this machine are called.
import styles from './KeyText.module.css';

const mac = /mac/i.test(navigator.platform);
const common = { Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓' };
const names: Readonly<Record<string, string>> = mac
  ? { ...common, mod: '⌘', shift: '⇧', alt: '⌥', Enter: '↩' }
  : { ...common, mod: 'Ctrl', shift: 'Shift', alt: 'Alt', Enter: 'Enter' };

export function KeyText({ shortcut }: { readonly shortcut: string }) {
  const chords = shortcut.split(' ').map((chord) =>
    chord
      .split('+')
      .map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key))
      .join(mac ? '' : '+'),
  );
  return <kbd className={styles.keys}>{chords.join(' ')}</kbd>;
}

// A shortcut as the keys on this machine are called.
import styles from './KeyText.module.css';

const mac = /mac/i.test(navigator.platform);
const names: Readonly<Record<string, string>> = mac
  ? { mod: '⌘', shift: '⇧', alt: '⌥', Enter: '↩', Escape: 'Esc' }
  : { mod: 'Ctrl', shift: 'Shift', alt: 'Alt', Enter: 'Enter', Escape: 'Esc' };

export function KeyText({ shortcut }: { readonly shortcut: string }) {
  const chords = shortcut.split(' ').map((chord) =>
    chord
      .split('+')
      .map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key))
      .join(mac ? '' : '+'),
  );
  return <kbd className={styles.keys}>{chords.join(' ')}</kbd>;
}

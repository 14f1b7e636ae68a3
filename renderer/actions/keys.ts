// Keys of the registry, heard once for the whole window. What a person types into a field stays theirs unless the action says otherwise.
import { useEffect } from 'react';
import { allActions } from './registry.ts';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('textarea, select, input:not([type="checkbox"], [type="radio"], [type="range"])'));

function chordOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // `?` already says Shift on most keyboards.
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/.test(key));
  return [event.ctrlKey || event.metaKey ? 'mod' : '', event.altKey ? 'alt' : '', shift ? 'Shift' : '', key]
    .filter(Boolean)
    .join('+');
}

export function useKeys(): void {
  useEffect(() => {
    let before = { key: '', at: 0 };
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      // A dialog on top has the keyboard; only the palette's own key reaches through.
      const chord = chordOf(event);
      if (document.querySelector('[role="dialog"]') && chord !== 'mod+k') return;
      const pair = event.timeStamp - before.at < 1_000 ? `${before.key} ${chord}` : '';
      before = { key: chord, at: event.timeStamp };
      const action = allActions().find(
        (each) =>
          (each.shortcut === chord || (pair !== '' && each.shortcut === pair)) &&
          (each.whileTyping || !isTyping(event.target)) &&
          each.enabled?.() !== false,
      );
      if (!action) return;
      event.preventDefault();
      action.perform();
    };
    // Chords come first, before an editor makes something of them; single keys last, so that lists and menus can take them.
    const early = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey) press(event);
    };
    const late = (event: KeyboardEvent) => {
      if (!event.ctrlKey && !event.metaKey) press(event);
    };
    window.addEventListener('keydown', early, { capture: true });
    window.addEventListener('keydown', late);
    return () => {
      window.removeEventListener('keydown', early, { capture: true });
      window.removeEventListener('keydown', late);
    };
  }, []);
}

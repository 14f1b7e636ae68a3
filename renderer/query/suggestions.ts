// The list of words under the cursor: opens while a word is written or with Ctrl+Space, arrows choose, Enter or Tab takes, Esc closes.
// The focus stays in the text; the list is named to screen readers through aria-activedescendant.
import { EditorState, type Extension, Prec, StateEffect, StateField, type Transaction } from '@codemirror/state';
import { EditorView, keymap, showTooltip, type Tooltip } from '@codemirror/view';
import styles from './Query.module.css';
import { type Completion, completionAt, type TextKind, type Word } from './words.ts';

interface Open extends Completion {
  readonly at: number;
  readonly chosen: number;
}

const marks: Readonly<Record<Word['kind'], string>> = { keyword: 'K', function: 'ƒ', collection: 'C', path: '.' };

/** @param paths read at each key: more become known with each result */
export function suggestions(id: string, kind: TextKind, paths: () => readonly string[]): Extension {
  const set = StateEffect.define<Open | undefined>();

  const offered = (state: EditorState, asked: boolean): Open | undefined => {
    const { main } = state.selection;
    if (!main.empty) return undefined;
    const found = completionAt(state.doc.toString(), main.head, { kind, paths: paths(), asked });
    return found && { ...found, at: main.head, chosen: 0 };
  };

  const field = StateField.define<Open | undefined>({
    create: () => undefined,
    update(open, change: Transaction) {
      for (const effect of change.effects) if (effect.is(set)) return effect.value;
      if (change.docChanged) {
        // Taking a word, pasting, undoing and what comes from outside ask for no more words.
        const typed = change.isUserEvent('input.type') || (open !== undefined && change.isUserEvent('delete'));
        return typed ? offered(change.state, false) : undefined;
      }
      return change.selection ? undefined : open;
    },
    provide: (self) => [
      showTooltip.from(self, (open) => (open ? tooltip(open) : null)),
      EditorView.contentAttributes.from(self, (open) => ({
        'aria-autocomplete': 'list',
        ...(open ? { 'aria-controls': `${id}-words`, 'aria-activedescendant': `${id}-word-${open.chosen}` } : {}),
      })),
    ],
  });

  const take = (view: EditorView, open: Open, index: number): void => {
    const word = open.words[index];
    if (!word) return;
    const insert = word.insert ?? word.label;
    view.dispatch({
      changes: { from: open.from, to: open.at, insert },
      selection: { anchor: open.from + insert.length },
      userEvent: 'input.complete',
      effects: set.of(undefined),
    });
    view.focus();
  };

  const tooltip = (open: Open): Tooltip => ({
    pos: open.from,
    above: false,
    create: (view) => {
      const dom = document.createElement('div');
      dom.className = styles.words ?? '';
      const list = document.createElement('ul');
      list.id = `${id}-words`;
      list.role = 'listbox';
      list.ariaLabel = 'Words that fit here';
      for (const [index, word] of open.words.entries()) list.append(entry(view, open, word, index));
      dom.append(list);
      const shown = list.children[open.chosen];
      return { dom, mount: () => shown?.scrollIntoView({ block: 'nearest' }) };
    },
  });

  const entry = (view: EditorView, open: Open, word: Word, index: number): HTMLElement => {
    const item = document.createElement('li');
    item.id = `${id}-word-${index}`;
    item.role = 'option';
    item.ariaSelected = String(index === open.chosen);
    const parts = [
      ['span', marks[word.kind], styles.mark],
      ['code', word.label, ''],
      ['span', word.says, styles.says],
    ] as const;
    for (const [tag, text, className] of parts) {
      const part = document.createElement(tag);
      part.textContent = text;
      if (className) part.className = className;
      item.append(part);
    }
    item.firstElementChild?.setAttribute('aria-hidden', 'true');
    item.addEventListener('mousedown', (event) => {
      event.preventDefault();
      take(view, open, index);
    });
    return item;
  };

  const whileOpen = (deed: (view: EditorView, open: Open) => void) => (view: EditorView) => {
    const open = view.state.field(field);
    if (!open) return false;
    deed(view, open);
    return true;
  };
  const move = (by: number) =>
    whileOpen((view, open) => {
      const chosen = (open.chosen + by + open.words.length) % open.words.length;
      view.dispatch({ effects: set.of({ ...open, chosen }) });
    });
  const close = whileOpen((view) => view.dispatch({ effects: set.of(undefined) }));
  const taking = whileOpen((view, open) => take(view, open, open.chosen));

  return [
    field,
    Prec.highest(
      keymap.of([
        { key: 'ArrowDown', run: move(1) },
        { key: 'ArrowUp', run: move(-1) },
        { key: 'Enter', run: taking },
        { key: 'Tab', run: taking },
        { key: 'Escape', run: close },
        {
          key: 'Ctrl-Space',
          run: (view) => {
            view.dispatch({ effects: set.of(offered(view.state, true)) });
            return true;
          },
        },
      ]),
    ),
    EditorView.domEventHandlers({
      blur: (_, view) => {
        if (view.state.field(field)) view.dispatch({ effects: set.of(undefined) });
      },
    }),
    EditorState.allowMultipleSelections.of(false),
  ];
}

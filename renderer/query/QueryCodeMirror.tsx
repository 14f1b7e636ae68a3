// CodeMirror set up for queries: colours, words that fit, a mark under the character the hub's message points at.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view';
import { useEffect, useId, useRef } from 'react';
import { look } from '../widgets/CodeMirror.tsx';
import { queryLanguage } from './language.ts';
import type { QueryEditorProps } from './QueryEditor.tsx';
import { suggestions } from './suggestions.ts';

export default function QueryCodeMirror({ value, change, label, kind, paths, problem, hint }: QueryEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ change, paths });
  latest.current = { change, paths };
  const id = useId();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; later values arrive below
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          drawSelection(),
          bracketMatching(),
          queryLanguage,
          suggestions(id, kind, () => latest.current.paths),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
          ...(hint ? [placeholder(hint)] : []),
          keymap.of([...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter'), ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.change(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);

  useEffect(() => {
    const now = view.current;
    if (!now || now.state.doc.toString() === value) return;
    now.dispatch({
      changes: { from: 0, to: now.state.doc.length, insert: value },
      selection: { anchor: value.length },
    });
  }, [value]);

  useEffect(() => {
    const now = view.current;
    if (!now) return;
    const found = problem?.place;
    if (!found || found.line > now.state.doc.lines) {
      now.dispatch(setDiagnostics(now.state, []));
      return;
    }
    const line = now.state.doc.line(found.line);
    const from = Math.min(line.to, line.from + found.column - 1);
    const word = /^\w+/.exec(now.state.sliceDoc(from, line.to))?.[0].length ?? 1;
    const to = Math.min(line.to, from + word);
    // At the end of a line there is no character to mark but the last.
    const mark = { from: from === to ? Math.max(line.from, from - 1) : from, to };
    now.dispatch(setDiagnostics(now.state, [{ ...mark, severity: 'error', message: problem.message }]), {
      selection: { anchor: from },
    });
  }, [problem]);

  return <div ref={place} style={{ display: 'contents' }} />;
}

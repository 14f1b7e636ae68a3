// A small JSON editor that says where the text is wrong. The editor itself is loaded when first needed; a plain text area stands in until then.
import { lazy, Suspense } from 'react';
import styles from './JsonEditor.module.css';

const CodeMirror = lazy(() => import('./CodeMirror.tsx'));

export interface JsonEditorProps {
  readonly value: string;
  change(value: string): void;
  readonly label: string;
  readonly placeholder?: string;
  /** Grows to the height it is given instead of to its lines. */
  readonly fill?: boolean;
}

export function JsonEditor(props: JsonEditorProps) {
  return (
    <div className={`${styles.editor} ${props.fill ? styles.fill : ''}`}>
      <Suspense
        fallback={
          <textarea
            className={styles.standin}
            aria-label={props.label}
            value={props.value}
            placeholder={props.placeholder}
            onChange={(event) => props.change(event.target.value)}
          />
        }
      >
        <CodeMirror {...props} />
      </Suspense>
    </div>
  );
}

/** The sentence for text that is no JSON; undefined when it is, or is blank. */
export function jsonProblem(text: string, what: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    const where = /line (\d+) column (\d+)/.exec(said);
    const offset = /position (\d+)/.exec(said);
    const before = offset ? text.slice(0, Number(offset[1])) : '';
    const line = where?.[1] ?? (offset ? String(before.split('\n').length) : undefined);
    const column = where?.[2] ?? (offset ? String(before.length - before.lastIndexOf('\n')) : undefined);
    const reason = said
      .replace(/ in JSON.*$/s, '')
      .replace(/, ".*$/s, '')
      .replace(/^Expected/, 'expected')
      .replace(/^Unexpected/, 'unexpected');
    return `${what}: not valid JSON${line ? ` at line ${line}, column ${column}` : ''}: ${reason}.`;
  }
}

// A small JSON editor that says where the text is wrong. The editor itself is loaded when first needed; a plain text area stands in until then.
import { lazy, Suspense } from 'react';
import styles from './JsonEditor.module.css';
import { wrongPlace } from './json-place.ts';

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
  const wrong = wrongPlace(text);
  return wrong
    ? `${what}: not valid JSON at line ${wrong.line}, column ${wrong.column}: expected ${wrong.expected}, found ${wrong.found}.`
    : undefined;
}

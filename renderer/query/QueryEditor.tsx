// The editor of a query or of a job's condition. It is loaded when first needed; a plain text area stands in until then.
import { lazy, Suspense } from 'react';
import json from '../widgets/JsonEditor.module.css';
import styles from './Query.module.css';
import type { TextKind } from './words.ts';

const QueryCodeMirror = lazy(() => import('./QueryCodeMirror.tsx'));

export interface QueryEditorProps {
  readonly value: string;
  change(value: string): void;
  readonly label: string;
  readonly kind: TextKind;
  /** Paths to offer besides the roots. */
  readonly paths: readonly string[];
  readonly problem?:
    | { readonly message: string; readonly place?: { readonly line: number; readonly column: number } }
    | undefined;
  readonly hint?: string;
}

export function QueryEditor(props: QueryEditorProps) {
  return (
    <div className={`${json.editor} ${props.kind === 'query' ? styles.editor : styles.condition}`}>
      <Suspense
        fallback={
          <textarea
            className={json.standin}
            aria-label={props.label}
            value={props.value}
            onChange={(event) => props.change(event.target.value)}
          />
        }
      >
        <QueryCodeMirror {...props} />
      </Suspense>
    </div>
  );
}

// A field that holds any JSON, written as text. Text that is no JSON stays as it is typed and stands in the value as `Unreadable`.
import { type ReactNode, useState } from 'react';
import { JsonEditor, jsonProblem } from '../JsonEditor.tsx';
import styles from './Schema.module.css';

/** No schema takes it, so that a form that holds one cannot be sent. */
export class Unreadable {
  constructor(readonly text: string) {}
}

export function JsonField({
  label,
  hint,
  problem,
  value,
  change,
}: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly problem: string | undefined;
  readonly value: unknown;
  /** Undefined for blank text. */
  change(value: unknown): void;
}) {
  const [text, setText] = useState(() =>
    value instanceof Unreadable ? value.text : value === undefined ? '' : JSON.stringify(value, null, 2),
  );
  const wrong = jsonProblem(text, label);
  return (
    <div className={`${styles.part} ${styles.wide}`}>
      <span className={styles.label}>{label}</span>
      <JsonEditor
        value={text}
        label={label}
        change={(next) => {
          setText(next);
          change(
            next.trim() === ''
              ? undefined
              : jsonProblem(next, label) === undefined
                ? (JSON.parse(next) as unknown)
                : new Unreadable(next),
          );
        }}
      />
      {wrong || problem ? (
        <p className={styles.problem}>{wrong ?? problem}</p>
      ) : hint ? (
        <p className={styles.hint}>{hint}</p>
      ) : null}
    </div>
  );
}

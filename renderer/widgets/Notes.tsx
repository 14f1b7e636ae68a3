// What is said in place: a refusal with its fix, an empty part with what to do next, a heading of a pane.
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Refused } from '../connection/client.ts';
import styles from './Notes.module.css';

/** Cause, then fix. */
export function Problem({ problem }: { readonly problem: Pick<Refused, 'message' | 'hint'> | undefined }) {
  if (!problem) return null;
  return (
    <div role="alert" className={styles.problem}>
      <IconAlertTriangle aria-hidden="true" />
      <p>
        {problem.message}
        {problem.hint ? <span className={styles.fix}>{problem.hint}</span> : null}
      </p>
    </div>
  );
}

export function Explanation({
  cause,
  fix,
  failed,
}: {
  readonly cause: string;
  readonly fix: string;
  /** Red is for what failed; what is only odd is in the colour of faults. */
  readonly failed: boolean;
}) {
  return (
    <dl className={`${styles.explanation} ${failed ? '' : styles.odd}`}>
      <dt>Cause</dt>
      <dd>{cause}</dd>
      <dt>Fix</dt>
      <dd>{fix}</dd>
    </dl>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}

export function Heading({ children, after }: { readonly children: ReactNode; readonly after?: ReactNode }) {
  return (
    <div className={styles.heading}>
      <h2>{children}</h2>
      {after}
    </div>
  );
}

// State as colour and shape together: filled dot, half ring, hollow dot, cross, dash; a moving ring while a call is in flight; a bolt under a fault.
import { memo } from 'react';
import type { LinkState } from '../connection/shapes.ts';
import styles from './StateMark.module.css';

export const stateWords: Readonly<Record<LinkState, string>> = {
  online: 'online',
  connecting: 'connecting',
  waiting: 'waiting',
  dark: 'dark',
  failed: 'failed',
  off: 'off',
};
export const stateMeanings: Readonly<Record<LinkState, string>> = {
  online: 'Connected to the hub',
  connecting: 'Opening its connection',
  waiting: 'Waiting for its turn or its next attempt',
  dark: 'Rebooting: off the network for a while',
  failed: 'Cannot connect; the detail says why',
  off: 'Stopped',
};

const shapes: Readonly<Record<LinkState, React.ReactNode>> = {
  online: <circle cx="8" cy="8" r="4" className={styles.solid} />,
  connecting: (
    <>
      <circle cx="8" cy="8" r="3.5" className={styles.faint} />
      <path d="M8 4.5a3.5 3.5 0 0 1 0 7" className={styles.line} />
    </>
  ),
  waiting: (
    <>
      <circle cx="8" cy="8" r="3.5" className={styles.faint} />
      <path d="M8 11.5a3.5 3.5 0 0 1 0-7" className={styles.line} />
    </>
  ),
  dark: <circle cx="8" cy="8" r="3.5" className={styles.line} />,
  failed: <path d="m5 5 6 6m0-6-6 6" className={styles.line} />,
  off: <path d="M5 8h6" className={styles.line} />,
};

export const StateMark = memo(function StateMark({
  state,
  busy = false,
}: {
  readonly state: LinkState;
  readonly busy?: boolean;
}) {
  return (
    <svg className={`${styles.mark} ${styles[state]}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {shapes[state]}
      {busy ? (
        <g className={styles.busy}>
          <path d="M8 1.25A6.75 6.75 0 0 1 14.75 8" />
          <path d="M8 14.75A6.75 6.75 0 0 1 1.25 8" />
        </g>
      ) : null}
    </svg>
  );
});

export function Bolt({ className }: { readonly className?: string }) {
  return (
    <svg className={`${styles.bolt} ${className ?? ''}`} viewBox="0 0 12 12" aria-hidden="true" focusable="false">
      <path d="M7 .5 2 7h3.2L4.6 11.5 10 4.8H6.6z" />
    </svg>
  );
}

// How far a job is: its status as shape, colour and word, and its devices as a bar with counts.
import type { JobView } from '../connection/shapes.ts';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { ago, count, moment } from '../widgets/format.ts';
import { useNow } from '../widgets/now.ts';
import styles from './Jobs.module.css';

const shapes: Readonly<Record<string, React.ReactNode>> = {
  pending: <circle cx="6" cy="6" r="4" strokeDasharray="2 2" />,
  scheduled: (
    <>
      <circle cx="6" cy="6" r="4.25" />
      <path d="M6 3.5V6l1.75 1.25" />
    </>
  ),
  queued: <path d="M2.5 4h7M2.5 6.5h7M2.5 9h4" />,
  running: <path d="M6 1.75A4.25 4.25 0 1 1 1.75 6" />,
  completed: <path d="m2.25 6.5 2.5 2.5 5-5.5" />,
  failed: <path d="m2.75 2.75 6.5 6.5m0-6.5-6.5 6.5" />,
  cancelled: <path d="M2 6h8" />,
};
const looks: Readonly<Record<string, string | undefined>> = {
  running: styles.running,
  completed: styles.completed,
  failed: styles.failed,
};

/** The words are the service's own. */
export function JobStatus({ status }: { readonly status: string }) {
  return (
    <span className={`${styles.status} ${looks[status] ?? ''}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">
        {shapes[status] ?? shapes.pending}
      </svg>
      {status}
    </span>
  );
}

export function Progress({ counts }: { readonly counts: JobView['counts'] }) {
  const { devices, succeeded, failed, running } = counts;
  const share = (value: number) => `${devices === 0 ? 0 : (value / devices) * 100}%`;
  return (
    <span
      className={styles.bar}
      role="progressbar"
      aria-label="Devices dealt with"
      aria-valuemin={0}
      aria-valuemax={Math.max(1, devices)}
      aria-valuenow={succeeded + failed}
      aria-valuetext={countWords(counts)}
      title={countWords(counts)}
    >
      <span className={styles.good} style={{ width: share(succeeded) }} />
      <span className={styles.bad} style={{ width: share(failed) }} />
      <span className={styles.moving} style={{ width: share(running) }} />
    </span>
  );
}

export function countWords({ devices, succeeded, failed, running, pending }: JobView['counts']): string {
  if (devices === 0) return 'no devices yet';
  const parts = [
    [succeeded, 'succeeded'],
    [failed, 'failed'],
    [running, 'running'],
    [pending, 'pending'],
  ] as const;
  const words = parts.filter(([value]) => value > 0).map(([value, word]) => `${count(value)} ${word}`);
  return `${words.join(', ')} of ${count(devices)}`;
}

/** How far ahead or how long ago; the moment itself on hover. */
export function Start({ at }: { readonly at: number }) {
  const now = useNow();
  if (at <= now) return <Elapsed at={at} />;
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      in {ago(at - now).replace(/ ago$/, '')}
    </time>
  );
}

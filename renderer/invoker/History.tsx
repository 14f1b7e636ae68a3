// What was invoked before: search it, look at a run again, or put it back into the form.
import { IconRepeat } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { client } from '../connection/client.ts';
import { useLink } from '../connection/hooks.ts';
import type { HistoryEntry } from '../connection/shapes.ts';
import { useInvoker } from '../store/invoker.ts';
import { IconButton } from '../widgets/Button.tsx';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { count, millis } from '../widgets/format.ts';
import { Empty } from '../widgets/Notes.tsx';
import styles from './Invoker.module.css';

export function History() {
  const [entries, setEntries] = useState<readonly HistoryEntry[]>();
  const link = useLink();
  const { reuse, setView } = useInvoker.getState();
  useEffect(() => {
    if (link !== 'open') return;
    let current = true;
    const read = () =>
      client.run('run.history', {}).then(
        (answer) => current && setEntries(answer),
        () => {},
      );
    void read();
    // Runs that are still going change; the history itself is not subscribed to.
    const timer = setInterval(() => void read(), 2_000);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [link]);

  if (!entries) return null;
  if (entries.length === 0) return <Empty title="Nothing was invoked yet" />;
  return (
    <ul className={styles.history} aria-label="Earlier invocations">
      {[...entries]
        .sort((left, right) => right.at - left.at)
        .slice(0, 200)
        .map((entry) => (
          <li key={entry.run} className={styles.entry}>
            <button
              type="button"
              title="Show its result"
              onClick={() => {
                useInvoker.setState({ run: entry.run, shown: undefined });
                setView('result');
              }}
            >
              <span className={styles.line}>
                <code className="clip">{entry.method}</code>
                <span className="quiet clip">{entry.target}</span>
                <Elapsed at={entry.at} />
              </span>
              <span className={styles.line}>
                <span className={entry.ok < entry.total ? styles.bad : 'quiet'}>
                  {count(entry.ok)} of {count(entry.total)} OK
                </span>
                {entry.payload.trim() ? <code className="clip quiet">{entry.payload}</code> : null}
                <span className={styles.took}>{millis(entry.duration)}</span>
              </span>
            </button>
            <div className={styles.redo}>
              <IconButton label={`Put ${entry.method} back into the form`} onClick={() => reuse(entry)}>
                <IconRepeat />
              </IconButton>
            </div>
          </li>
        ))}
    </ul>
  );
}

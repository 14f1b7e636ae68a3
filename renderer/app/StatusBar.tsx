// The numbers that matter all the time, each with its unit. Each cell renders only when its own number changed.
import { memo, type ReactNode } from 'react';
import { useTotals } from '../connection/hooks.ts';
import { count, millis, perSecond } from '../widgets/format.ts';
import { StateMark } from '../widgets/StateMark.tsx';
import { Sparkline } from './Sparkline.tsx';
import styles from './StatusBar.module.css';

export const StatusBar = memo(function StatusBar() {
  return (
    <section className={styles.bar} aria-label="Totals">
      <Online />
      <Load />
      <Percentiles />
      <Failures />
      <span className={styles.space} />
      <Journal />
      <Version />
    </section>
  );
});

function Cell({
  name,
  title,
  bad,
  children,
}: {
  readonly name?: string;
  readonly title: string;
  readonly bad?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span className={`${styles.cell} ${bad ? styles.bad : ''}`} title={title}>
      {name ? <span className={styles.name}>{name}</span> : null}
      {children}
    </span>
  );
}

const others = ['connecting', 'waiting', 'dark', 'failed', 'off'] as const;

function Online() {
  const devices = useTotals((totals) => totals.devices);
  if (!devices) return null;
  return (
    <>
      <Cell title="Devices connected to the hub, of all">
        <StateMark state={devices.online > 0 ? 'online' : 'off'} />
        {count(devices.online)} / {count(devices.total)} online
      </Cell>
      {others
        .filter((state) => devices[state] > 0)
        .map((state) => (
          <Cell key={state} title={`${devices[state]} ${state}`} bad={state === 'failed'}>
            <StateMark state={state} />
            {count(devices[state])} {state}
          </Cell>
        ))}
    </>
  );
}

function Load() {
  const rate = useTotals((totals) => totals.callsPerSecond) ?? 0;
  const inFlight = useTotals((totals) => totals.inFlight) ?? 0;
  return (
    <>
      <Cell title="Invocations ended in the last second">
        <Sparkline />
        <span className={styles.wide}>{perSecond(rate)}</span> <span className={styles.name}>calls</span>
      </Cell>
      <Cell title="Invocations waiting for an answer now">
        <span className={styles.narrow}>{count(inFlight)}</span> <span className={styles.name}>in flight</span>
      </Cell>
    </>
  );
}

function Percentiles() {
  const p50 = useTotals((totals) => totals.p50) ?? null;
  const p95 = useTotals((totals) => totals.p95) ?? null;
  const p99 = useTotals((totals) => totals.p99) ?? null;
  const of = 'of answered invocations over the last 60 s';
  return (
    <>
      <Cell name="p50" title={`Median ${of}`}>
        {millis(p50)}
      </Cell>
      <Cell name="p95" title={`95th percentile ${of}`}>
        {millis(p95)}
      </Cell>
      <Cell name="p99" title={`99th percentile ${of}`}>
        {millis(p99)}
      </Cell>
    </>
  );
}

function Failures() {
  const failures = useTotals((totals) => totals.failures) ?? 0;
  const calls = useTotals((totals) => totals.calls) ?? 0;
  return (
    <Cell title="Ended invocations whose HTTP status was not 200, of all since start">
      <span className={failures > 0 ? styles.bad : ''}>{count(failures)}</span>
      <span className={styles.name}>of</span> {count(calls)} <span className={styles.name}>calls failed</span>
    </Cell>
  );
}

function Journal() {
  const journal = useTotals((totals) => totals.journal);
  if (!journal) return null;
  return (
    <>
      <Cell title={`Rows in the journal; it keeps the newest ${count(journal.most)}`}>
        {count(journal.rows)} <span className={styles.name}>rows</span>
      </Cell>
      {journal.forgotten > 0 ? (
        <Cell title="Rows the journal forgot to stay bounded">
          {count(journal.forgotten)} <span className={styles.name}>trimmed</span>
        </Cell>
      ) : null}
      {journal.shed > 0 ? (
        <Cell title="Facts let go between threads because a queue was full" bad>
          {count(journal.shed)} <span className={styles.name}>shed</span>
        </Cell>
      ) : null}
    </>
  );
}

function Version() {
  const version = useTotals((totals) => totals.version);
  return version ? (
    <Cell title="Version of Hubfleet">
      <span className={`${styles.name} ${styles.version}`}>{version}</span>
    </Cell>
  ) : null;
}

// Calls per second over the last minute, one point a second, scaled to its own highest.
import { useRef } from 'react';
import { useTotals } from '../connection/hooks.ts';
import { count } from '../widgets/format.ts';
import styles from './StatusBar.module.css';

const points = 60;

export function Sparkline() {
  const second = useTotals((totals) => Math.floor(totals.at / 1_000)) ?? 0;
  const rate = useTotals((totals) => totals.callsPerSecond) ?? 0;
  const history = useRef<{ second: number; rates: readonly number[] }>({ second: 0, rates: [] });
  if (history.current.second !== second) {
    history.current = { second, rates: [...history.current.rates, rate].slice(-points) };
  }
  const { rates } = history.current;
  const most = Math.max(1, ...rates);
  const line = rates
    .map(
      (each, index) =>
        `${((index + points - rates.length) / (points - 1)) * 60},${(13 - (each / most) * 11).toFixed(1)}`,
    )
    .join(' ');
  return (
    <svg className={styles.spark} viewBox="0 0 60 14" aria-hidden="true" focusable="false">
      <title>{`At most ${count(most)} calls/s in the last ${points} s`}</title>
      <polyline points={line} />
    </svg>
  );
}

// A bar as long as a call took, in the colours of its legs. All bars of a table share one scale; one that is longer ends in an arrow.
import { memo } from 'react';
import type { FaultTouch, Legs, TrafficRow } from '../connection/shapes.ts';
import { millis, secondsSo } from '../widgets/format.ts';
import { useFastNow } from '../widgets/now.ts';
import { Bolt } from '../widgets/StateMark.tsx';
import styles from './Waterfall.module.css';

export const legNames = [
  ['hub', 'In the hub'],
  ['toDevice', 'To the device'],
  ['inDevice', 'In the device'],
  ['back', 'Back'],
] as const satisfies readonly (readonly [keyof Legs, string])[];

/** The end of the scale: above nine in ten of the durations, a round number, so that it seldom moves. */
export function scaleOf(rows: readonly TrafficRow[]): number {
  const durations = rows
    .flatMap((row) => (row.duration === undefined ? [] : [row.duration]))
    .sort((left, right) => left - right);
  const most = durations[Math.floor(durations.length * 0.9)] ?? 100;
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return Math.max(10, ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10) * power);
}

/** What waits and is then at work has two legs, a call has four. */
const lifeNames: Partial<Record<TrafficRow['kind'], readonly (readonly [keyof Legs, string])[]>> = {
  c2d: [
    ['hub', 'Waiting in the hub'],
    ['inDevice', "In the device's hands"],
  ],
  job: [
    ['hub', 'Waiting'],
    ['inDevice', 'Running'],
  ],
};
const legsOf = (kind: TrafficRow['kind']) => lifeNames[kind] ?? legNames;

const describeLegs = (kind: TrafficRow['kind'], legs: Legs): string =>
  legsOf(kind)
    .map(([leg, name]) => `${name} ${millis(legs[leg])}`)
    .join(', ');

export const Waterfall = memo(function Waterfall({ row, scale }: { readonly row: TrafficRow; readonly scale: number }) {
  if (row.pending) return <Growing words={pendingWords[row.kind] ?? 'In flight'} since={row.at} scale={scale} />;
  if (row.duration === undefined) return null;
  const share = Math.min(1, row.duration / scale);
  return (
    <span
      className={styles.track}
      title={row.legs ? `${describeLegs(row.kind, row.legs)}; ${millis(row.duration)} in all` : millis(row.duration)}
    >
      <span className={`${styles.bar} ${row.duration > scale ? styles.cut : ''}`} style={{ width: `${share * 100}%` }}>
        {row.legs ? (
          legNames.map(([leg]) => <i key={leg} className={styles[leg]} style={{ flexGrow: row.legs?.[leg] ?? 0 }} />)
        ) : (
          <i className={styles.hub} style={{ flexGrow: 1 }} />
        )}
      </span>
    </span>
  );
});

const pendingWords: Partial<Record<TrafficRow['kind'], string>> = { c2d: 'Not settled', job: 'Not ended' };

function Growing({ words, since, scale }: { readonly words: string; readonly since: number; readonly scale: number }) {
  const now = useFastNow();
  const long = Math.max(0, now - since);
  return (
    <span className={styles.track} title={`${words} for ${millis(long)}`}>
      <span
        className={`${styles.bar} ${styles.growing} ${long > scale ? styles.cut : ''}`}
        style={{ width: `${Math.min(1, long / scale) * 100}%` }}
      />
    </span>
  );
}

/** Duration of a row; while it is pending, how long it has been. */
export function Duration({ row }: { readonly row: TrafficRow }) {
  if (row.pending) return <GrowingDuration since={row.at} />;
  return row.duration === undefined ? null : millis(row.duration);
}
function GrowingDuration({ since }: { readonly since: number }) {
  const now = useFastNow();
  return <span className={styles.pending}>{secondsSo(now - since)}</span>;
}

export function ScaleMarks({ scale }: { readonly scale: number }) {
  return (
    <span className={styles.marks}>
      <span>0</span>
      <span>{round(scale / 2)}</span>
      <span>{round(scale)}</span>
    </span>
  );
}

const round = (value: number): string => millis(value).replace(/\.0+ /, ' ');

export function LegLegend() {
  return (
    <ul className={styles.legend} aria-label="Legs of a call">
      {legNames.map(([leg, name]) => (
        <li key={leg}>
          <i className={`${styles.swatch} ${styles[leg]}`} />
          {name}
        </li>
      ))}
    </ul>
  );
}

/** All legs below each other, each where it began. */
export function LegTable({
  kind,
  legs,
  duration,
  touches,
}: {
  readonly kind: TrafficRow['kind'];
  readonly legs: Legs;
  readonly duration: number;
  /** Faults that struck it: their legs are marked, with the part that is theirs. */
  readonly touches: readonly FaultTouch[];
}) {
  const names = legsOf(kind);
  const whole = Math.max(
    names.reduce((sum, [leg]) => sum + legs[leg], 0),
    0.001,
  );
  let begun = 0;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Leg</th>
          <th scope="col" className={styles.number}>
            Took
          </th>
          <th scope="col" className={styles.number}>
            Share
          </th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {names.map(([leg, name]) => {
          const from = begun;
          begun += legs[leg];
          const struck = touches.filter((touch) => touch.leg === leg);
          const by = [...new Set(struck.map((touch) => touch.fault))].join(', ');
          const held = Math.min(
            legs[leg],
            struck.reduce((sum, touch) => sum + (touch.held ?? 0), 0),
          );
          return (
            <tr key={leg}>
              <th scope="row">
                <i className={`${styles.swatch} ${styles[leg]}`} />
                {name}
                {struck.length > 0 ? (
                  <span
                    className={styles.struck}
                    title={held > 0 ? `${millis(held)} longer by ${by}` : `Struck by ${by}`}
                  >
                    <Bolt />
                    {by}
                  </span>
                ) : null}
              </th>
              <td className={styles.number}>{millis(legs[leg])}</td>
              <td className={styles.number}>{((legs[leg] / whole) * 100).toFixed(1)}%</td>
              <td className={styles.when}>
                <span
                  className={`${styles.leg} ${styles[leg]}`}
                  style={{ left: `${(from / whole) * 100}%`, width: `${(legs[leg] / whole) * 100}%` }}
                />
                {held > 0 ? (
                  <span
                    className={`${styles.leg} ${styles.held}`}
                    title={`${millis(held)} by ${by}`}
                    style={{ left: `${((from + legs[leg] - held) / whole) * 100}%`, width: `${(held / whole) * 100}%` }}
                  />
                ) : null}
              </td>
            </tr>
          );
        })}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">In all</th>
          <td className={styles.number}>{millis(duration)}</td>
          <td className={styles.number}>100%</td>
          <td />
        </tr>
      </tfoot>
    </table>
  );
}

// A small picture of a distribution: where its draws fall, with the median and the 95th percentile marked.
import { useMemo } from 'react';
import type { Distribution } from '../../connection/shapes.ts';
import { millis } from '../format.ts';
import { histogramOf, quantileOf, quantilesOf } from './quantiles.ts';
import styles from './Schema.module.css';

const columns = 60;
const height = 48;

export function DelayPlot({ delay }: { readonly delay: Distribution }) {
  const sorted = useMemo(() => quantilesOf(delay), [delay]);
  const at = quantileOf(delay);
  if (!sorted || !at) return null;
  const { low, high, counts, above } = histogramOf(sorted, columns);
  const most = Math.max(...counts, 1);
  const p50 = at(0.5);
  const p95 = at(0.95);
  const place = (value: number) => Math.min(columns, Math.max(0, ((value - low) / (high - low)) * columns));
  const words = `Half of the draws are below ${millis(p50)}, 95 in 100 below ${millis(p95)}, the longest of a thousand is ${millis(sorted.at(-1))}.`;
  return (
    <figure className={styles.plot} aria-label="Preview of the distribution">
      <svg viewBox={`0 0 ${columns} ${height}`} preserveAspectRatio="none" role="img" aria-label={words}>
        {counts.map((many, index) =>
          many === 0 ? null : (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
              key={index}
              x={index + 0.08}
              width={0.84}
              y={height - Math.max(1.5, (many / most) * (height - 2))}
              height={Math.max(1.5, (many / most) * (height - 2))}
            />
          ),
        )}
        <line className={styles.median} x1={place(p50)} x2={place(p50)} y1={0} y2={height} />
        <line className={styles.late} x1={place(p95)} x2={place(p95)} y1={0} y2={height} />
      </svg>
      <div className={styles.scale} aria-hidden="true">
        <span>{low === 0 ? '0' : millis(low)}</span>
        <span>{millis(high)}</span>
      </div>
      <figcaption aria-hidden="true">
        <span className={styles.isMedian}>median {millis(p50)}</span>
        <span className={styles.isLate}>p95 {millis(p95)}</span>
        {above > 0 ? (
          <span>
            {above / 10}% beyond, up to {millis(sorted.at(-1))}
          </span>
        ) : null}
      </figcaption>
    </figure>
  );
}

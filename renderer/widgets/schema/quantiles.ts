// How a distribution looks: a thousand of its quantiles, which stand for a thousand draws without the chance in them. All in ms.
import { longestDelay } from '../../../preload/contract/spec-forms.ts';
import type { Distribution } from '../../connection/shapes.ts';

export const draws = 1_000;

/** In rising order; undefined while the distribution is not fully written. */
export function quantilesOf(delay: Distribution): readonly number[] | undefined {
  const at = quantileOf(delay);
  if (at === undefined) return undefined;
  const all = Array.from({ length: draws }, (_, index) => at((index + 0.5) / draws));
  return all.every(Number.isFinite) ? all : undefined;
}

export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

/** Draws above an hour or below 0 are drawn again, which cuts the tails off and lifts the rest. */
function cut(distribution: (value: number) => number, inverse: (share: number) => number): (share: number) => number {
  const low = distribution(0);
  const high = distribution(longestDelay);
  return (share) => Math.min(Math.max(inverse(low + share * (high - low)), 0), longestDelay);
}

/** The length below which this share of the draws lies. */
export function quantileOf(delay: Distribution): ((share: number) => number) | undefined {
  switch (delay.kind) {
    case 'fixed':
      return () => delay.ms;
    case 'uniform':
      return (share) => delay.low + (delay.high - delay.low) * share;
    case 'normal': {
      const { mean, deviation } = delay;
      if (!(deviation > 0)) return () => mean;
      return cut(
        (value) => normal((value - mean) / deviation),
        (share) => mean + deviation * inverseNormal(share),
      );
    }
    case 'log-normal': {
      const { median, sigma } = delay;
      if (!(sigma > 0)) return () => median;
      return cut(
        (value) => (value <= 0 ? 0 : normal(Math.log(value / median) / sigma)),
        (share) => median * Math.exp(sigma * inverseNormal(share)),
      );
    }
    case 'pareto': {
      const { least, shape } = delay;
      return cut(
        (value) => (value <= least ? 0 : 1 - (least / value) ** shape),
        (share) => least * (1 - share) ** (-1 / shape),
      );
    }
    case 'spike': {
      const [short, long] = delay.base <= delay.spike ? [delay.base, delay.spike] : [delay.spike, delay.base];
      const longer = delay.base <= delay.spike ? delay.probability : 1 - delay.probability;
      return (share) => (share < 1 - longer ? short : long);
    }
    case 'replay': {
      if (delay.samples.length === 0) return undefined;
      const sorted = [...delay.samples].sort((left, right) => left - right);
      return (share) => quantile(sorted, share);
    }
  }
}

/** Share of a standard normal below `value` (Abramowitz and Stegun 26.2.17, wrong by less than 1e-7). */
function normal(value: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(value));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = 0.3989422804014327 * Math.exp((-value * value) / 2) * poly;
  return value > 0 ? 1 - tail : tail;
}

/** The other way, by halving: exact enough for a picture, and one thousand of them take a millisecond or two. */
function inverseNormal(share: number): number {
  let low = -9;
  let high = 9;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (normal(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Columns of a plot: how many of the draws fall into each, from `low` to `high`; what lies above is counted apart. */
export function histogramOf(
  sorted: readonly number[],
  columns: number,
): { readonly low: number; readonly high: number; readonly counts: readonly number[]; readonly above: number } {
  const least = sorted[0] ?? 0;
  const most = quantile(sorted, 0.985);
  const room = most > least ? (most - least) * 0.06 : Math.max(least * 0.5, 1);
  const low = Math.max(0, least - room);
  const high = most + room;
  const counts = new Array<number>(columns).fill(0);
  let above = 0;
  for (const value of sorted) {
    const column = Math.floor(((value - low) / (high - low)) * columns);
    if (column >= columns) above += 1;
    else counts[Math.max(0, column)] = (counts[Math.max(0, column)] ?? 0) + 1;
  }
  return { low, high, counts, above };
}

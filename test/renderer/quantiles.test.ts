// The picture of a distribution shows what devices really draw.
import { expect, test } from 'vitest';
import { histogramOf, quantile, quantilesOf } from '../../renderer/widgets/schema/quantiles.ts';
import { draw } from '../../simulators/random/distributions.ts';
import { seeded } from '../../simulators/random/random.ts';
import type { Distribution } from '../../simulators/vocabulary/distribution-specs.ts';

const distributions: readonly Distribution[] = [
  { kind: 'fixed', ms: 250 },
  { kind: 'uniform', low: 100, high: 900 },
  { kind: 'normal', mean: 1_000, deviation: 250 },
  { kind: 'normal', mean: 200, deviation: 400 },
  { kind: 'log-normal', median: 800, sigma: 0.5 },
  { kind: 'log-normal', median: 20_000, sigma: 3 },
  { kind: 'pareto', least: 200, shape: 1.16 },
  { kind: 'pareto', least: 1_000, shape: 0.5 },
  { kind: 'spike', base: 50, spike: 5_000, probability: 0.2 },
  { kind: 'spike', base: 5_000, spike: 50, probability: 0.2 },
  { kind: 'replay', samples: [900, 10, 20, 30, 40], order: 'drawn' },
];

test.each(distributions)('%j: median and p95 are those of 200,000 draws', (delay) => {
  const random = seeded(7);
  const drawn = Array.from({ length: 200_000 }, () => draw(delay, random)).sort((left, right) => left - right);
  const shown = quantilesOf(delay);
  if (!shown) throw new Error('nothing to show');
  for (const share of [0.5, 0.95]) {
    const real = quantile(drawn, share);
    expect(Math.abs(quantile(shown, share) - real), `${share}: ${real}`).toBeLessThanOrEqual(Math.max(real * 0.06, 1));
  }
});

test('each of a thousand draws is in one column or beyond the last', () => {
  for (const delay of distributions) {
    const { counts, above, low, high } = histogramOf(quantilesOf(delay) ?? [], 60);
    expect(counts.reduce((sum, each) => sum + each, 0) + above).toBe(1_000);
    expect(low).toBeLessThan(high);
    expect(above).toBeLessThanOrEqual(20);
  }
});

test('what is not fully written has no picture', () => {
  expect(quantilesOf({ kind: 'fixed', ms: Number.NaN })).toBeUndefined();
  expect(quantilesOf({ kind: 'log-normal', median: Number.NaN, sigma: 1 })).toBeUndefined();
  expect(quantilesOf({ kind: 'replay', samples: [], order: 'drawn' })).toBeUndefined();
});

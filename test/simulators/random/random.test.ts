// Chance: repeatable, forked by name, and shaped as its distributions say.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { draw } from '../../../simulators/random/distributions.ts';
import { hashOf, inShare, type Random, seeded } from '../../../simulators/random/random.ts';
import type { Distribution } from '../../../simulators/vocabulary/specs.ts';

const take = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.next());

test('the same seed gives the same numbers, another seed others', () => {
  expect(take(seeded(7), 100)).toEqual(take(seeded(7), 100));
  expect(take(seeded(7), 100)).not.toEqual(take(seeded(8), 100));
});

test('the numbers of a seed are fixed for good: journals are compared between versions', () => {
  expect(take(seeded(7), 3)).toEqual([0.011704753153026104, 0.06195825757458806, 0.97690763277933]);
  expect(hashOf('thermostat-0001', 7)).toBe(hashOf('thermostat-0001', 7));
});

test('a fork depends on seed and name, not on what was drawn or forked before', () => {
  const fresh = take(seeded(7).fork('pump-1'), 10);
  const used = seeded(7);
  take(used, 50);
  used.fork('pump-2').next();
  expect(take(used.fork('pump-1'), 10)).toEqual(fresh);
  expect(take(used.fork('pump-2'), 10)).not.toEqual(fresh);
});

test('numbers lie from 0 up to but not including 1', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      for (const number of take(seeded(seed), 50)) expect(number >= 0 && number < 1).toBe(true);
    }),
  );
});

test('numbers are even: 100,000 of them fill 100 boxes within chance', () => {
  const boxes = new Array<number>(100).fill(0);
  for (const number of take(seeded(3), 100_000))
    boxes[Math.floor(number * 100)] = (boxes[Math.floor(number * 100)] ?? 0) + 1;
  const chiSquare = boxes.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
  expect(chiSquare).toBeLessThan(135); // p > 0.01 for 99 degrees of freedom
});

test('forks of neighbouring names share nothing: their first draws are even too', () => {
  const parent = seeded(1);
  const firsts = Array.from({ length: 10_000 }, (_, index) => parent.fork(`device-${index}`).next());
  expect(kolmogorov(firsts, (x) => x)).toBeGreaterThan(0.01);
});

describe('a share', () => {
  const ids = Array.from({ length: 5_000 }, (_, index) => `thermostat-${String(index + 1).padStart(4, '0')}`);
  const members = (share: number, seed: number) => ids.filter((id) => inShare(id, share, seed));

  test.each([0.02, 0.07, 0.25, 0.5, 0.9])('of %d holds that part of 5,000 ids, within 1%% and chance', (share) => {
    const deviation = Math.sqrt((share * (1 - share)) / ids.length);
    for (const seed of [0, 1, 7, 2 ** 32 - 1]) {
      const off = Math.abs(members(share, seed).length / ids.length - share);
      expect(off).toBeLessThan(Math.max(0.01, 3.3 * deviation));
    }
  });

  test('of 7% and of 2%, the demo, is within 1% for any of 200 seeds', () => {
    for (let seed = 0; seed < 200; seed++) {
      for (const share of [0.02, 0.07])
        expect(Math.abs(members(share, seed).length / 5_000 - share)).toBeLessThan(0.01);
    }
  });

  test('holds the same ids for the same seed and others for another', () => {
    expect(members(0.07, 7)).toEqual(members(0.07, 7));
    expect(members(0.07, 7)).not.toEqual(members(0.07, 8));
  });

  test('that grows keeps whom it had', () => {
    const few = members(0.02, 7);
    const more = new Set(members(0.07, 7));
    expect(few.every((id) => more.has(id))).toBe(true);
  });

  test('of 0 holds nobody, of 1 everybody', () => {
    expect(members(0, 7)).toEqual([]);
    expect(members(1, 7)).toEqual(ids);
  });
});

describe('a draw', () => {
  const samples = (spec: Distribution, seed = 11): number[] => {
    const random = seeded(seed).fork('draws');
    return Array.from({ length: 10_000 }, () => draw(spec, random));
  };

  test('of a fixed length is that length', () => {
    expect(new Set(samples({ kind: 'fixed', ms: 250 }))).toEqual(new Set([250]));
  });

  // Long enough that rounding to whole milliseconds does not show.
  test.each<[string, Distribution, (ms: number) => number]>([
    ['uniform', { kind: 'uniform', low: 200_000, high: 900_000 }, (ms) => (ms - 200_000) / 700_000],
    ['log-normal, narrow', { kind: 'log-normal', median: 80_000, sigma: 0.5 }, logNormal(80_000, 0.5)],
    ['log-normal, wide', { kind: 'log-normal', median: 40_000, sigma: 1 }, logNormal(40_000, 1)],
  ])('from %s fits its definition (Kolmogorov-Smirnov, p > 0.01)', (_name, spec, cdf) => {
    for (const seed of [1, 2, 3]) expect(kolmogorov(samples(spec, seed), cdf)).toBeGreaterThan(0.01);
  });

  test('that fits one definition does not fit another: the check can fail', () => {
    const drawn = samples({ kind: 'log-normal', median: 80_000, sigma: 0.5 });
    expect(kolmogorov(drawn, logNormal(80_000, 0.55))).toBeLessThan(0.01);
  });

  test('is a whole number of milliseconds from 0 to an hour', () => {
    const specs: Distribution[] = [
      { kind: 'uniform', low: 0, high: 3 },
      { kind: 'log-normal', median: 1_000_000, sigma: 3 },
      { kind: 'fixed', ms: 0.4 },
    ];
    for (const spec of specs) {
      for (const ms of samples(spec)) expect(Number.isInteger(ms) && ms >= 0 && ms <= 3_600_000).toBe(true);
    }
  });

  test('with sigma 0 is always the median', () => {
    expect(new Set(samples({ kind: 'log-normal', median: 800, sigma: 0 }))).toEqual(new Set([800]));
  });

  test('repeats with its seed', () => {
    const spec: Distribution = { kind: 'log-normal', median: 800, sigma: 0.5 };
    expect(samples(spec, 5)).toEqual(samples(spec, 5));
    expect(samples(spec, 5)).not.toEqual(samples(spec, 6));
  });
});

/** The probability that samples of this definition lie as far from it as these do; small means they are not of it. */
function kolmogorov(samples: readonly number[], cdf: (x: number) => number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  let far = 0;
  sorted.forEach((x, index) => {
    const expected = cdf(x);
    far = Math.max(far, Math.abs(expected - index / n), Math.abs((index + 1) / n - expected));
  });
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * far;
  let p = 0;
  for (let k = 1; k <= 100; k++) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, p));
}

function logNormal(median: number, sigma: number): (ms: number) => number {
  return (ms) => 0.5 * (1 + erf(Math.log(ms / median) / (sigma * Math.SQRT2)));
}

/** Abramowitz and Stegun 7.1.26, off by less than 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}

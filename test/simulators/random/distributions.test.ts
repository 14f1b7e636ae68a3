// Ten thousand draws of each distribution are what its definition says, the same for the same seed, whoever else draws.
// Lengths are so long here that rounding to whole milliseconds is far below what the tests can see.
import { describe, expect, test } from 'vitest';
import { draw, drawing } from '../../../simulators/random/distributions.ts';
import { type Random, seeded } from '../../../simulators/random/random.ts';
import {
  type Distribution,
  type DistributionInput,
  distributionSchema,
  longestDelay,
} from '../../../simulators/vocabulary/distribution-specs.ts';
import { binomial, chiSquare, kolmogorovSmirnov, normalCdf } from '../../support/goodness-of-fit.ts';

const count = 10_000;
const seeds = [1, 7, 3_717_791_226];
const spec = (input: DistributionInput): Distribution => distributionSchema.parse(input);

function samplesOf(input: DistributionInput, seed: number): number[] {
  const random = seeded(seed);
  const next = drawing(spec(input), () => random);
  return Array.from({ length: count }, () => next('pump-1'));
}
const frequency = (samples: readonly number[], value: number) => samples.filter((one) => one === value).length;

const uniform = spec({ kind: 'uniform', low: 100_000, high: 900_000 });
const normal = spec({ kind: 'normal', mean: 1_000_000, deviation: 100_000 });
const logNormal = spec({ kind: 'log-normal', median: 200_000, sigma: 0.5 });
const pareto = spec({ kind: 'pareto', least: 10_000, shape: 2.5 });
const spike = spec({ kind: 'spike', base: 20, spike: 5_000, probability: 0.03 });
const recording = [12, 340, 7, 7, 5_000, 90, 41, 8, 1, 650];
const replay = spec({ kind: 'replay', samples: recording });
const all = { fixed: spec({ kind: 'fixed', ms: 800 }), uniform, normal, logNormal, pareto, spike, replay };

/** Of a continuous distribution that is drawn again outside 0 to an hour. */
const inRange = (cdf: (x: number) => number) => {
  const [below, above] = [cdf(0), cdf(longestDelay)];
  return (x: number) => (cdf(x) - below) / (above - below);
};

describe.each(seeds)('10,000 draws with seed %d', (seed) => {
  test.each<[string, Distribution, (x: number) => number]>([
    ['uniform', uniform, (x) => (x - 100_000) / 800_000],
    ['normal', normal, (x) => normalCdf((x - 1_000_000) / 100_000)],
    [
      'normal, cut at 0',
      spec({ kind: 'normal', mean: 100_000, deviation: 200_000 }),
      inRange((x) => normalCdf((x - 100_000) / 200_000)),
    ],
    ['log-normal', logNormal, (x) => normalCdf(Math.log(x / 200_000) / 0.5)],
    [
      'log-normal, cut at an hour',
      spec({ kind: 'log-normal', median: 1_800_000, sigma: 1.5 }),
      inRange((x) => (x <= 0 ? 0 : normalCdf(Math.log(x / 1_800_000) / 1.5))),
    ],
    ['pareto', pareto, (x) => 1 - (10_000 / x) ** 2.5],
    [
      'pareto, cut at an hour',
      spec({ kind: 'pareto', least: 10_000, shape: 0.5 }),
      inRange((x) => (x < 10_000 ? 0 : 1 - (10_000 / x) ** 0.5)),
    ],
  ])('%s fits its definition (Kolmogorov-Smirnov, p > 0.01)', (_name, distribution, cdf) => {
    const samples = samplesOf(distribution, seed);
    expect(samples.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= longestDelay)).toBe(true);
    expect(kolmogorovSmirnov(samples, cdf)).toBeGreaterThan(0.01);
  });

  test('fixed is the same every time', () => {
    expect(frequency(samplesOf(all.fixed, seed), 800)).toBe(count);
  });

  test('a spike is one of two lengths, the rarer as often as it is said (p > 0.01)', () => {
    const samples = samplesOf(spike, seed);
    const rare = frequency(samples, 5_000);
    expect(frequency(samples, 20) + rare).toBe(count);
    expect(binomial(rare, count, 0.03)).toBeGreaterThan(0.01);
  });

  test('a replay draws each recorded length as often as it was recorded (chi-square, p > 0.01)', () => {
    const samples = samplesOf(replay, seed);
    const lengths = [...new Set(recording)];
    const counts = lengths.map((length) => frequency(samples, length));
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(count);
    const expected = lengths.map((length) => (count * frequency(recording, length)) / recording.length);
    expect(chiSquare(counts, expected)).toBeGreaterThan(0.01);
  });
});

describe.each(Object.entries(all))('%s', (_name, distribution) => {
  /** What each of these draws, one after the other in turns. */
  function inTurns(whose: readonly string[], seed: number): Map<string, number[]> {
    const chance = seeded(seed);
    const randoms = new Map<string, Random>();
    const drawn = new Map(whose.map((who) => [who, [] as number[]]));
    const next = drawing(distribution, (who: string) => {
      const random = randoms.get(who) ?? chance.fork(who);
      randoms.set(who, random);
      return random;
    });
    for (let turn = 0; turn < 200; turn++) for (const who of whose) drawn.get(who)?.push(next(who));
    return drawn;
  }

  test('draws the same for the same seed', () => {
    expect(samplesOf(distribution, 7)).toEqual(samplesOf(distribution, 7));
    if (distribution.kind !== 'fixed') expect(samplesOf(distribution, 8)).not.toEqual(samplesOf(distribution, 7));
  });

  test('draws for a device what it draws alone, whoever else there is', () => {
    const alone = inTurns(['pump-2'], 7).get('pump-2');
    expect(inTurns(['pump-1', 'pump-2', 'pump-3'], 7).get('pump-2')).toEqual(alone);
    if (distribution.kind !== 'fixed') expect(inTurns(['pump-1'], 7).get('pump-1')).not.toEqual(alone);
  });
});

test('a recording is replayed in its order, from the beginning again, for each device by itself', () => {
  const randoms = { a: seeded(1), b: seeded(2) };
  const next = drawing(
    spec({ kind: 'replay', samples: [5, 6, 7], order: 'recorded' }),
    (who: 'a' | 'b') => randoms[who],
  );
  expect((['a', 'a', 'b', 'a', 'a', 'b'] as const).map(next)).toEqual([5, 6, 5, 7, 5, 6]);
});

test.each<[DistributionInput, number]>([
  [{ kind: 'uniform', low: 50, high: 50 }, 50],
  [{ kind: 'normal', mean: 0, deviation: 0 }, 0],
  [{ kind: 'normal', mean: longestDelay, deviation: 0 }, longestDelay],
  [{ kind: 'log-normal', median: 30, sigma: 0 }, 30],
  [{ kind: 'spike', base: 1, spike: 2, probability: 0 }, 1],
  [{ kind: 'spike', base: 1, spike: 2, probability: 1 }, 2],
  [{ kind: 'fixed', ms: 0.4 }, 0],
])('at its edge %j is always %d', (input, ms) => {
  const random = seeded(7);
  expect(new Set(Array.from({ length: 100 }, () => draw(spec(input), random)))).toEqual(new Set([ms]));
});

test('the tests of fit themselves turn away what is slightly off', () => {
  const samples = samplesOf(normal, 7);
  expect(kolmogorovSmirnov(samples, (x) => normalCdf((x - 1_005_000) / 100_000))).toBeLessThan(0.01);
  expect(binomial(360, count, 0.03)).toBeLessThan(0.01);
  expect(chiSquare([1_100, 1_000, 900], [1_000, 1_000, 1_000])).toBeLessThan(0.01);
  expect(normalCdf(1.96)).toBeCloseTo(0.9750021, 6);
});

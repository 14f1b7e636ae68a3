// Chance: repeatable, even, and forked by name.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOf, inShare, type Random, seeded } from '../../../simulators/random/random.ts';
import { kolmogorovSmirnov } from '../../support/goodness-of-fit.ts';

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
  expect(kolmogorovSmirnov(firsts, (x) => x)).toBeGreaterThan(0.01);
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

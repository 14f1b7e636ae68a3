import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  openThrottling,
  type Throttle,
  type ThrottleKind,
  throttleKinds,
} from '../../../../simulators/hub/throttling/throttling.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { minutes } from '../../../../simulators/vocabulary/units.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { Facts } from '../parts.ts';

function aLimit(throttle?: Throttle) {
  const clock = new VirtualClock();
  const facts = new Facts();
  const throttling = openThrottling({ clock, emit: facts.emit, throttle });
  /** How many go through before one is refused, at once. */
  const atOnce = (kind: ThrottleKind, amount = 1): number => {
    for (let count = 0; ; count++) if (throttling.take(kind, amount) !== undefined) return count;
  };
  return { clock, facts, throttling, atOnce };
}

const limitOf = (throttle: Throttle, kind: ThrottleKind) =>
  aLimit(throttle)
    .throttling.usage()
    .find((usage) => usage.kind === kind)?.limit;

describe('off', () => {
  test('nothing is refused, counted or reported', () => {
    const { throttling, facts } = aLimit();
    for (let count = 0; count < 10_000; count++) expect(throttling.take('jobs')).toBeUndefined();
    expect(throttling.takeUpTo('job devices', 5_000)).toBe(5_000);
    expect([throttling.throttle, throttling.messagesToday(), facts.all]).toEqual([
      { tier: 'off' },
      { used: 0, limit: null },
      [],
    ]);
    expect(throttling.usage()).toEqual(throttleKinds.map((kind) => ({ kind, limit: null, used: 0, refused: 0 })));
  });
});

describe('the limits of a tier, per second', () => {
  test.each([
    ['F1', 1, 'registry', 100 / 60],
    ['S1', 3, 'registry', 5],
    ['S3', 2, 'registry', 10_000 / 60],
    ['S1', 1, 'connections', 100],
    ['S1', 200, 'connections', 2_400],
    ['S2', 1, 'connections', 120],
    ['S3', 1, 'connections', 6_000],
    ['S1', 9, 'telemetry', 108],
    ['S2', 2, 'telemetry', 240],
    ['S1', 1, 'cloud-to-device sends', 100 / 60],
    ['S3', 1, 'cloud-to-device receives', 50_000 / 60],
    ['S1', 2, 'methods', 327_680],
    ['S2', 1, 'methods', 491_520],
    ['S3', 1, 'methods', 25_165_824],
    ['S2', 3, 'queries', 1],
    ['S1', 200, 'twin reads', 100],
    ['S2', 20, 'twin reads', 200],
    ['S3', 2, 'twin updates', 500],
    ['S2', 20, 'twin updates', 100],
    ['S1', 1, 'jobs', 100 / 60],
    ['S2', 20, 'job devices', 20],
    ['S3', 10, 'configurations', 20 / 6],
  ] as const)('%s x %d: %s %d', (tier, units, kind, limit) => {
    expect(limitOf({ tier, units }, kind)).toBeCloseTo(limit, 9);
  });

  test.each([
    [{ tier: 'F1', units: 2 }, 'units: 2 must be a whole number within [1; 1] for F1'],
    [{ tier: 'S1', units: 0 }, 'units: 0 must be a whole number within [1; 200] for S1'],
    [{ tier: 'S2', units: 1.5 }, 'units: 1.5 must be a whole number within [1; 200] for S2'],
    [{ tier: 'S3', units: 11 }, 'units: 11 must be a whole number within [1; 10] for S3'],
    [{ tier: 'B1', units: 1 }, "tier: 'B1' is not one of off, F1, S1, S2, S3"],
    [{ tier: 'constructor', units: 1 }, "tier: 'constructor' is not one of off, F1, S1, S2, S3"],
  ])('%j is refused and changes nothing', (throttle, message) => {
    const { throttling } = aLimit({ tier: 'S1', units: 1 });
    expect(() => throttling.set(throttle as Throttle)).toThrow(message);
    expect(throttling.throttle).toEqual({ tier: 'S1', units: 1 });
  });
});

describe('a burst', () => {
  test('of a minute’s worth goes where the limit is per minute, then the limit’s rate', async () => {
    const { clock, atOnce } = aLimit({ tier: 'S1', units: 1 });
    expect(atOnce('registry')).toBe(100);
    await clock.advance(6_000);
    expect(atOnce('registry')).toBe(10);
    await clock.advance(3_600_000);
    expect(atOnce('registry')).toBe(100);
  });

  test('of five seconds’ worth goes where it is per second', async () => {
    const { clock, atOnce } = aLimit({ tier: 'S1', units: 1 });
    expect(atOnce('twin updates')).toBe(250);
    await clock.advance(1_000);
    expect(atOnce('twin updates')).toBe(50);
  });

  test('of methods is counted in steps of 4 KB', async () => {
    const { clock, atOnce } = aLimit({ tier: 'S1', units: 1 });
    expect(atOnce('methods', 1)).toBe(5 * 40);
    await clock.advance(1_000);
    expect(atOnce('methods', 4_096)).toBe(40);
    await clock.advance(1_000);
    expect(atOnce('methods', 4_097)).toBe(20);
    await clock.advance(1_000);
    expect(atOnce('methods', 0)).toBe(40);
  });

  test('of one kind leaves room for the others', () => {
    const { throttling, atOnce } = aLimit({ tier: 'S1', units: 1 });
    atOnce('queries');
    expect(throttling.take('twin reads')).toBeUndefined();
  });

  test('never lets more through than the bucket and the time since allow', async () => {
    const asked = fc.array(
      fc.record({ wait: fc.integer({ min: 0, max: 3_000 }), amount: fc.integer({ min: 1, max: 80 }) }),
      {
        maxLength: 60,
      },
    );
    await fc.assert(
      fc.asyncProperty(asked, async (steps) => {
        const { clock, throttling } = aLimit({ tier: 'S1', units: 1 });
        const begin = clock.now();
        let taken = 0;
        for (const { wait, amount } of steps) {
          await clock.advance(wait);
          const before = taken;
          if (throttling.take('twin updates', amount) === undefined) taken += amount;
          const allowed = 250 + ((clock.now() - begin) * 50) / 1_000;
          expect(taken).toBeLessThanOrEqual(allowed + 1e-6);
          // A refusal needs a reason: since the last full bucket so much was taken that this did not fit.
          if (taken === before) expect(taken + amount).toBeGreaterThan(250);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a refusal', () => {
  test('is 429001, is reported with its device, and is seen in the usage', () => {
    const { throttling, facts, clock, atOnce } = aLimit({ tier: 'F1', units: 1 });
    atOnce('jobs');
    const refusal = throttling.take('jobs', 1, deviceId('pump'));
    expect([refusal?.number, refusal?.status, refusal?.message]).toEqual([
      429001,
      429,
      'Too many requests: this hub allows 1.67 operations a second for jobs.',
    ]);
    expect(facts.all.at(-1)).toEqual({ type: 'throttle.hit', at: clock.now(), kind: 'jobs', device: 'pump' });
    expect(throttling.usage().find(({ kind }) => kind === 'jobs')).toEqual({
      kind: 'jobs',
      limit: 100 / 60,
      used: 100,
      refused: 2,
    });
  });
});

describe('what is used', () => {
  test('is of the last second', async () => {
    const { throttling, clock } = aLimit({ tier: 'S1', units: 1 });
    const used = () => throttling.usage().find(({ kind }) => kind === 'twin reads')?.used;
    throttling.take('twin reads', 40);
    expect(used()).toBe(40);
    await clock.advance(1_500);
    expect(used()).toBe(20);
    throttling.take('twin reads', 10);
    expect(used()).toBe(30);
    await clock.advance(500);
    expect(used()).toBe(10);
    await clock.advance(1_000);
    expect(used()).toBe(0);
  });
});

describe('work that waits', () => {
  test('gets as much as there is, and it is taken', async () => {
    const { throttling, clock } = aLimit({ tier: 'S1', units: 1 });
    expect(throttling.takeUpTo('job devices', 30)).toBe(30);
    expect(throttling.takeUpTo('job devices', 30)).toBe(20);
    expect(throttling.takeUpTo('job devices', 30)).toBe(0);
    await clock.advance(350);
    expect(throttling.takeUpTo('job devices', 30)).toBe(3);
  });
});

describe('the messages of a day', () => {
  test('are counted by the meter of the tier, then refused with 403002 until midnight UTC', async () => {
    const { throttling, clock, facts } = aLimit({ tier: 'F1', units: 1 });
    await clock.advance(minutes(60 * 20));
    expect(throttling.take('telemetry', 1, undefined, 513)).toBeUndefined();
    expect(throttling.messagesToday()).toEqual({ used: 2, limit: 8_000 });
    expect(throttling.take('methods', 1_025)).toBeUndefined();
    expect(throttling.take('twin reads')).toBeUndefined();
    expect(throttling.take('registry')).toBeUndefined();
    expect(throttling.messagesToday().used).toBe(6);
    for (let count = 0; count < 7_994; count++) {
      if (count % 100 === 0) await clock.advance(1_000);
      expect(throttling.take('telemetry', 1, undefined, 100)).toBeUndefined();
    }
    const refusal = throttling.take('telemetry', 1, deviceId('pump'), 100);
    expect([refusal?.number, refusal?.message]).toEqual([
      403002,
      'The 8000 messages this hub may have a day are used up until 2026-01-02T00:00:00.000Z.',
    ]);
    expect(facts.all).toEqual([{ type: 'throttle.hit', at: clock.now(), kind: 'messages a day', device: 'pump' }]);
    expect(throttling.take('registry')).toBeUndefined();
    expect(throttling.takeUpTo('job devices', 5)).toBe(0);
    await clock.advance(minutes(60 * 4));
    expect(throttling.take('telemetry')).toBeUndefined();
    expect(throttling.messagesToday().used).toBe(1);
  });
});

describe('switching while running', () => {
  test('sets the new limits at once, with room for a burst, and the day goes on', () => {
    const { throttling, atOnce } = aLimit();
    throttling.set({ tier: 'S1', units: 1 });
    expect(atOnce('twin updates')).toBe(250);
    throttling.set({ tier: 'S3', units: 1 });
    expect(atOnce('twin updates')).toBe(1_250);
    expect(throttling.messagesToday()).toEqual({ used: 1_500, limit: 300_000_000 });
    throttling.set({ tier: 'off' });
    expect(throttling.take('twin updates', 10_000)).toBeUndefined();
  });
});

test('a smaller tier whose day is used up already gives work that waits nothing, never less than nothing', async () => {
  const { throttling, clock } = aLimit({ tier: 'S3', units: 1 });
  for (let second = 0; second < 10; second++) {
    await clock.advance(1_000);
    expect(throttling.take('telemetry', 1, undefined, 1_000 * 4_096)).toBeUndefined();
  }
  throttling.set({ tier: 'F1', units: 1 });
  expect(throttling.takeUpTo('job devices', 5)).toBe(0);
  expect(throttling.messagesToday().used).toBe(10_000);
});

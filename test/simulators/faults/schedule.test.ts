// When a fault strikes: every condition holds for each device by itself, and all of them together.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Schedule } from '../../../simulators/faults/schedule.ts';
import { seeded } from '../../../simulators/random/random.ts';
import { type FaultSpecInput, whenSchema } from '../../../simulators/vocabulary/fault-specs.ts';
import { type DeviceId, deviceId } from '../../../simulators/vocabulary/ids.ts';
import { binomial } from '../../support/goodness-of-fit.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { someDevices } from './a-passage.ts';

type WhenInput = FaultSpecInput['when'];
const [one, two] = [deviceId('pump-1'), deviceId('pump-2')];

function aSchedule(when: WhenInput, seed = 7) {
  const clock = new VirtualClock(10_000);
  const schedule = new Schedule(whenSchema.parse(when), { clock, random: seeded(seed), since: clock.now() });
  /** Which of so many occasions in a row it strikes, from 1. */
  const struck = (count: number, device: DeviceId | undefined = one) =>
    Array.from({ length: count }, (_, index) => index + 1).filter(() => schedule.due(device));
  return { clock, schedule, struck };
}

const condition: fc.Arbitrary<NonNullable<WhenInput>> = fc.record(
  {
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
    every: fc.integer({ min: 1, max: 7 }),
    first: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [] },
);

test('without a condition it strikes each time', () => {
  expect(aSchedule({}).struck(5)).toEqual([1, 2, 3, 4, 5]);
});

test('every n-th time begins with the n-th, and ends after the first so many strikes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (every, first) => {
      const expected = Array.from({ length: first }, (_, index) => (index + 1) * every).filter((turn) => turn <= 300);
      expect(aSchedule({ every, first }).struck(300)).toEqual(expected);
    }),
  );
});

test('a probability is met within 1% over 5,000 occasions, on one device as on 5,000', () => {
  for (const probability of [0.02, 0.25, 0.5, 0.9]) {
    const { struck } = aSchedule({ probability });
    expect(Math.abs(struck(5_000).length / 5_000 - probability)).toBeLessThan(0.01);
    const { schedule } = aSchedule({ probability });
    const hit = someDevices(5_000).filter((device) => schedule.due(device)).length;
    expect(Math.abs(hit / 5_000 - probability)).toBeLessThan(0.01);
  }
});

test('a probability is met by chance alone with any of 50 seeds', () => {
  for (let seed = 0; seed < 50; seed++) {
    // One in ten thousand: 50 seeds are looked at.
    expect(binomial(aSchedule({ probability: 0.3 }, seed).struck(5_000).length, 5_000, 0.3)).toBeGreaterThan(1e-4);
  }
});

test('a probability is that of the n-th times, not of all', () => {
  const struck = aSchedule({ probability: 0.5, every: 10 }).struck(10_000);
  expect(struck.every((turn) => turn % 10 === 0)).toBe(true);
  expect(binomial(struck.length, 1_000, 0.5)).toBeGreaterThan(0.01);
});

test('the turns of a device do not depend on those of another, nor on what concerns none', () => {
  fc.assert(
    fc.property(condition, fc.array(fc.constantFrom(one, two, undefined), { maxLength: 100 }), (when, devices) => {
      const { schedule } = aSchedule(when);
      const mixed = devices.filter((device) => schedule.due(device) && device === one).length;
      const alone = aSchedule(when).struck(devices.filter((device) => device === one).length).length;
      expect(mixed).toBe(alone);
    }),
  );
});

test('of a device that is gone nothing is kept: come back, it has the turns of a new one', () => {
  fc.assert(
    fc.property(condition, (when) => {
      const { schedule, struck } = aSchedule(when);
      const before = struck(50);
      schedule.forget(one);
      expect(struck(50)).toEqual(before);
    }),
  );
});

test('times count from when it was added, the first moment included and the last not, and no turn is used up outside them', async () => {
  const length = fc.integer({ min: 1, max: 500 });
  await fc.assert(
    fc.asyncProperty(length, length, fc.integer({ min: 1, max: 3 }), async (from, lasting, every) => {
      const { clock, schedule } = aSchedule({ from, until: from + lasting, every });
      const struck: number[] = [];
      const at = [0, from - 1, from, from + 1, from + lasting - 1, from + lasting, from + lasting + 1];
      const moments = [...new Set(at)].sort((early, late) => early - late);
      for (const moment of moments) {
        await clock.advance(10_000 + moment - clock.now());
        if (schedule.due(one)) struck.push(moment);
      }
      const inside = moments.filter((moment) => moment >= from && moment < from + lasting);
      expect(struck).toEqual(inside.filter((_, index) => (index + 1) % every === 0));
    }),
    { numRuns: 50 },
  );
});

describe('a window after an event', () => {
  const after = { event: 'called', method: 'reboot', delay: 100, lasting: 50 } as const;

  test('is that of its own event, method and device', async () => {
    const { clock, schedule } = aSchedule({ after });
    schedule.note('connected', one, undefined);
    schedule.note('called', one, 'other');
    schedule.note('called', two, 'reboot');
    await clock.advance(100);
    expect([schedule.due(one), schedule.due(two), schedule.due(undefined)]).toEqual([false, true, false]);
  });

  test('is open exactly while some event lies so far back, however many there were and whenever', async () => {
    const steps = fc.array(fc.record({ wait: fc.nat(120), event: fc.boolean() }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { clock, schedule } = aSchedule({ after });
        const events: number[] = [];
        for (const { wait, event } of all) {
          await clock.advance(wait);
          const now = clock.now();
          if (event) {
            schedule.note('called', one, 'reboot');
            events.push(now);
          }
          const open = events.some((at) => now - at >= 100 && now - at < 150);
          expect(schedule.within(one)).toBe(open);
          expect(schedule.due(one)).toBe(open);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('is told to who watches, when it opens and when it closes, and no timer is left behind', async () => {
    const { clock, schedule } = aSchedule({ after });
    const told: string[] = [];
    const stop = schedule.watch(one, (holds) => void told.push(`${clock.now() - 10_000} ${holds}`));
    schedule.note('called', one, 'reboot');
    await clock.advance(30);
    schedule.note('called', one, 'reboot');
    await clock.advance(60);
    expect(told).toEqual([]);
    schedule.note('called', one, 'reboot');
    await clock.advance(1_000);
    expect(told).toEqual(['100 true', '180 false', '190 true', '240 false']);
    stop();
    schedule.note('called', one, 'reboot');
    await clock.advance(1_000);
    expect(told).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });
});

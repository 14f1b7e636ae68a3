// Many equal waits on one timer: each rings once, at its time, in the order begun; what is taken back never rings.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Wait, Waits } from '../../../simulators/clock/waits.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test('a wait rings once, at its time', async () => {
  const clock = new VirtualClock(0);
  const waits = new Waits(clock, 100);
  const rung: number[] = [];
  waits.begin(() => rung.push(clock.now()));
  await clock.advance(40);
  waits.begin(() => rung.push(clock.now()));
  await clock.advance(1_000);
  expect(rung).toEqual([100, 140]);
  expect(clock.pending).toBe(0);
});

test('however many there are, one timer serves them, and none is left when all were taken back', () => {
  const clock = new VirtualClock(0);
  const waits = new Waits(clock, 100);
  const begun = Array.from({ length: 1_000 }, () => waits.begin(() => {}));
  expect(clock.pending).toBe(1);
  for (const wait of begun) waits.end(wait);
  expect(clock.pending).toBe(0);
});

test('a wait that rang or was taken back can be begun again, also from its own ring', async () => {
  const clock = new VirtualClock(0);
  const waits = new Waits(clock, 100);
  const rung: number[] = [];
  const wait = new Wait(() => {
    rung.push(clock.now());
    if (rung.length < 3) waits.again(wait);
  });
  waits.again(wait);
  await clock.advance(1_000);
  expect(rung).toEqual([100, 200, 300]);
});

test('a ring that takes back another due at the same moment is obeyed', async () => {
  const clock = new VirtualClock(0);
  const waits = new Waits(clock, 100);
  const rung: string[] = [];
  waits.begin(() => {
    rung.push('first');
    waits.end(second);
  });
  const second = waits.begin(() => rung.push('second'));
  waits.begin(() => rung.push('third'));
  await clock.advance(100);
  expect(rung).toEqual(['first', 'third']);
  expect(clock.pending).toBe(0);
});

test('a ring that throws does not stop the others', async () => {
  const clock = new VirtualClock(0);
  const waits = new Waits(clock, 100);
  const rung: string[] = [];
  waits.begin(() => {
    throw new Error('broken');
  });
  waits.begin(() => rung.push('second'));
  await expect(clock.advance(100)).rejects.toThrow('broken');
  await clock.advance(10);
  expect(rung).toEqual(['second']);
});

test('it rings exactly as a timer each would', async () => {
  const commands = fc.array(fc.oneof(fc.constant('begin'), fc.nat(20), fc.integer({ min: -20, max: -1 })), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
      const runs = await Promise.all([play(steps, 'list'), play(steps, 'timers')]);
      expect(runs[0]).toEqual(runs[1]);
    }),
    { numRuns: 200 },
  );
});

/** Begins waits, moves the clock (numbers from 0) or takes waits back (numbers below 0), and notes what rings when. */
async function play(steps: readonly (string | number)[], kind: 'list' | 'timers'): Promise<string[]> {
  const clock = new VirtualClock(0);
  const waits = new Waits(clock, 15);
  const ends: (() => void)[] = [];
  const rung: string[] = [];
  for (const step of steps) {
    if (typeof step === 'string') {
      const name = ends.length;
      const run = () => rung.push(`${name} at ${clock.now()}`);
      if (kind === 'list') {
        const wait = waits.begin(run);
        ends.push(() => waits.end(wait));
      } else ends.push(clock.after(15, run));
    } else if (step < 0) ends[-step - 1]?.();
    else await clock.advance(step);
  }
  await clock.advance(100);
  expect(clock.pending).toBe(0);
  return rung;
}

// The real clock keeps its promises: order, no drift, long waits, and one time for several threads.
import { afterEach, expect, test, vi } from 'vitest';
import { sleep } from '../../../simulators/clock/clock.ts';
import { anchorNow, systemClock } from '../../../simulators/clock/system.ts';

afterEach(() => void vi.useRealTimers());

test('now is wall time with microseconds behind the point, and never goes back', () => {
  const clock = systemClock();
  const before = Date.now();
  const read = clock.now();
  expect(read).toBeGreaterThanOrEqual(before - 2);
  expect(read).toBeLessThanOrEqual(Date.now() + 2);
  let last = clock.now();
  for (let index = 0; index < 1_000; index++) {
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(last);
    expect(Math.round(now * 1_000) / 1_000).toBe(now);
    last = now;
  }
});

test('clocks with one anchor agree, whenever they were made', async () => {
  const anchor = anchorNow();
  const first = systemClock(anchor);
  await sleep(first, 20);
  const second = systemClock(anchor);
  const [before, between, after] = [first.now(), second.now(), first.now()];
  expect(between).toBeGreaterThanOrEqual(before - 0.5);
  expect(between).toBeLessThanOrEqual(after + 0.5);
});

test('now takes up the time that passed while the machine slept', () => {
  const clock = systemClock();
  const start = performance.now();
  const before = clock.now();
  vi.spyOn(performance, 'now').mockReturnValue(start + 2_000);
  // The wall is an hour further, the monotonic clock two seconds.
  vi.spyOn(Date, 'now').mockReturnValue(before + 3_600_000);
  const after = clock.now();
  vi.restoreAllMocks();
  expect(after - before).toBeCloseTo(3_600_000, 0);
});

test('now does not go back when the wall is set back', () => {
  const clock = systemClock();
  const start = performance.now();
  const before = clock.now();
  vi.spyOn(performance, 'now').mockReturnValue(start + 2_000);
  vi.spyOn(Date, 'now').mockReturnValue(before - 3_600_000);
  const after = clock.now();
  vi.restoreAllMocks();
  expect(after).toBeGreaterThan(before + 1_900);
});

test('after rings once and in order of time; what was cancelled does not ring', async () => {
  const clock = systemClock();
  const rung: string[] = [];
  clock.after(20, () => rung.push('20'));
  clock.after(5, () => rung.push('5'));
  const cancel = clock.after(10, () => rung.push('10'));
  cancel();
  cancel();
  await sleep(clock, 40);
  expect(rung).toEqual(['5', '20']);
});

test('a wait longer than a timer can count waits on instead of ringing at once', () => {
  vi.useFakeTimers();
  const clock = systemClock();
  const day = 86_400_000;
  let rung = 0;
  const cancelled = clock.after(60 * day, () => rung++);
  clock.after(60 * day, () => rung++);
  vi.advanceTimersByTime(59 * day);
  expect(rung).toBe(0);
  cancelled();
  vi.advanceTimersByTime(2 * day);
  expect(rung).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('every does not drift: what a ring was late by is taken off the next wait', () => {
  let now = 0;
  const waits: number[] = [];
  const due: (() => void)[] = [];
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((run, ms) => {
    waits.push(ms ?? 0);
    due.push(run);
    return 0 as never;
  });
  let rung = 0;
  systemClock().every(10, () => {
    rung += 1;
  });
  for (const at of [13, 21, 30, 58]) {
    now = at;
    due.shift()?.();
  }
  vi.restoreAllMocks();
  // Rings are due at 10, 20, 30, 40 and 50: the fourth comes at 58, the fifth is overdue then.
  expect([rung, waits]).toEqual([4, [10, 7, 9, 10, 0]]);
});

test('every stops when told to, also from its own ring', async () => {
  vi.useFakeTimers();
  const clock = systemClock();
  let rung = 0;
  const cancel = clock.every(10, () => {
    rung += 1;
    if (rung === 3) cancel();
  });
  vi.advanceTimersByTime(1_000);
  expect([rung, vi.getTimerCount()]).toEqual([3, 0]);
});

test('sleep ends with the reason of its signal, before and during, and leaves no timer', async () => {
  vi.useFakeTimers();
  const clock = systemClock();
  const aborted = AbortSignal.abort(new Error('too late'));
  await expect(sleep(clock, 10, aborted)).rejects.toThrow('too late');
  const controller = new AbortController();
  const asleep = sleep(clock, 10_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(asleep).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
});

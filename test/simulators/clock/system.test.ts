// The real clock keeps its promises: order, no drift, long waits, and one time for several threads.
import { afterEach, expect, test, vi } from 'vitest';
import { sleep } from '../../../simulators/clock/clock.ts';
import { anchorNow, systemClock } from '../../../simulators/clock/system.ts';

afterEach(() => void vi.useRealTimers());

test('now is wall time with microseconds behind the point, and never goes back', () => {
  const clock = systemClock();
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50);
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
  expect(Math.abs(first.now() - second.now())).toBeLessThan(1);
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

test('every does not drift, and stops when told to, also from its own ring', async () => {
  const clock = systemClock();
  const began = clock.now();
  const rung: number[] = [];
  await new Promise<void>((resolve) => {
    const cancel = clock.every(10, () => {
      rung.push(clock.now() - began);
      if (rung.length === 20) {
        cancel();
        resolve();
      }
    });
  });
  // Late by a loop turn each, but the lateness does not add up: the twentieth is due at 200 ms.
  expect(rung[19]).toBeGreaterThan(195);
  const after = rung.length;
  await sleep(clock, 30);
  expect(rung).toHaveLength(after);
  expect((rung[19] ?? 0) - (rung[0] ?? 0)).toBeLessThan(290);
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

// The real clock: the only file in simulators/ that reads the wall clock or starts timers.
import type { Cancel, Clock } from './clock.ts';

/** One agreed pair of readings, so that the clocks of several threads tell the same time: `process.hrtime` is shared by them, `timeOrigin` is not. */
export interface Anchor {
  readonly wall: number;
  readonly monotonic: number;
}

const longest = 2 ** 31 - 1; // setTimeout fires at once above this (virtual-time.md section 9)
/** How often `now` looks at the wall, and how far behind it must be to have slept: less is the wall being adjusted. All in ms. */
const checkEvery = 1_000;
const asleep = 1_000;
const monotonic = (): number => {
  const [whole, nanos] = process.hrtime();
  return whole * 1e3 + nanos / 1e6;
};

export const anchorNow = (): Anchor => ({ wall: Date.now(), monotonic: monotonic() });

export function systemClock(anchor: Anchor = anchorNow()): Clock {
  // performance.now() is cheaper than hrtime; their difference is constant within a thread.
  let offset = anchor.wall - anchor.monotonic + (monotonic() - performance.now());
  let checkedAt = performance.now();

  /** The monotonic clock stands still while a laptop sleeps: time is taken up again from the wall, forward only. */
  const catchUp = (at: number): void => {
    checkedAt = at;
    const behind = Date.now() - (at + offset);
    if (behind > asleep) offset += behind;
  };

  const after = (ms: number, run: () => void): Cancel => {
    if (ms <= longest) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    }
    let cancel = after(longest, () => {
      cancel = after(ms - longest, run);
    });
    return () => cancel();
  };

  return {
    now() {
      const at = performance.now();
      if (at - checkedAt > checkEvery) catchUp(at);
      return Math.round((at + offset) * 1e3) / 1e3;
    },
    after,
    every(ms, run) {
      let due = performance.now() + ms;
      let cancel: Cancel;
      const tick = () => {
        due += ms;
        cancel = after(Math.max(0, due - performance.now()), tick);
        run();
      };
      cancel = after(ms, tick);
      return () => cancel();
    },
  };
}

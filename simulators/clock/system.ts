// The real clock: the only file in simulators/ that reads the wall clock or starts timers.
import type { Cancel, Clock } from './clock.ts';

/** One agreed pair of readings, so that the clocks of several threads tell the same time: `process.hrtime` is shared by them, `timeOrigin` is not. */
export interface Anchor {
  readonly wall: number;
  readonly monotonic: number;
}

const longest = 2 ** 31 - 1; // setTimeout fires at once above this (virtual-time.md section 9)
const monotonic = (): number => {
  const [whole, nanos] = process.hrtime();
  return whole * 1e3 + nanos / 1e6;
};

export const anchorNow = (): Anchor => ({ wall: Date.now(), monotonic: monotonic() });

export function systemClock(anchor: Anchor = anchorNow()): Clock {
  // performance.now() is cheaper than hrtime; their difference is constant within a thread.
  const offset = anchor.wall - anchor.monotonic + (monotonic() - performance.now());

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
    now: () => Math.round((performance.now() + offset) * 1e3) / 1e3,
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

// Time as an argument. Nothing in simulators/ reads the wall clock or starts a bare timer; it takes a Clock.
import type { Instant, Millis } from '../vocabulary/units.ts';

/** Takes back what was asked for; calling it twice is harmless. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since the epoch. The real clock has microseconds behind the point; never compare with `Date.now()`. */
  now(): Instant;
  /** Runs `run` once, `ms` (0 or more, any length) from now. */
  after(ms: Millis, run: () => void): Cancel;
  /** Runs `run` every `ms` (above 0); the next is due `ms` after the last was due, so it does not drift. */
  every(ms: Millis, run: () => void): Cancel;
}

export const sleep = (clock: Clock, ms: Millis, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });

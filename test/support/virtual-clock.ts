// A clock that moves only when told to. What is due runs in order of time, then in the order it was asked for.
import type { Cancel, Clock } from '../../simulators/clock/clock.ts';
import type { Instant, Millis } from '../../simulators/vocabulary/units.ts';

interface Due {
  readonly at: Instant;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualClock implements Clock {
  #now: Instant;
  #order = 0;
  readonly #due = new Map<number, Due>();

  /** @param start defaults to 2026-01-01T00:00:00Z. */
  constructor(start: Instant = 1_767_225_600_000) {
    this.#now = start;
  }

  /** How many timers wait; a test that ends with more than it began with left one behind. */
  get pending(): number {
    return this.#due.size;
  }

  now(): Instant {
    return this.#now;
  }

  after(ms: Millis, run: () => void): Cancel {
    const order = this.#order++;
    this.#due.set(order, { at: this.#now + Math.max(0, ms), order, run });
    return () => {
      this.#due.delete(order);
    };
  }

  every(ms: Millis, run: () => void): Cancel {
    let cancelled = false;
    let cancel: Cancel = () => {};
    const plan = () => {
      cancel = this.after(ms, () => {
        plan();
        if (!cancelled) run();
      });
    };
    plan();
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Moves on by `ms`, stopping at each moment something is due, and lets promises settle in between. */
  async advance(ms: Millis): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#due.delete(next.order);
      this.#now = next.at;
      next.run();
      await settled();
    }
    this.#now = until;
  }

  #next(until: Instant): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due.values()) {
      if (due.at <= until && (first === undefined || due.at < first.at)) first = due;
    }
    return first;
  }
}

/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

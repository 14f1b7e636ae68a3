// The numbers of the status bar, from facts: calls, failures, calls in the last second, percentiles of the last minute.
import type { Fact } from '../vocabulary/facts.ts';
import type { Instant } from '../vocabulary/units.ts';
import { type Percentiles, RecentDurations } from './durations.ts';

/** Calls per second are counted in slots of this many ms over the last whole second. */
const slotLength = 100;
const slots = 20;

export class Metrics {
  #calls = 0;
  #failures = 0;
  readonly #durations = new RecentDurations();
  readonly #counts = Array.from({ length: slots }, () => ({ number: -1, count: 0 }));

  record(fact: Fact): void {
    if (fact.type !== 'invocation.ended') return;
    this.#calls += 1;
    if (fact.httpStatus !== 200) this.#failures += 1;
    // Only answered calls have a latency: a timeout would put the caller's own setting into the percentiles.
    if (fact.answeredAt !== undefined && fact.httpStatus === 200)
      this.#durations.record(fact.at, fact.at - fact.begunAt);
    const number = Math.floor(fact.at / slotLength);
    const slot = this.#counts[number % slots] as { number: number; count: number };
    if (slot.number !== number) {
      slot.number = number;
      slot.count = 0;
    }
    slot.count += 1;
  }

  get calls(): number {
    return this.#calls;
  }
  get failures(): number {
    return this.#failures;
  }

  /** Calls that ended in one whole second up to a moment ago: facts travel in batches, so the newest slots still fill. */
  callsPerSecond(now: Instant): number {
    const last = Math.floor(now / slotLength) - 2;
    return this.#counts.reduce(
      (sum, slot) => (slot.number <= last && slot.number > last - 1_000 / slotLength ? sum + slot.count : sum),
      0,
    );
  }

  percentiles(now: Instant): Percentiles {
    return this.#durations.percentiles(now);
  }
}

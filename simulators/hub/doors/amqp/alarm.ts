// One timer for everything a connection waits for: it rings at the earliest moment it was set to, and is then set anew by whoever it wakes.
import type { Cancel, Clock } from '../../../clock/clock.ts';
import type { Instant } from '../../../vocabulary/units.ts';

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #due: Instant = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;
  #over = false;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at` at the latest; never, for infinity. */
  set(at: Instant): void {
    if (this.#over || !(at < this.#due)) return;
    this.#cancel?.();
    this.#due = at;
    this.#cancel = this.#clock.after(Math.max(1, Math.ceil(at - this.#clock.now())), () => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }

  stop(): void {
    this.#over = true;
    this.#cancel?.();
  }
}

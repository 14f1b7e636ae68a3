// Things held for a while: each goes on when its time has come, or all at once, in the order they came, when the fault lets go.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Millis } from '../vocabulary/units.ts';

interface Entry {
  readonly cancel: Cancel;
  readonly go: () => void;
}

export class Held {
  readonly #clock: Clock;
  readonly #entries = new Set<Entry>();
  #released = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For `ms`; not at all once everything was let go: what comes only then, such as a copy of a reply that left just now, has no one to wait for. */
  hold(ms: Millis, go: () => void): void {
    if (this.#released) {
      go();
      return;
    }
    const entry: Entry = {
      go,
      cancel: this.#clock.after(ms, () => {
        this.#entries.delete(entry);
        go();
      }),
    };
    this.#entries.add(entry);
  }

  /** The fault lets go, for good. */
  releaseAll(): void {
    this.#released = true;
    const now = [...this.#entries];
    this.#entries.clear();
    for (const { cancel } of now) cancel();
    for (const { go } of now) go();
  }
}

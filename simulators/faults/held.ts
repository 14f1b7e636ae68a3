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

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hold(ms: Millis, go: () => void): void {
    const entry: Entry = {
      go,
      cancel: this.#clock.after(ms, () => {
        this.#entries.delete(entry);
        go();
      }),
    };
    this.#entries.add(entry);
  }

  releaseAll(): void {
    const now = [...this.#entries];
    this.#entries.clear();
    for (const { cancel } of now) cancel();
    for (const { go } of now) go();
  }
}

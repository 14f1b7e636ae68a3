// Many waits of one and the same length on a single timer. Equal waits fall due in the order they were begun, so a list is enough:
// beginning and ending one is a few pointer moves, where a timer each would cost thousands of idle devices a timer each.
import type { Millis } from '../vocabulary/units.ts';
import type { Cancel, Clock } from './clock.ts';

/** One wait under way; hand it to `Waits.end` to take it back. */
export class Wait {
  previous: Wait | undefined;
  next: Wait | undefined;
  due = 0;
  constructor(readonly run: () => void) {}
}

export class Waits {
  #first: Wait | undefined;
  #last: Wait | undefined;
  #cancel: Cancel | undefined;
  readonly #clock: Clock;
  readonly #length: Millis;
  readonly #ring = () => this.#fire();

  /** @param length of every wait, ms. */
  constructor(clock: Clock, length: Millis) {
    this.#clock = clock;
    this.#length = length;
  }

  /** Runs `run` once, the list's length from now. */
  begin(run: () => void): Wait {
    const wait = new Wait(run);
    this.again(wait);
    return wait;
  }

  /** Begins a wait that is over, or was never begun. */
  again(wait: Wait): void {
    wait.due = this.#clock.now() + this.#length;
    wait.previous = this.#last;
    if (this.#last) this.#last.next = wait;
    else this.#first = wait;
    this.#last = wait;
    this.#cancel ??= this.#clock.after(this.#length, this.#ring);
  }

  /** Takes a wait back; harmless when it is over. */
  end(wait: Wait): void {
    if (!wait.previous && this.#first !== wait) return;
    if (wait.previous) wait.previous.next = wait.next;
    else this.#first = wait.next;
    if (wait.next) wait.next.previous = wait.previous;
    else this.#last = wait.previous;
    wait.previous = undefined;
    wait.next = undefined;
    if (!this.#first) this.#stopTimer();
  }

  #stopTimer(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  // The timer stands for the first wait; when that one was taken back it rings early, finds nothing due and is set anew.
  #fire(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    try {
      for (let wait = this.#first; wait && wait.due <= now; wait = this.#first) {
        this.end(wait);
        wait.run();
      }
    } finally {
      const first: Wait | undefined = this.#first;
      if (first) {
        this.#stopTimer();
        this.#cancel = this.#clock.after(Math.max(1, Math.ceil(first.due - this.#clock.now())), this.#ring);
      }
    }
  }
}

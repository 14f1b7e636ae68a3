// Something read from a hub for whoever looks: views never wait, so a look gives what is known and reading goes on in the background.
// Nobody looking means nobody asking.
import type { Clock } from '../clock/clock.ts';
import { type Instant, type Millis, seconds } from '../vocabulary/units.ts';

/** A hub that refused or could not be reached is left alone for this long, so that a limit of 20 queries a minute is not eaten by looking. */
const afterTrouble = seconds(5);

export interface Looked<Value> {
  readonly value?: Value;
  readonly problem?: string;
}

export class Reading<Value> {
  #last: Looked<Value> = {};
  #stale = true;
  #reading = false;
  #readAt: Instant = Number.NEGATIVE_INFINITY;
  #notBefore: Instant = Number.NEGATIVE_INFINITY;
  #lookedAt: Instant;

  /** @param again how soon it is read again though nothing told of a change; undefined means never. */
  constructor(
    private readonly clock: Clock,
    private readonly read: () => Promise<Value>,
    private readonly again: (value: Value | undefined) => Millis | undefined,
  ) {
    this.#lookedAt = clock.now();
  }

  get lookedAt(): Instant {
    return this.#lookedAt;
  }

  look(): Looked<Value> {
    const now = this.clock.now();
    this.#lookedAt = now;
    const again = this.again(this.#last.value);
    const due = this.#stale || (again !== undefined && now - this.#readAt >= again);
    if (due && !this.#reading && now >= this.#notBefore) void this.#read(now);
    return this.#last;
  }

  /** What was read no longer holds. `soon` also forgets that the hub was to be left alone: the user did something. */
  changed(soon = false): void {
    this.#stale = true;
    if (soon) this.#notBefore = Number.NEGATIVE_INFINITY;
  }

  async #read(now: Instant): Promise<void> {
    this.#reading = true;
    this.#stale = false;
    this.#readAt = now;
    try {
      this.#last = { value: await this.read() };
    } catch (error) {
      this.#last = { ...this.#last, problem: error instanceof Error ? error.message : String(error) };
      this.#stale = true;
      this.#notBefore = this.clock.now() + afterTrouble;
    } finally {
      this.#reading = false;
    }
  }
}

// A token bucket: it fills at a steady rate up to its size, and what is taken must be in it. Filled when it is looked at, never by a timer.
import type { Instant } from '../../vocabulary/units.ts';
import type { Rate } from './limits.ts';

export class Bucket {
  readonly perSecond: number;
  readonly #size: number;
  #tokens: number;
  #at: Instant;
  refused = 0;
  /** Taken in the second that began at `#second`, and in the one before it. */
  #now = 0;
  #before = 0;
  #second: number;

  /** @param least the bucket holds so much at any rate, so that the largest single operation can ever go through. */
  constructor({ perSecond, burstSeconds }: Rate, now: Instant, least = 1) {
    this.perSecond = perSecond;
    this.#size = Math.max(least, perSecond * burstSeconds);
    this.#tokens = this.#size;
    this.#at = now;
    this.#second = Math.floor(now / 1_000);
  }

  /** How many are there, 0 or more. */
  room(now: Instant): number {
    // A clock that was set back must not empty it.
    const passed = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#size, this.#tokens + (passed * this.perSecond) / 1_000);
    this.#at = now;
    // 1e-9: thirds of a token summed up may miss a whole one by the last bit.
    return this.#tokens + 1e-9;
  }

  take(amount: number, now: Instant): void {
    this.#turn(now);
    this.#tokens = Math.max(0, this.#tokens - amount);
    this.#now += amount;
  }

  /** Taken in the last second: this one's, and of the one before the part that is not yet a second ago, as if it had come evenly. */
  used(now: Instant): number {
    this.#turn(now);
    return this.#now + this.#before * (1 - (now / 1_000 - this.#second));
  }

  #turn(now: Instant): void {
    const second = Math.floor(now / 1_000);
    if (second === this.#second) return;
    this.#before = second === this.#second + 1 ? this.#now : 0;
    this.#now = 0;
    this.#second = second;
  }
}

// How long a connection may last: until its device is silent for too long, or its token or certificate has ended.
import type { Cancel, Clock } from '../../../clock/clock.ts';
import type { CloseReason } from '../../../vocabulary/facts.ts';
import type { Instant, Millis } from '../../../vocabulary/units.ts';

export class Lifetime {
  /** Moved by every packet; the timer stays where it is. */
  lastSeen: Instant = 0;
  readonly #clock: Clock;
  readonly #over: (reason: CloseReason, detail?: string) => void;
  #silence: Millis = 0;
  #expiresAt: Instant = 0;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, over: (reason: CloseReason, detail?: string) => void) {
    this.#clock = clock;
    this.#over = over;
  }

  begin(silence: Millis, expiresAt: Instant): void {
    this.#silence = silence;
    this.#expiresAt = expiresAt;
    this.#check();
  }

  stop(): void {
    this.#cancel?.();
  }

  /** One timer for both ends, set for the sooner one. */
  #check(): void {
    const now = this.#clock.now();
    const silentAt = this.lastSeen + this.#silence;
    if (now >= this.#expiresAt) this.#over('token-expired');
    else if (now >= silentAt) this.#over('keep-alive', `silent for ${this.#silence / 1_000} s`);
    else {
      const wait = Math.max(1, Math.ceil(Math.min(silentAt, this.#expiresAt) - now));
      this.#cancel = this.#clock.after(wait, () => this.#check());
    }
  }
}

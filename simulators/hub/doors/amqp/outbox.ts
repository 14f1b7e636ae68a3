// Messages on their way out of one link, as its peer's credit allows. The library sends a session's messages strictly in turn: one waiting for
// credit would hold up every other device on the session. So it only ever gets what can leave at once; the rest waits here.
import { asOut, type EngineSender, type OutDelivery } from './rhea-parts.ts';

/** Messages held without credit; more are let go, the oldest first. */
const mostHeld = 1_024;
const settledMode = 1;
const unsettledMode = 0;

export class Outbox {
  readonly sender: EngineSender;
  readonly #held: Buffer[] = [];
  /** Ids of what the library has and did not send yet. */
  #unsent: number[] = [];

  constructor(sender: EngineSender) {
    this.sender = sender;
  }

  /** How many messages can leave now. */
  get room(): number {
    const { sender } = this;
    if (!sender.is_open()) return 0;
    const next = sender.session.outgoing.next_pending_delivery;
    if (this.#unsent.length > 0) this.#unsent = this.#unsent.filter((id) => id >= next);
    return sender.credit - this.#unsent.length;
  }

  /** Sends settled, unless the peer asked for the opposite; gives whether an older message had to be let go. */
  send(message: Buffer): boolean {
    this.#held.push(message);
    const dropped = this.#held.length > mostHeld;
    if (dropped) this.#held.shift();
    this.flush();
    return dropped;
  }

  /** To be called whenever the peer gave credit. */
  flush(): void {
    const { sender } = this;
    // Credit that was taken back after it was used: what is under way still goes, or the session would stand still.
    if (this.#unsent.length > 0 && this.room < 0) sender.credit = this.#unsent.length;
    while (this.#held.length > 0 && this.room > 0) {
      const message = this.#held.shift();
      if (message) this.#hand(message, undefined, sender.snd_settle_mode !== unsettledMode);
    }
  }

  /** Sends at once, unsettled unless the peer wants none of that. Only with `room`. */
  sendTracked(message: Buffer, tag: Buffer): OutDelivery {
    return this.#hand(message, tag, this.sender.snd_settle_mode === settledMode);
  }

  #hand(message: Buffer, tag: Buffer | undefined, settled: boolean): OutDelivery {
    // With a format given the library takes the bytes as they are; 0 is the plain one.
    const delivery = asOut(this.sender.send(message, tag, 0));
    delivery.settled = settled;
    this.#unsent.push(delivery.id);
    return delivery;
  }
}

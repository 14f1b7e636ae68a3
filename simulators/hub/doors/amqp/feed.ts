// A link that hands out locked items one by one and hears what became of each: cloud-to-device messages, feedback.
import type { Refusal } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import { outcomes } from './errors.ts';
import { Outbox } from './outbox.ts';
import { described, type EngineSender, type OutDelivery } from './rhea-parts.ts';
import { settleOut } from './settling.ts';

export type Outcome = 'accepted' | 'rejected' | 'released';

export interface FeedSource<Item> {
  next(): Item | undefined;
  encode(item: Item): Buffer;
  tag(item: Item): Buffer;
  settle(item: Item, outcome: Outcome): Refusal | undefined;
  /** The receiver is gone before it could settle. */
  release(item: Item): void;
  /** A settlement that came too late, on a link whose peer does not wait to hear of it. */
  late(refusal: Refusal): void;
}

export class Feed<Item> {
  readonly outbox: Outbox;
  readonly #source: FeedSource<Item>;
  readonly #now: () => Instant;
  readonly #held = new Map<number, Item>();
  #open = true;
  #pumping = false;

  constructor(sender: EngineSender, source: FeedSource<Item>, now: () => Instant) {
    this.outbox = new Outbox(sender);
    this.#source = source;
    this.#now = now;
    const hear = (outcome: Outcome) => (context: { delivery?: unknown }) =>
      this.#settle(context.delivery as OutDelivery, outcome);
    sender.on('accepted', hear('accepted'));
    sender.on('rejected', hear('rejected'));
    sender.on('released', hear('released'));
    sender.on('modified', hear('released'));
    // Settled without a word of what became of it: back to the queue.
    sender.on('settled', hear('released'));
  }

  /** Hands out as much as there is credit for. */
  pump(): void {
    // Giving an item back makes it waiting again, which comes here while here.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#open && this.outbox.room > 0) {
        const item = this.#source.next();
        if (item === undefined) break;
        const delivery = this.outbox.sendTracked(this.#source.encode(item), this.#source.tag(item));
        if (delivery.settled) this.#source.settle(item, 'accepted');
        else this.#held.set(delivery.id, item);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** The link is gone: what was not settled goes back. */
  end(): void {
    this.#open = false;
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const item of held) this.#source.release(item);
  }

  #settle(delivery: OutDelivery, outcome: Outcome): void {
    const item = this.#held.get(delivery.id);
    if (item === undefined) return;
    this.#held.delete(delivery.id);
    const refusal = this.#source.settle(item, outcome);
    if (!delivery.remote_settled) {
      // The peer leaves the last word to the hub (receiver-settle-mode second) and waits for it.
      settleOut(delivery, refusal === undefined ? words[outcome]() : outcomes.rejected(refusal, this.#now()));
    } else if (refusal !== undefined) this.#source.late(refusal);
    this.pump();
  }
}

const words = {
  accepted: () => outcomes.accepted,
  rejected: () => described(0x25, []),
  released: () => outcomes.released,
};

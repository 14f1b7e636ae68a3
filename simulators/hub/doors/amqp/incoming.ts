// Messages that came in on the links of one connection: each to the handler of its link, and its outcome back to who sent it.
import { refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import { BadBytes } from './encoding.ts';
import { endOfMessage, plainFormat } from './engine.ts';
import { outcomes } from './errors.ts';
import type { LinkHandler } from './link-handler.ts';
import type { EngineReceiver, InDelivery, Typed } from './rhea-parts.ts';
import { settleIn } from './settling.ts';

/** Messages a peer may send on a link before it hears of the first. */
export const creditWindow = 200;

export interface MessageContext {
  readonly receiver: EngineReceiver;
  readonly message: Buffer;
  readonly delivery: InDelivery;
  readonly format?: number;
}

export interface IncomingTools {
  /** Undefined once the link or the connection is over. */
  readonly handlerOf: (receiver: EngineReceiver) => LinkHandler | undefined;
  readonly unreadable: (error: unknown) => void;
  readonly now: () => Instant;
}

export class Incoming {
  readonly #tools: IncomingTools;
  /** Messages whose outcome is not known yet, by link: they take up its credit, or the library's room for unsettled ones would run out. */
  readonly #held = new Map<EngineReceiver, number>();

  constructor(tools: IncomingTools) {
    this.#tools = tools;
  }

  take({ receiver, message, delivery, format }: MessageContext): void {
    const how = endOfMessage(receiver);
    const handler = this.#tools.handlerOf(receiver);
    const outcome =
      handler?.take === undefined || how === 'aborted'
        ? outcomes.released
        : how === 'too large'
          ? outcomes.rejected(refuse('MessageTooLarge', 'The message is larger than 1 MB.'), this.#tools.now())
          : this.#outcomeOf(handler, message, format === plainFormat ? undefined : format);
    // Settled by the hub whatever the modes are: clients wait for it.
    if (outcome instanceof Promise) this.#await(outcome, receiver, delivery);
    else settleIn(delivery, outcome);
    this.#topUp(receiver);
  }

  #await(outcome: Promise<Typed>, receiver: EngineReceiver, delivery: InDelivery): void {
    const handler = this.#tools.handlerOf(receiver);
    this.#count(receiver, 1);
    void outcome.then((late) => {
      this.#count(receiver, -1);
      // Nobody hears it on a link that ended meanwhile.
      if (handler === undefined || this.#tools.handlerOf(receiver) !== handler) return;
      settleIn(delivery, late);
      this.#topUp(receiver);
    });
  }

  #topUp(receiver: EngineReceiver): void {
    const held = this.#held.size === 0 ? 0 : (this.#held.get(receiver) ?? 0);
    const taken = receiver.credit + held;
    if (taken <= creditWindow / 2) receiver.add_credit(creditWindow - taken);
  }

  #count(receiver: EngineReceiver, change: 1 | -1): void {
    const count = (this.#held.get(receiver) ?? 0) + change;
    if (count === 0) this.#held.delete(receiver);
    else this.#held.set(receiver, count);
  }

  #outcomeOf(handler: LinkHandler, message: Buffer, format: number | undefined): Typed | Promise<Typed> {
    try {
      return handler.take?.(message, format) ?? outcomes.released;
    } catch (error) {
      this.#tools.unreadable(error);
      const text = error instanceof Error ? error.message : String(error);
      const name = error instanceof BadBytes ? 'DeserializationError' : 'ServerError';
      return outcomes.rejected(refuse(name, text), this.#tools.now());
    }
  }
}

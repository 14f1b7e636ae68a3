// Messages of a device over AMQP: one on its way to the hub, and one from the hub in the device's hands.
import { replenish } from './amqp-links.ts';
import type { RheaDelivery, RheaLink, RheaMessage, Waiting } from './amqp-rhea.ts';
import { textOf, textsOf } from './amqp-wire.ts';
import { type Connection, type IncomingMessage, MessageFailed, type Settlement } from './connection.ts';

/** A message on its way to the hub. */
export class Sending implements Waiting {
  readonly #all: Set<Sending>;
  readonly #resolve: () => void;
  readonly #reject: (error: MessageFailed) => void;
  constructor(all: Set<Sending>, resolve: () => void, reject: (error: MessageFailed) => void) {
    this.#all = all;
    this.#resolve = resolve;
    this.#reject = reject;
    all.add(this);
  }
  taken(): void {
    this.#all.delete(this);
    this.#resolve();
  }
  failed(detail: string, refused: boolean): void {
    this.#all.delete(this);
    this.#reject(new MessageFailed(detail, refused));
  }
}

/** A cloud-to-device message in the device's hands. */
export class AmqpIncoming implements IncomingMessage {
  readonly #connection: Connection;
  readonly #link: RheaLink;
  #delivery: RheaDelivery | undefined;
  readonly body: Buffer;
  readonly messageId?: string;
  readonly properties: Readonly<Record<string, string>>;

  constructor(connection: Connection, link: RheaLink, delivery: RheaDelivery, body: Buffer, message: RheaMessage) {
    this.#connection = connection;
    this.#link = link;
    this.#delivery = delivery;
    this.body = body;
    const id = message.message_id;
    if (id !== undefined && id !== null) this.messageId = textOf(id);
    this.properties = textsOf(message.application_properties);
  }

  settle(settlement: Settlement): void {
    const delivery = this.#delivery;
    this.#delivery = undefined;
    if (!delivery || !this.#connection.isOpen) return;
    // rhea gathers what was settled in one tick, and tells two neighbours as one even when they differ: before and after, it is told now.
    const { session } = this.#link;
    session.incoming.process(session);
    if (settlement === 'completed') delivery.accept();
    else if (settlement === 'rejected') delivery.reject();
    else delivery.release();
    session.incoming.process(session);
    replenish(this.#link);
  }
}

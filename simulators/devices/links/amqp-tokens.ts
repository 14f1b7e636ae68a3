// The pair of links on which the devices of a line hand in their tokens (claims-based security, reference 3.2).
import { messageIn } from './amqp-errors.ts';
import type { AmqpLine, LineMember } from './amqp-line.ts';
import { replenish, settled } from './amqp-links.ts';
import { encodeMessage, type LinkOwner, type RheaDelivery, type RheaLink, type RheaMessage } from './amqp-rhea.ts';
import { countedId, numberIn, textOf } from './amqp-wire.ts';

export class AmqpTokens implements LinkOwner {
  readonly #line: AmqpLine;
  readonly #out: RheaLink;
  /** Request -> who waits for the answer. */
  readonly #waiting = new Map<string, LineMember>();
  #last = 0;

  constructor(line: AmqpLine) {
    this.#line = line;
    const options = { ...settled, properties: line.shared.properties };
    this.#out = line.session.create_sender('cbs-out', options);
    this.#out.set_target({ address: '$cbs' });
    this.#out.set_source({ address: 'cbs' });
    const back = line.session.create_receiver('cbs-in', options);
    back.set_source({ address: '$cbs' });
    back.set_target({ address: 'cbs' });
    for (const link of [this.#out, back]) {
      link.owner = this;
      link.attach();
    }
  }

  put(member: LineMember, resource: string, token: string): void {
    this.#last += 1;
    const id = countedId(this.#last);
    this.#waiting.set(id, member);
    const application = { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: resource };
    const request = { message_id: id, to: '$cbs', reply_to: 'cbs', application_properties: application, value: token };
    this.#line.send(this.#out, encodeMessage(request));
  }

  linkOpened(link: RheaLink): void {
    if (link.is_receiver()) replenish(link);
    this.#line.came();
  }

  linkClosed(link: RheaLink): void {
    this.#line.ended(link.error ?? { description: 'the hub detached a link for tokens' });
  }

  arrived(link: RheaLink, message: RheaMessage | Buffer, delivery: RheaDelivery): void {
    if (delivery.remote_settled) delivery.settled = true;
    else delivery.accept();
    replenish(link);
    if (Buffer.isBuffer(message) || message.correlation_id === undefined) return;
    const id = textOf(message.correlation_id);
    const member = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!member || !this.#line.has(member)) return;
    const properties = message.application_properties;
    const description = properties?.['status-description'];
    const words = typeof description === 'string' ? messageIn(description) : '';
    member.tokenAnswered(numberIn(properties, 'status-code') ?? 0, words);
  }
}

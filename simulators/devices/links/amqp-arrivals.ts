// What arrives on the links of a device over AMQP: read, taken, and handed on; or kept until the device is open (reference 3.4 to 3.6).
import { linkNames, replenish, use } from './amqp-links.ts';
import { AmqpIncoming } from './amqp-messages.ts';
import type { RheaDelivery, RheaLink, RheaMessage } from './amqp-rhea.ts';
import type { TwinRequests } from './amqp-twin.ts';
import { AmqpRequest, bodyOf, numberIn, ridOf, textOf } from './amqp-wire.ts';
import type { Connection, ConnectionOwner } from './connection.ts';
import { readPatch } from './twin-json.ts';

/** The connection that something arrives on. */
export interface Recipient extends Connection {
  /** Undefined once nobody is interested any more. */
  readonly owner: ConnectionOwner | undefined;
  /** Undefined before the first. */
  readonly twinRequests: TwinRequests | undefined;
  /** Tells it once the connection is open. */
  keep(tell: (owner: ConnectionOwner) => void): void;
}

export function take(to: Recipient, link: RheaLink, message: RheaMessage | Buffer, delivery: RheaDelivery): void {
  const { owner } = to;
  if (!owner) return;
  try {
    if (link.use === use.messages) messageArrived(to, owner, link, message, delivery);
    else {
      if (delivery.remote_settled) delivery.settled = true;
      else delivery.accept();
      replenish(link);
      if (Buffer.isBuffer(message)) owner.puzzled(to, 'a message came in a format of its own');
      else if (link.use === use.methodsIn) methodArrived(to, owner, message);
      else twinArrived(to, owner, message);
    }
  } catch (error) {
    to.owner?.puzzled(to, `on ${linkNames[link.use ?? 0]}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function methodArrived(to: Recipient, owner: ConnectionOwner, message: RheaMessage): void {
  const name = message.application_properties?.['IoThub-methodname'];
  const correlation = message.correlation_id ?? message.message_id;
  const body = bodyOf(message);
  if (typeof name !== 'string' || correlation === undefined || !body) {
    owner.puzzled(to, 'a method request without a name, an id or a readable body');
    return;
  }
  const request = new AmqpRequest(name, ridOf(correlation), body.toString(), correlation);
  if (to.isOpen) owner.methodCalled(to, request);
  else to.keep((told) => told.methodCalled(to, request));
}

function twinArrived(to: Recipient, owner: ConnectionOwner, message: RheaMessage): void {
  const body = bodyOf(message)?.toString();
  if (body === undefined) {
    owner.puzzled(to, 'a twin message without a readable body');
    return;
  }
  const annotations = message.message_annotations;
  const version = numberIn(annotations, 'version');
  if (message.correlation_id !== undefined && message.correlation_id !== null) {
    to.twinRequests?.answered(textOf(message.correlation_id), numberIn(annotations, 'status') ?? 0, version, body);
    return;
  }
  const patch = readPatch(body, version);
  if (patch) owner.desiredPatched(to, patch.desired, patch.version);
  else owner.puzzled(to, 'a desired patch is not a JSON object with a $version');
}

function messageArrived(
  to: Recipient,
  owner: ConnectionOwner,
  link: RheaLink,
  message: RheaMessage | Buffer,
  delivery: RheaDelivery,
): void {
  const body = Buffer.isBuffer(message) ? message : bodyOf(message);
  const incoming = new AmqpIncoming(
    to,
    link,
    delivery,
    body ?? Buffer.alloc(0),
    Buffer.isBuffer(message) ? {} : message,
  );
  if (body && to.isOpen) owner.messageArrived(to, incoming);
  else if (body) to.keep((told) => told.messageArrived(to, incoming));
  else {
    owner.puzzled(to, 'a message without a readable body was rejected');
    incoming.settle('rejected');
  }
  // Otherwise a message the device takes its time over would keep its place among those of all devices on the session.
  if (!delivery.settled) delivery.settled = true;
}

/** Of what arrives only the body is still there in bytes. */
export const sizeOf = (message: RheaMessage | Buffer): number =>
  (Buffer.isBuffer(message) ? message : bodyOf(message))?.length ?? 0;

// Cloud-to-device messages on one connection: sent while there is room, completed by PUBACK, given back to the queue when the connection ends.
import { generate } from 'mqtt-packet';
import type { Clock } from '../../../clock/clock.ts';
import { publishPacket } from '../../../packets/publish-packet.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { Delivery, Messages } from '../../messages/messages.ts';
import { messageLimits } from '../../messages/open-messages.ts';
import { writeBag } from '../../messages/property-bag.ts';
import type { Session } from './subscriptions.ts';
import { messageTopic } from './topics.ts';

/** Messages on their way at QoS 1 that the device has not acknowledged yet. */
const window = 10;
/** What the length field of a topic can say. */
const longestTopic = 65_535;

export interface DownstreamTools {
  readonly clock: Clock;
  readonly messages: Pick<Messages, 'receive' | 'complete' | 'reject' | 'release'>;
  readonly session: Session;
  write(bytes: Buffer): void;
  hint(text: string): void;
}

interface InFlight extends Pick<Delivery, 'lockToken' | 'sequence'> {
  /** When its lock runs out. */
  readonly until: Instant;
}

export class Downstream {
  readonly #device: DeviceId;
  readonly #tools: DownstreamTools;
  /** By packet id. */
  readonly #inFlight = new Map<number, InFlight>();
  /** No more are taken: one is just being sent, or the connection is over. */
  #busy = false;
  #over = false;

  constructor(device: DeviceId, tools: DownstreamTools) {
    this.#device = device;
    this.#tools = tools;
  }

  /** Sends what waits, as much as there is room for. */
  take(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#attempt('delivered', () => {
      let delivery = this.#next();
      while (delivery !== undefined && this.#send(delivery)) delivery = this.#next();
    });
    this.#busy = this.#over;
  }

  #next(): Delivery | undefined {
    if (this.#inFlight.size >= window) this.#letGo();
    return this.#inFlight.size < window ? this.#tools.messages.receive(this.#device) : undefined;
  }

  /** Those whose locks ran out are in the queue again, or expired: they hold up nobody. */
  #letGo(): void {
    const now = this.#tools.clock.now();
    for (const [packetId, { until }] of this.#inFlight) if (until <= now) this.#inFlight.delete(packetId);
  }

  /** PUBACK: the device has it. */
  acknowledged(packetId: number): void {
    const delivery = this.#inFlight.get(packetId);
    if (delivery === undefined) return;
    const { messages, session, hint } = this.#tools;
    this.#attempt('completed', () => {
      const late = messages.complete(this.#device, delivery.lockToken);
      if (late !== undefined) hint(`A message was acknowledged too late, ${late.number}: ${late.message}`);
      session.forget(delivery.sequence);
    });
    this.#inFlight.delete(packetId);
    this.take();
  }

  /** The connection is over: what was not acknowledged goes back to its place. */
  end(): void {
    this.#over = true;
    this.#busy = true;
    const { messages } = this.#tools;
    for (const { lockToken } of this.#inFlight.values()) {
      this.#attempt('given back', () => messages.release(this.#device, lockToken));
    }
    this.#inFlight.clear();
  }

  /** The store may not be writable (a full disk): nobody who sends, connects or leaves is to pay for that. */
  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tools.hint(`A message could not be ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Gives whether the next one may follow. */
  #send(delivery: Delivery): boolean {
    const { messages, session, write, hint } = this.#tools;
    const { message, lockToken, sequence } = delivery;
    const { inputName } = message.system;
    const qos = session.subscriptions.messageQos(inputName !== undefined);
    if (qos === undefined) {
      const what = inputName === undefined ? 'messages/devicebound/#' : 'inputs/#';
      hint(`A message waits for ${this.#device}, which has not subscribed to ${what}.`);
      messages.release(this.#device, lockToken);
      return false;
    }
    const topic = messageTopic(this.#device, writeBag(message, this.#device), inputName);
    if (Buffer.byteLength(topic) > longestTopic) {
      hint(
        `A message was rejected: its properties make a topic longer than ${longestTopic} bytes, which MQTT cannot carry.`,
      );
      messages.reject(this.#device, lockToken);
    } else if (qos === 0) {
      write(publishPacket(topic, message.body));
      // The write may have ended the connection, of a device that does not read.
      if (this.#over) messages.release(this.#device, lockToken);
      else messages.complete(this.#device, lockToken);
    } else {
      const before = session.packetIdOf(sequence);
      const messageId = before ?? session.newPacketId(sequence);
      this.#inFlight.set(messageId, { lockToken, sequence, until: this.#tools.clock.now() + messageLimits.lock });
      const dup = before !== undefined;
      write(generate({ cmd: 'publish', topic, payload: message.body, qos, messageId, dup, retain: false }));
    }
    return !this.#over;
  }
}

// One connection of one device over MQTT 3.1.1. The only file that knows `mqtt`; made lean, since a fleet holds thousands of these:
// what connections share is in mqtt-shared.ts, handlers are functions of the file, and nothing is allocated before it is needed.
import { type IPublishPacket, MqttClient, type Packet } from 'mqtt';
import type { Cancel } from '../../clock/clock.ts';
import type { Wait } from '../../clock/waits.ts';
import { publishPacket } from '../../packets/publish-packet.ts';
import { requestId } from '../../vocabulary/ids.ts';
import type { Flow } from '../../vocabulary/passages.ts';
import { seconds } from '../../vocabulary/units.ts';
import type { DeviceOptions, MethodRequest } from '../device.ts';
import { flowOf } from '../flow/stream-flow.ts';
import { resetStream } from '../flow/tcp.ts';
import {
  type Connection,
  type ConnectionOwner,
  type Ending,
  type IncomingMessage,
  type OutgoingMessage,
  type TwinDocument,
  TwinFailed,
} from './connection.ts';
import { isPacketId, type MqttShared, mqttDial, mqttOptions, mqttShared } from './mqtt-shared.ts';
import { SentMessages } from './sent-messages.ts';
import { subscribePacket } from './subscribe-packet.ts';
import {
  eventsTopic,
  filtersOf,
  methodFilter,
  methodResponseTopic,
  readBag,
  readTopic,
  reportTopic,
  twinGetTopic,
} from './topics.ts';
import { readPatch, readTwin } from './twin-json.ts';
import { type TwinAnswer, TwinRequests } from './twin-requests.ts';

/** As long as the Node SDK waits for a connection (reference 2.9); here from the first byte to the answered subscription. */
const openTimeout = seconds(60);
/** What was sent before a close gets this long to leave before the stream is torn down. */
const lingerTimeout = seconds(2);
const disconnectPacket = Buffer.of(0xe0, 0x00);
const acknowledgement = (packetId: number): Buffer => Buffer.of(0x40, 0x02, packetId >> 8, packetId & 0xff);
/** That of UNSUBSCRIBE too, which mqtt sends (mqtt-shared.ts). */
const subscribeId = 1;
/** Given to mqtt in place of an error, it passes on to the next packet and does not acknowledge this one: the device does, or does not. */
const ownAcknowledgement = new Error('acknowledged by the device');

const refusals: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
};

export class MqttConnection extends MqttClient implements Connection {
  readonly #shared: MqttShared;
  #owner: ConnectionOwner | undefined;
  #open = false;
  /** Ends the wait for the hub's acceptance. */
  #opening: Cancel | undefined;
  /** A certificate needs no renewal. */
  #hasToken = false;
  #renewal: Wait | undefined;
  /** What went wrong, kept until the stream has closed. */
  #ending: Ending | undefined;
  #twinRequests: TwinRequests | undefined;
  #lastRid = 0;
  /** Filters in SUBSCRIBE. */
  #asked = 0;
  /** Messages on their way; undefined until the first is sent. */
  #sent: SentMessages | undefined;

  /** Dials at once; `owner` hears `opened` or `closed`, never before this returns. Throws what `dial` throws. */
  constructor(owner: ConnectionOwner, device: DeviceOptions) {
    const shared = mqttShared(device.settings);
    super(mqttDial(shared, device), mqttOptions(shared, device, owner));
    this.#owner = owner;
    this.#shared = shared;
    this.on('connect', MqttConnection.#listeners.connect);
    this.on('error', MqttConnection.#listeners.error);
    this.on('close', MqttConnection.#listeners.close);
    this.on('packetreceive', MqttConnection.#listeners.packetreceive);
    this.connect();
    this.#opening = shared.clock.after(openTimeout, () =>
      this.#fail(`the hub did not answer within ${openTimeout / 1_000} s`),
    );
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * From the hub's CONNACK on, what this side says is heard. A session that goes on from an earlier connection brings calls and messages
   * before the subscriptions are answered (reference 2.2), and those want their replies.
   */
  get #heard(): boolean {
    return this.#owner !== undefined && this.connected;
  }

  reply(request: MethodRequest, status: number, payload: string): void {
    // Past mqtt, which adds nothing to a message at QoS 0; it may then send a ping that this reply made needless.
    if (this.#heard) this.stream.write(publishPacket(methodResponseTopic(status, request.rid), payload));
  }

  async getTwin(): Promise<TwinDocument> {
    const answer = await this.#ask('reading the twin', twinGetTopic, '');
    const twin = readTwin(answer.body);
    if (!twin) throw new TwinFailed('reading the twin: the hub sent a document that is not a twin');
    return twin;
  }

  async report(patch: string): Promise<number> {
    const answer = await this.#ask('reporting properties', reportTopic, patch);
    return answer.version ?? 0;
  }

  /** At QoS 1: resolves with the hub's PUBACK. The hub tells a refusal only by closing (reference 2.2), so none is ever reported here. */
  send(message: OutgoingMessage): Promise<void> {
    this.#sent ??= new SentMessages();
    return this.#sent.send(this.#open ? this.stream : undefined, eventsTopic(this.#id, message), message.body);
  }

  /** MQTT 3.1.1 shows a token only in CONNECT. */
  renew(): Promise<boolean> {
    return Promise.resolve(false);
  }

  mute(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    return new Promise((resolve) => {
      this.unsubscribe(methodFilter, () => resolve());
    });
  }

  hangUp(): void {
    this.#leave(this.connected ? disconnectPacket : undefined);
  }

  drop(): void {
    this.#leave(undefined);
  }

  reset(): void {
    this.#forget();
    resetStream(this.stream);
  }

  get flow(): Flow {
    return flowOf(this.stream);
  }

  /** mqtt calls this for each message, so that no listener is needed per connection. It must neither throw nor withhold `next`. */
  override handleMessage(packet: Packet, next: (error?: Error) => void): void {
    if (packet.cmd === 'publish' && packet.qos > 0 && !isPacketId(packet.messageId)) {
      this.#fail('the hub sent a message without its packet id');
      return;
    }
    let answered = false;
    if (this.#owner && packet.cmd === 'publish') {
      try {
        answered = this.#arrived(this.#owner, packet);
      } catch (error) {
        this.#owner?.puzzled(this, `on ${packet.topic}: ${describe(error)}`);
      }
    }
    next(answered ? ownAcknowledgement : undefined);
  }

  /** Gives whether the acknowledgement, where the QoS asks for one, is the device's own affair. */
  #arrived(owner: ConnectionOwner, packet: IPublishPacket): boolean {
    const { topic, payload } = packet;
    const arrival = readTopic(topic);
    if (arrival?.kind === 'message' && arrival.identity === this.#id) {
      owner.messageArrived(this, this.#messageOf(packet, arrival.bag));
      return packet.qos === 1;
    }
    if (arrival?.kind === 'method') {
      owner.methodCalled(this, { name: arrival.name, rid: requestId(arrival.rid), payload: payload.toString() });
    } else if (arrival?.kind === 'twin') {
      const { rid, status, version } = arrival;
      this.#twinRequests?.answered(rid, status, { version, body: payload.toString() });
      if (this.#twinRequests?.size === 0) this.#twinRequests = undefined;
    } else if (arrival?.kind === 'desired') {
      const patch = readPatch(payload.toString(), arrival.version);
      if (patch) owner.desiredPatched(this, patch.desired, patch.version);
      else owner.puzzled(this, 'a desired patch is not a JSON object with a $version');
    } else {
      owner.puzzled(this, `unexpected topic ${topic}`);
    }
    return false;
  }

  /**
   * MQTT has one word for a message taken, PUBACK, and none for the rest: rejected or abandoned, it is left unacknowledged, stays locked at the
   * hub and comes again on the device's next connection, or when its lock has run out.
   */
  #messageOf({ payload, messageId, qos }: IPublishPacket, bag: string): IncomingMessage {
    const all = Object.entries(readBag(bag));
    const id = all.find(([name]) => name === '$.mid')?.[1];
    return {
      body: typeof payload === 'string' ? Buffer.from(payload) : payload,
      ...(id === undefined ? {} : { messageId: id }),
      properties: Object.fromEntries(all.filter(([name]) => !name.startsWith('$.'))),
      settle: (settlement) => {
        if (settlement === 'completed' && qos === 1 && messageId !== undefined && this.#heard)
          this.stream.write(acknowledgement(messageId));
      },
    };
  }

  get #id(): string {
    return this.options.clientId ?? '';
  }

  // At QoS 0, as method replies: an answer tells that a request arrived, and method replies have none in any SDK that uses QoS 0.
  #ask(what: string, topic: (rid: string) => string, payload: string): Promise<TwinAnswer> {
    if (!this.#heard) return Promise.reject(new TwinFailed(`${what}: the device is not connected`));
    this.#lastRid += 1;
    const rid = this.#lastRid.toString(16);
    this.#twinRequests ??= new TwinRequests();
    const answer = this.#twinRequests.wait(this.#shared.clock, rid, what);
    this.stream.write(publishPacket(topic(rid), payload));
    return answer;
  }

  #forget(): void {
    this.#owner = undefined;
    this.#open = false;
    this.#opening?.();
    this.#opening = undefined;
    if (this.#renewal) this.#shared.renewals.end(this.#renewal);
    this.#renewal = undefined;
    const requests = this.#twinRequests;
    this.#twinRequests = undefined;
    requests?.lost();
    this.#sent?.lost();
  }

  // A reply just written may still sit in the stream, so it is ended rather than destroyed, and the hub's own end awaited: closing
  // a socket with unread bytes sends a reset, which can overtake the reply.
  #leave(lastWords: Buffer | undefined): void {
    const open = this.connected;
    this.#forget();
    if (!open || this.stream.destroyed) {
      this.stream.destroy();
      return;
    }
    this.stream.end(lastWords);
    const cancel = this.#shared.clock.after(lingerTimeout, () => this.stream.destroy());
    this.stream.once('close', cancel);
  }

  #fail(detail: string, refused = false): void {
    this.#ending ??= { detail, refused };
    this.stream.destroy();
  }

  #accepted(): void {
    // The proof of who we are has been given; its 400 bytes need not be kept.
    this.#hasToken = this.options.password !== undefined;
    this.options.username = undefined;
    this.options.password = undefined;
    const filters = filtersOf(this.#id);
    this.#asked = Object.keys(filters).length;
    this.stream.write(subscribePacket(subscribeId, filters));
  }

  /** The answer to SUBSCRIBE: a grant for each filter, of which 0x80 is a refusal (MQTT 3.1.1, section 3.9). */
  #subscribed(granted: readonly unknown[]): void {
    if (!this.#owner || this.#open) return;
    const refused = granted.filter((grant) => typeof grant !== 'number' || grant >= 0x80).length;
    if (refused > 0 || granted.length !== this.#asked) {
      this.#fail(`refused: subscription (${refused} of ${this.#asked} filters)`, true);
      return;
    }
    this.#opening?.();
    this.#opening = undefined;
    this.#open = true;
    if (this.#hasToken) this.#renewal = this.#shared.renewals.begin(() => this.#owner?.renewalDue(this));
    this.#owner.opened(this);
  }

  #failed(error: Error & { code?: unknown }): void {
    const refusal = typeof error.code === 'number' && !this.connected ? refusals[error.code] : undefined;
    if (refusal) this.#fail(`refused: ${refusal} (${error.code})`, true);
    else this.#fail(describe(error));
  }

  #ended(): void {
    const owner = this.#owner;
    this.#forget();
    owner?.closed(this, this.#ending ?? { detail: 'the hub closed the connection', refused: false });
  }

  // One set for all connections: mqtt calls listeners with the client as `this`.
  static readonly #listeners = {
    connect(this: MqttConnection): void {
      this.#accepted();
    },
    error(this: MqttConnection, error: Error): void {
      this.#failed(error);
    },
    close(this: MqttConnection): void {
      this.#ended();
    },
    packetreceive(this: MqttConnection, packet: Packet): void {
      if (packet.cmd === 'puback') this.#sent?.taken(packet.messageId);
      else if (packet.cmd === 'suback' && packet.messageId === subscribeId) this.#subscribed(packet.granted);
    },
  };
}

const describe = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

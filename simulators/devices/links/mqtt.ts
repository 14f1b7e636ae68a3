// One connection of one device over MQTT 3.1.1. The only file that knows `mqtt`; made lean, since a fleet holds thousands of these:
// what connections share is in mqtt-shared.ts, handlers are functions of the file, and nothing is allocated before it is needed.
import { MqttClient, type Packet } from 'mqtt';
import type { Cancel } from '../../clock/clock.ts';
import type { Wait } from '../../clock/waits.ts';
import { publishPacket } from '../../packets/publish-packet.ts';
import { requestId } from '../../vocabulary/ids.ts';
import { seconds } from '../../vocabulary/units.ts';
import type { DeviceOptions, MethodRequest } from '../device.ts';
import { type Connection, type ConnectionOwner, type Ending, type TwinDocument, TwinFailed } from './connection.ts';
import { isPacketId, type MqttShared, mqttOptions, mqttShared } from './mqtt-shared.ts';
import { filters, methodFilter, methodResponseTopic, readTopic, reportTopic, twinGetTopic } from './topics.ts';
import { readPatch, readTwin, refusalText } from './twin-json.ts';

/** As long as the Node SDK waits for a connection (reference 2.9); here from the first byte to the answered subscription. */
const openTimeout = seconds(60);
/** For the answer to a twin request. The Node SDK gives an acknowledgement as long (reference 2.9). */
const twinTimeout = seconds(30);
/** What was sent before a close gets this long to leave before the stream is torn down. */
const lingerTimeout = seconds(2);
const disconnectPacket = Buffer.of(0xe0, 0x00);

const refusals: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
};

interface TwinRequest {
  readonly answered: (version: number | undefined, body: string) => void;
  readonly failed: (error: TwinFailed) => void;
  readonly cancel: Cancel;
}

export class MqttConnection extends MqttClient implements Connection {
  readonly #shared: MqttShared;
  #owner: ConnectionOwner | undefined;
  #open = false;
  /** Ends the wait for the hub's acceptance. */
  #opening: Cancel | undefined;
  #renewal: Wait | undefined;
  /** What went wrong, kept until the stream has closed. */
  #ending: Ending | undefined;
  #twinRequests: Map<string, TwinRequest> | undefined;
  #lastRid = 0;

  /** Dials at once; `owner` hears `opened` or `closed`, never before this returns. Throws what `dial` throws. */
  constructor(owner: ConnectionOwner, device: DeviceOptions) {
    const shared = mqttShared(device.settings);
    super(shared.dial, mqttOptions(shared, device));
    this.#owner = owner;
    this.#shared = shared;
    this.on('connect', MqttConnection.#listeners.connect);
    this.on('error', MqttConnection.#listeners.error);
    this.on('close', MqttConnection.#listeners.close);
    this.connect();
    this.#opening = shared.clock.after(openTimeout, () =>
      this.#fail(`the hub did not answer within ${openTimeout / 1_000} s`),
    );
  }

  get isOpen(): boolean {
    return this.#open;
  }

  reply(request: MethodRequest, status: number, payload: string): void {
    // Past mqtt, which adds nothing to a message at QoS 0; it may then send a ping that this reply made needless.
    if (this.#open) this.stream.write(publishPacket(methodResponseTopic(status, request.rid), payload));
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

  /** mqtt calls this for each message, so that no listener is needed per connection. It must neither throw nor withhold `next`. */
  override handleMessage(packet: Packet, next: (error?: Error) => void): void {
    if (packet.cmd === 'publish' && packet.qos > 0 && !isPacketId(packet.messageId)) {
      this.#fail('the hub sent a message without its packet id');
      return;
    }
    if (this.#owner && packet.cmd === 'publish') {
      try {
        this.#arrived(this.#owner, packet.topic, packet.payload);
      } catch (error) {
        this.#owner?.puzzled(this, `on ${packet.topic}: ${describe(error)}`);
      }
    }
    next();
  }

  #arrived(owner: ConnectionOwner, topic: string, payload: string | Buffer): void {
    const arrival = readTopic(topic);
    if (arrival?.kind === 'method') {
      owner.methodCalled(this, { name: arrival.name, rid: requestId(arrival.rid), payload: payload.toString() });
    } else if (arrival?.kind === 'twin') {
      this.#answered(arrival.rid, arrival.status, arrival.version, payload.toString());
    } else if (arrival?.kind === 'desired') {
      const patch = readPatch(payload.toString(), arrival.version);
      if (patch) owner.desiredPatched(this, patch.desired, patch.version);
      else owner.puzzled(this, 'a desired patch is not a JSON object with a $version');
    } else {
      owner.puzzled(this, `unexpected topic ${topic}`);
    }
  }

  // Only QoS 0 leaves this connection: an answer tells that a request arrived, and method replies have none in any SDK that uses QoS 0.
  #ask(
    what: string,
    topic: (rid: string) => string,
    payload: string,
  ): Promise<{ version: number | undefined; body: string }> {
    if (!this.#open) return Promise.reject(new TwinFailed(`${what}: the device is not connected`));
    this.#lastRid += 1;
    const rid = this.#lastRid.toString(16);
    return new Promise((resolve, reject) => {
      const cancel = this.#shared.clock.after(twinTimeout, () => {
        this.#twinRequests?.delete(rid);
        reject(new TwinFailed(`${what}: no answer within ${twinTimeout / 1_000} s`));
      });
      this.#twinRequests ??= new Map();
      this.#twinRequests.set(rid, {
        cancel,
        answered: (version, body) => resolve({ version, body }),
        failed: (error) => reject(new TwinFailed(`${what}: ${error.message}`, error.status)),
      });
      this.publish(topic(rid), payload);
    });
  }

  #answered(rid: string, status: number, version: number | undefined, body: string): void {
    const request = this.#twinRequests?.get(rid);
    if (!request) return; // too late, or never asked: nobody waits for it
    this.#twinRequests?.delete(rid);
    if (this.#twinRequests?.size === 0) this.#twinRequests = undefined;
    request.cancel();
    if (status < 300) request.answered(version, body);
    else request.failed(new TwinFailed(`the hub refused with ${status}${refusalText(body)}`, status));
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
    for (const request of requests?.values() ?? []) {
      request.cancel();
      request.failed(new TwinFailed('the connection ended first'));
    }
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
    this.options.username = undefined;
    this.options.password = undefined;
    this.subscribe([...filters], (error) => {
      if (!this.#owner) return;
      if (error) return this.#fail(`refused: subscription (${error.message})`, true);
      this.#opening?.();
      this.#opening = undefined;
      this.#open = true;
      this.#renewal = this.#shared.renewals.begin(() => this.#owner?.renewalDue(this));
      this.#owner.opened(this);
    });
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
  };
}

const describe = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

// A hub's MQTT side small enough to be read at a glance, for tests of devices: answers CONNECT, SUBSCRIBE, PINGREQ and twin
// requests, remembers everything, and can be told to refuse, to stay silent or to send nonsense.
import type { Duplex } from 'node:stream';
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet';
import { duplexPair } from './duplex-pair.ts';

/** One connection as the broker sees it. */
export class BrokerSession {
  connect: IConnectPacket | undefined;
  readonly received: Packet[] = [];
  readonly filters = new Set<string>();
  closed = false;
  /** True once a DISCONNECT came. */
  saidGoodbye = false;

  constructor(readonly stream: Duplex) {}

  send(packet: Packet): void {
    if (!this.stream.destroyed) this.stream.write(mqttPacket.generate(packet));
  }
  sendBytes(bytes: Uint8Array): void {
    if (!this.stream.destroyed) this.stream.write(bytes);
  }
  publish(topic: string, payload: string | Buffer = ''): void {
    this.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
  }
  call(method: string, rid: string, payload = ''): void {
    this.publish(`$iothub/methods/POST/${method}/?$rid=${rid}`, payload);
  }
  /** Topic and payload of everything the device published. */
  get published(): readonly { readonly topic: string; readonly payload: string }[] {
    return this.received.flatMap((packet) =>
      packet.cmd === 'publish' ? [{ topic: packet.topic, payload: packet.payload.toString() }] : [],
    );
  }
  get replies(): readonly { readonly topic: string; readonly payload: string }[] {
    return this.published.filter(({ topic }) => topic.startsWith('$iothub/methods/res/'));
  }
}

export class TinyBroker {
  readonly sessions: BrokerSession[] = [];
  /** CONNACK return code; undefined answers nothing. */
  connack: number | undefined = 0;
  suback = 0;
  twin: unknown = { desired: { $version: 1 }, reported: { $version: 1 } };
  /** Status of twin answers; undefined answers nothing. */
  twinStatus: number | undefined = 200;
  reportStatus: number | undefined = 204;
  pings = true;
  /** Whether messages at QoS 1 are acknowledged. */
  acknowledges = true;
  /** Runs before a SUBSCRIBE is answered, as a hub whose session goes on sends what waits for the device. */
  onSubscribe: (session: BrokerSession) => void = () => {};
  #reportedVersion = 1;

  readonly dial = (): Duplex => {
    const [device, hub] = duplexPair();
    this.accept(hub);
    return device;
  };

  get last(): BrokerSession {
    const session = this.sessions.at(-1);
    if (!session) throw new Error('no device has dialled yet');
    return session;
  }

  accept(stream: Duplex): void {
    const session = new BrokerSession(stream);
    this.sessions.push(session);
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet: Packet) => {
      session.received.push(packet);
      this.#answer(session, packet);
    });
    stream.on('data', (bytes: Buffer) => parser.parse(bytes));
    stream.on('error', () => {});
    stream.on('close', () => {
      session.closed = true;
    });
  }

  #answer(session: BrokerSession, packet: Packet): void {
    if (packet.cmd === 'connect') {
      session.connect = packet;
      if (this.connack === undefined) return;
      session.send({ cmd: 'connack', returnCode: this.connack, sessionPresent: false });
      if (this.connack !== 0) session.stream.end();
    } else if (packet.cmd === 'subscribe') {
      this.onSubscribe(session);
      for (const { topic } of packet.subscriptions) session.filters.add(topic);
      session.send({
        cmd: 'suback',
        messageId: packet.messageId,
        granted: packet.subscriptions.map(() => this.suback),
      });
    } else if (packet.cmd === 'unsubscribe') {
      for (const topic of packet.unsubscriptions) session.filters.delete(topic);
      session.send({ cmd: 'unsuback', messageId: packet.messageId, granted: [] });
    } else if (packet.cmd === 'pingreq' && this.pings) {
      session.send({ cmd: 'pingresp' });
    } else if (packet.cmd === 'disconnect') {
      session.saidGoodbye = true;
    } else if (packet.cmd === 'publish') {
      if (packet.qos === 1 && this.acknowledges) session.send({ cmd: 'puback', messageId: packet.messageId });
      this.#answerTwin(session, packet.topic);
    }
  }

  #answerTwin(session: BrokerSession, topic: string): void {
    const rid = topic.slice(topic.indexOf('$rid=') + 5);
    if (topic.startsWith('$iothub/twin/GET/') && this.twinStatus !== undefined) {
      session.publish(`$iothub/twin/res/${this.twinStatus}/?$rid=${rid}`, JSON.stringify(this.twin));
    }
    if (topic.startsWith('$iothub/twin/PATCH/properties/reported/') && this.reportStatus !== undefined) {
      this.#reportedVersion += 1;
      const refused = this.reportStatus >= 300;
      session.publish(
        `$iothub/twin/res/${this.reportStatus}/?$rid=${rid}${refused ? '' : `&$version=${this.#reportedVersion}`}`,
        refused ? JSON.stringify({ errorCode: 400004, message: 'the patch is too deep' }) : '',
      );
    }
  }
}

// One accepted socket: unknown until its CONNECT is let in, then a device's connection, then over. Whatever comes in, only this socket
// suffers from it: it ends, a fact says why.
import type { Duplex } from 'node:stream';
import { generate, type IConnectPacket, type IPublishPacket, type ISubscribePacket, type Packet } from 'mqtt-packet';
import type { Wait } from '../../../clock/waits.ts';
import { publishPacket } from '../../../packets/publish-packet.ts';
import type { CloseReason } from '../../../vocabulary/facts.ts';
import type { KillTarget } from '../../../vocabulary/fault-specs.ts';
import { type DeviceId, deviceId, type FaultName, type RequestId } from '../../../vocabulary/ids.ts';
import type { ClientCertificate } from '../../access/access.ts';
import type { DeviceConnection, Struck } from '../../connections/connections.ts';
import { type Arrival, endSoon, resetStream } from '../arrival.ts';
import { type Admitted, admit, type Denied } from './admission.ts';
import { isPlainMethodName, topicAdvice } from './advice.ts';
import type { DoorTools } from './door-tools.ts';
import { Downstream } from './downstream.ts';
import { type Heard, hear, hint, type Say, speakWill, type Will } from './hear.ts';
import { Lifetime } from './lifetime.ts';
import { greetingLimit, PacketReader, packetLimit } from './packet-reader.ts';
import { Session } from './subscriptions.ts';
import { desiredTopic, methodTopic, readTopic } from './topics.ts';

/** Bytes waiting for a device that does not read, 256 of the largest payloads; then it is let go rather than kept in memory. */
const unreadLimit = 33_554_432;

const pong = generate({ cmd: 'pingresp' });

export class DeviceSocket implements DeviceConnection {
  device: DeviceId = deviceId('');
  readonly protocol: 'mqtt' | 'mqtt-ws';
  readonly tls: boolean;
  readonly #tools: DoorTools;
  readonly #socket: Duplex;
  readonly #tcp: Arrival['tcp'];
  readonly #packets: PacketReader;
  readonly #peer: string;
  #state: 'greeting' | 'connected' | 'over' = 'greeting';
  #greeting: Wait | undefined;
  #session = noSession;
  /** There from the first time on that messages can reach the device. */
  #downstream: Downstream | undefined;
  /** Until the CONNECT. */
  #certificate: ClientCertificate | undefined;
  readonly #lifetime: Lifetime;
  #will: Will | undefined;
  readonly #say: Say = (topic, body) => this.#publish(topic, body);

  constructor({ stream: socket, tcp, peer, tls, websocket, certificate }: Arrival, tools: DoorTools) {
    this.#tools = tools;
    this.#socket = socket;
    this.#tcp = tcp;
    this.tls = tls;
    this.protocol = websocket ? 'mqtt-ws' : 'mqtt';
    this.#peer = peer;
    this.#certificate = certificate;
    this.#lifetime = new Lifetime(tools.clock, (reason, detail) => this.#end(reason, detail));
    this.#packets = new PacketReader(
      (packet) => this.#take(packet),
      (error) => this.#unreadable(error),
    );
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error) => this.#gone(error.message));
    socket.on('end', () => this.#gone());
    socket.on('close', () => this.#gone());
    tools.open.add(this);
    this.#greeting = tools.greetings.begin(() => this.#refuse('no CONNECT within 30 s'));
  }

  get open(): boolean {
    return this.#state === 'connected';
  }

  get listensForMethods(): boolean {
    return this.#state === 'connected' && this.#session.subscriptions.has('methods');
  }

  get listensForDesired(): boolean {
    return this.#state === 'connected' && this.#session.subscriptions.has('desired');
  }

  get listensForMessages(): boolean {
    return this.#state === 'connected' && this.#session.subscriptions.messages;
  }

  sendMethod(method: string, rid: RequestId, payload: Buffer): void {
    if (!isPlainMethodName(method)) {
      this.#hint(
        `Some clients cannot take the method name '${method}' out of a topic; use letters, digits, _ . * and -.`,
      );
    }
    this.#publish(methodTopic(method, rid), payload);
  }

  sendDesired(patch: string, version: number): boolean {
    if (!this.listensForDesired) return false;
    this.#publish(desiredTopic(version), patch);
    return true;
  }

  messageWaiting(): void {
    if (!this.listensForMessages) return;
    this.#downstream ??= new Downstream(this.device, {
      clock: this.#tools.clock,
      messages: this.#tools.messages,
      session: this.#session,
      write: (bytes) => this.#write(bytes),
      hint: (text) => this.#hint(text),
    });
    this.#downstream.take();
  }

  close(reason: CloseReason, detail?: string): void {
    this.#end(reason, detail);
  }

  kick(by: FaultName, detail: string): void {
    if (this.open) this.#end('fault', detail, { by, asReplaced: true });
  }

  /** MQTT knows no parts of a connection. */
  kill(what: KillTarget, by: FaultName, detail: string): void {
    if (!this.open) return;
    this.#end('fault', detail, { by, asReplaced: false }, what === 'tcp');
  }

  #read(bytes: Buffer): void {
    if (this.#state === 'over') return;
    this.#lifetime.lastSeen = this.#tools.clock.now();
    if (this.#state === 'connected') this.#tools.connections.touch(this.device);
    const problem = this.#packets.read(bytes);
    if (problem !== undefined) this.#refuse(problem);
    else if (this.#packets.coming > this.#limit) {
      this.#refuse(`a packet of ${this.#packets.coming} bytes; at most ${this.#limit} are allowed here`);
    }
  }

  get #limit(): number {
    return this.#greeting ? greetingLimit : packetLimit;
  }

  #unreadable(error: Error): void {
    // [MQTT 3.1.1, 3.1.2-2] Another protocol level is answered before the socket closes; the parser only says so in words.
    if (this.#state === 'greeting' && error.message === 'Invalid protocol version') this.#write(connack(false, 1));
    this.#refuse(`unreadable packet: ${error.message}`);
  }

  #take(packet: Packet): void {
    if (this.#state === 'over') return;
    if (this.#state === 'greeting') {
      if (packet.cmd === 'connect') this.#greet(packet);
      else this.#refuse(`the first packet was ${packet.cmd}, not connect`);
      return;
    }
    switch (packet.cmd) {
      case 'publish':
        this.#takePublish(packet);
        break;
      case 'pingreq':
        this.#write(pong);
        break;
      case 'subscribe':
        this.#takeSubscribe(packet);
        break;
      case 'unsubscribe':
        for (const filter of packet.unsubscriptions) this.#session.subscriptions.remove(filter, this.device);
        this.#write(generate({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [] }));
        break;
      case 'puback':
        this.#downstream?.acknowledged(packet.messageId ?? 0);
        break;
      case 'disconnect':
        this.#end('client');
        break;
      default:
        this.#refuse(packet.cmd === 'connect' ? 'a second connect' : `${packet.cmd} is not for a device to send`);
    }
  }

  #greet(packet: IConnectPacket): void {
    const tools = this.#tools;
    const certificate = this.#certificate;
    this.#certificate = undefined;
    const admitted = admit(packet, certificate, this.protocol, tools);
    if ('code' in admitted) this.#deny(admitted);
    else this.#letIn(admitted, packet.clean !== false);
  }

  #deny({ code, detail, device, hint: text, faults }: Denied): void {
    const { emit } = this.#tools;
    const at = this.#lifetime.lastSeen;
    if (device === undefined) this.#reportRefused(`CONNECT refused (${code}): ${detail}`);
    else {
      const struck = faults === undefined ? undefined : { faults };
      emit({ type: 'device.refused', at, device, protocol: this.protocol, code, detail, ...struck });
    }
    if (text !== undefined) emit({ type: 'hint.given', at, ...(device === undefined ? undefined : { device }), text });
    this.#write(connack(false, code));
    this.#over();
  }

  #letIn({ device, generation, expiresAt, silence, will, client, modelId, hints }: Admitted, clean: boolean): void {
    const tools = this.#tools;
    if (this.#greeting) tools.greetings.end(this.#greeting);
    this.#greeting = undefined;
    const { session, present } = tools.sessions.open(device, generation, clean);
    this.device = device;
    this.#session = session;
    this.#will = will;
    this.#state = 'connected';
    this.#write(connack(present, 0));
    tools.connections.opened(this, client, modelId);
    for (const text of hints) this.#hint(text);
    this.#lifetime.begin(silence, expiresAt + tools.tokenGrace);
    if (this.listensForMethods) tools.connections.ready(this);
    // Those that wait in the queue of an earlier session's subscription.
    this.messageWaiting();
  }

  #takeSubscribe({ subscriptions, messageId }: ISubscribePacket): void {
    const listened = this.listensForMethods;
    const { granted, refused } = this.#session.subscriptions.addAll(subscriptions, this.device);
    if (refused.length > 0) {
      const filters = refused.map((filter) => filter.slice(0, 120)).join(', ');
      this.#hint(`Refused to subscribe to ${filters}: not a topic filter the service has, or past the fifth.`);
    }
    this.#write(generate({ cmd: 'suback', messageId: messageId ?? 0, granted }));
    if (!listened && this.listensForMethods) this.#tools.connections.ready(this);
    this.messageWaiting();
  }

  #takePublish(packet: IPublishPacket): void {
    const { topic, qos } = packet;
    const said = qos === 2 ? undefined : readTopic(topic, this.device);
    if (qos === 2) this.#refuse('published with QoS 2, which the service does not have');
    else if (said === undefined) {
      this.#hint(topicAdvice(topic, this.device));
      this.#refuse(`published to '${topic.slice(0, 200)}', which is no topic of the service`);
    } else {
      const heard: Heard = { said, payload: packet.payload as Buffer, retain: packet.retain }; // payloads are parsed as bytes
      const refused = hear(this, heard, this.#session.subscriptions, this.#tools, this.#say);
      if (refused !== undefined) this.#refuse(refused);
      if (qos === 1) this.#write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }));
    }
  }

  #hint(text: string): void {
    hint(this.device, text, this.#tools);
  }

  /** Method requests and twin traffic go with QoS 0, as the service sends them (reference 2.7). */
  #publish(topic: string, payload: Buffer | string): void {
    this.#write(publishPacket(topic, payload));
  }

  #write(bytes: Buffer): void {
    if (this.#state === 'over') return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > unreadLimit) this.#refuse(`${this.#socket.writableLength} bytes wait to be read`);
  }

  #gone(detail?: string): void {
    if (this.#state === 'over') return;
    const half = this.#packets.half > 0 ? `the socket ended ${this.#packets.half} bytes into a packet` : undefined;
    const why = detail ?? half;
    if (this.#state === 'greeting') this.#reportRefused(why ?? 'the socket ended before a CONNECT');
    else if (half !== undefined) this.#reportRefused(half);
    this.#end('lost', why);
  }

  /** Ends the connection for something that must not be: the fact tells what. */
  #refuse(detail: string): void {
    if (this.#state === 'over') return;
    this.#reportRefused(detail);
    this.#end('protocol-error', detail);
  }

  #reportRefused(detail: string): void {
    const { clock, emit } = this.#tools;
    const device = this.#state === 'connected' ? { device: this.device } : undefined;
    emit({ type: 'input.refused', at: clock.now(), door: 'mqtt', peer: this.#peer, detail, ...device });
  }

  #end(reason: CloseReason, detail?: string, struck?: Struck, reset = false): void {
    if (this.#state === 'over') return;
    const connected = this.#state === 'connected';
    this.#over(reset);
    if (!connected) return;
    this.#downstream?.end();
    // [MQTT 3.1.1, 3.1.2-8] A will speaks for a device that went without saying so; not for one that was taken off the hub.
    if (this.#will && !silentReasons.has(reason)) speakWill(this.device, this.#will, this.#tools);
    this.#tools.connections.closed(this, reason, detail, struck);
  }

  #over(reset = false): void {
    const greeting = this.#state === 'greeting';
    this.#state = 'over';
    if (this.#greeting) this.#tools.greetings.end(this.#greeting);
    this.#greeting = undefined;
    this.#lifetime.stop();
    this.#tools.open.delete(this);
    // A CONNACK that refuses is meant to be read; a peer that stopped reading is not waited for.
    if (greeting) endSoon(this.#socket);
    else if (reset) resetStream({ stream: this.#socket, tcp: this.#tcp });
    else this.#socket.destroy();
  }
}

const silentReasons: ReadonlySet<CloseReason> = new Set(['client', 'shutdown', 'deleted', 'disabled']);
const noSession = new Session('');
const connack = (sessionPresent: boolean, returnCode: number): Buffer =>
  generate({ cmd: 'connack', sessionPresent, returnCode });

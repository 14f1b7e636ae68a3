// One AMQP connection: whose links are on it, by which proof, and until when. A bad device loses its links; the connection ends only by what is
// wrong with the connection itself.
import type { Wait } from '../../../clock/waits.ts';
import type { CloseReason } from '../../../vocabulary/facts.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import { notFound } from '../../registry/not-found.ts';
import type { Arrival } from '../arrival.ts';
import { type Address, parseAddress, type ServiceNode } from './addresses.ts';
import { Alarm } from './alarm.ts';
import { AmqpDevice } from './amqp-device.ts';
import type { DoorTools } from './door-tools.ts';
import { BadBytes } from './encoding.ts';
import { endOfMessage, idleTimeOut, plainFormat, serveEngine } from './engine.ts';
import { conditionOf, errorOf, outcomes } from './errors.ts';
import { writeFrame } from './frames.ts';
import { Leaves } from './leaves.ts';
import type { Leave, LinkHandler } from './link-handler.ts';
import {
  described,
  type Engine,
  type EngineLink,
  type EngineReceiver,
  type EngineSender,
  type EngineSession,
  type InDelivery,
  type Typed,
  types,
} from './rhea-parts.ts';
import { type Proof, prove } from './sasl.ts';
import { feedbackLink, sendLink, serviceNodes, silentLink } from './service-links.ts';
import { TokenLinks } from './token-links.ts';
import { Wire } from './wire.ts';

/** Messages a peer may send on a link before it hears of the first. */
const creditWindow = 200;

/** Twice what is announced, as the library has it: a client may send its heartbeats a little late. */
const longestSilence = idleTimeOut * 2;

interface MessageContext {
  readonly receiver: EngineReceiver;
  readonly message: Buffer;
  readonly delivery: InDelivery;
  readonly format?: number;
}

export class AmqpPeer {
  readonly #arrival: Arrival;
  readonly #tools: DoorTools;
  readonly #wire: Wire;
  readonly #leaves: Leaves;
  readonly #tokenLinks: TokenLinks;
  readonly #alarm: Alarm;
  readonly #handlers = new Map<EngineLink, LinkHandler>();
  readonly #devices = new Map<DeviceId, AmqpDevice>();
  /** Links of services, and what lets them be. */
  readonly #services = new Map<EngineLink, { readonly node: ServiceNode; leave: Leave }>();
  readonly #gone: () => void;
  #engine: Engine | undefined;
  #greeting: Wait | undefined;
  #opened = false;
  #over = false;
  #heardAt: Instant;
  #idle: number | undefined;
  #writtenBefore = 0;

  /** @param gone told once, when the connection is over. */
  constructor(arrival: Arrival, tools: DoorTools, gone: (peer: AmqpPeer) => void) {
    this.#arrival = arrival;
    this.#tools = tools;
    this.#gone = () => gone(this);
    this.#heardAt = tools.clock.now();
    this.#alarm = new Alarm(tools.clock, () => this.#lookAfter());
    this.#leaves = new Leaves(arrival.certificate, tools);
    this.#tokenLinks = new TokenLinks({
      access: tools.access,
      leaves: this.#leaves,
      changed: () => this.#alarm.set(this.#leaves.tokens.nextEnd),
      unreadable: (error) => this.#unreadable(error),
    });
    this.#greeting = tools.greetings.begin(() => this.#refuse('no open within 30 s'));
    this.#wire = new Wire(arrival.stream, {
      begin: (proof) => this.#begin(proof),
      prove: (init) => prove(init, arrival.certificate, tools),
      heard: () => {
        this.#heardAt = tools.clock.now();
      },
      refused: (detail) => this.#refused(detail),
      gone: (detail) => this.#end('lost', detail),
    });
  }

  /** The hub is stopping. */
  stop(): void {
    if (this.#over) return;
    const refusal = refuse('ServiceUnavailable', 'The hub is stopping.');
    if (this.#opened) this.#wire.write(closeFrame('amqp:connection:forced', errorOf(refusal, this.#now())));
    this.#end('shutdown');
    this.#wire.end();
  }

  #begin(proof: Proof | undefined): void {
    const { hostName } = this.#tools;
    if (proof) this.#leaves.proof = proof;
    const engine = serveEngine(this.#wire, hostName, {
      opened: (idle) => this.#open(idle),
      stolen: (link) => {
        const handler = this.#handlers.get(link);
        if (handler === undefined) return;
        this.#forget(link);
        handler.end('replaced');
        this.#detach(link, errorOf(refuse('LinkCreationConflict', 'The link was attached again.'), this.#now()));
      },
    });
    this.#engine = engine;
    const failed = (error: Error) => this.#refused(error.message);
    engine.on('error', failed);
    engine.on('protocol_error', failed);
    for (const name of ['connection_error', 'session_error', 'sender_error', 'receiver_error', 'disconnected']) {
      engine.on(name, () => {});
    }
    engine.on('connection_close', () => this.#end('client'));
    engine.on('session_close', ({ session }: { session: EngineSession }) => this.#endSession(session));
    engine.on('sender_open', ({ sender }: { sender: EngineSender }) => this.#attach(sender, sender.source?.address));
    engine.on('receiver_open', ({ receiver }: { receiver: EngineReceiver }) =>
      this.#attach(receiver, receiver.target?.address),
    );
    engine.on('sender_close', ({ sender }: { sender: EngineSender }) => this.#closed(sender));
    engine.on('receiver_close', ({ receiver }: { receiver: EngineReceiver }) => this.#closed(receiver));
    engine.on('sender_flow', ({ sender }: { sender: EngineSender }) => this.#handlers.get(sender)?.flow?.());
    // A peer that drains wants what there is and then its credit back.
    engine.on('sender_draining', ({ sender }: { sender: EngineSender }) => sender.set_drained(true));
    engine.on('message', (context: MessageContext) => this.#take(context));
  }

  #open(idle: number | undefined): void {
    if (this.#greeting) this.#tools.greetings.end(this.#greeting);
    this.#greeting = undefined;
    this.#opened = true;
    this.#idle = idle === undefined ? undefined : Math.max(idle, 100);
    this.#setAlarm();
  }

  // Links ------------------------------------------------------------------------------------------------------------------------------------

  #attach(link: EngineLink, given: unknown): void {
    const text = typeof given === 'string' ? given : '';
    const address = parseAddress(text, (id) => this.#tools.find(id) !== undefined);
    const refusal = address === undefined ? noSuchAddress(text) : this.#admit(link, address);
    if (refusal !== undefined) {
      const device = address?.kind === 'device' ? address.identity : undefined;
      this.#refuseLink(link, refusal, device);
      return;
    }
    const { attach } = link.local;
    if (link.is_sender()) {
      attach.snd_settle_mode = link.snd_settle_mode ?? 2;
      attach.rcv_settle_mode = link.rcv_settle_mode ?? 0;
    } else {
      attach.snd_settle_mode = link.snd_settle_mode ?? 2;
      attach.rcv_settle_mode = 0;
      (link as EngineReceiver).add_credit(creditWindow);
    }
    // Both ends are repeated: the address is what the client looks at.
    link.set_source({ address: addressOf(link.source) as string });
    link.set_target({ address: addressOf(link.target) as string });
  }

  /** Gives the link its handler, or says why not. */
  #admit(link: EngineLink, address: Address): Refusal | undefined {
    if (address.kind === 'cbs') {
      const handler = this.#tokenLinks.attach(link);
      if (handler instanceof Refusal) return handler;
      this.#handlers.set(link, handler);
      return undefined;
    }
    if (address.kind === 'event-hub') {
      const text = 'This hub has no Event Hubs endpoint; read telemetry in its journal.';
      return refuse('FeatureNotSupported', text);
    }
    return address.kind === 'service' ? this.#admitService(link, address.node) : this.#admitDevice(link, address);
  }

  #admitService(link: EngineLink, node: ServiceNode): Refusal | undefined {
    if ((node === 'send') === link.is_sender()) {
      return refuse('InvalidOperation', `/${serviceNodes[node].path} is a link for the other direction.`);
    }
    const leave = this.#leaves.ofService(node);
    if (leave instanceof Refusal) return leave;
    const handler =
      node === 'send'
        ? sendLink(this.#tools)
        : node === 'feedback'
          ? feedbackLink(link as EngineSender, this.#tools)
          : silentLink;
    this.#services.set(link, { node, leave });
    this.#handlers.set(link, handler);
    return undefined;
  }

  #admitDevice(link: EngineLink, { node, identity: id }: Address & { kind: 'device' }): Refusal | undefined {
    const identity = this.#tools.find(id);
    if (identity === undefined) return notFound(id, this.#tools.find);
    const sending = link.is_sender();
    if ((node === 'messages' && !sending) || (node === 'events' && sending && identity.moduleId === undefined)) {
      return refuse('InvalidOperation', `'${node}' of '${id}' is a link for the other direction.`);
    }
    const leave = this.#leaves.of(identity);
    if (leave instanceof Refusal) return leave;
    const device = this.#devices.get(id) ?? this.#connect(id, leave, link);
    if (device instanceof Refusal) return device;
    device.leave = leave;
    this.#alarm.set(leave.until);
    // The handler first: attaching may make calls go out on the link at once.
    const handler = sending
      ? device.attachSender(node, link as EngineSender)
      : device.attachReceiver(node, link as EngineReceiver);
    this.#handlers.set(link, handler);
    return undefined;
  }

  #connect(id: DeviceId, leave: Leave, link: EngineLink): AmqpDevice | Refusal {
    const { throttling, connections } = this.#tools;
    const throttled = throttling?.take('connections', 1, id);
    if (throttled !== undefined) return throttled;
    const device: AmqpDevice = new AmqpDevice({
      device: id,
      protocol: this.#arrival.websocket ? 'amqp-ws' : 'amqp',
      tls: this.#arrival.tls,
      leave,
      tools: this.#tools,
      detach: (other, error) => {
        this.#forget(other);
        this.#detach(other, error);
      },
      over: () => {
        if (this.#devices.get(id) === device) this.#devices.delete(id);
      },
    });
    this.#devices.set(id, device);
    connections.opened(device, wordOf(link, 'com.microsoft:client-version'), wordOf(link, 'com.microsoft:model-id'));
    return device;
  }

  #refuseLink(link: EngineLink, refusal: Refusal, device: DeviceId | undefined): void {
    const { emit } = this.#tools;
    const detail = `${refusal.number}: ${refusal.message}`;
    const at = this.#now();
    if (device === undefined) {
      emit({ type: 'input.refused', at, door: 'amqp', peer: this.#arrival.peer, detail });
    } else {
      const protocol = this.#arrival.websocket ? 'amqp-ws' : 'amqp';
      emit({ type: 'device.refused', at, device, protocol, code: conditionOf(refusal), detail });
    }
    this.#detach(link, errorOf(refusal, at));
  }

  #closed(link: EngineLink): void {
    const handler = this.#handlers.get(link);
    this.#forget(link);
    handler?.end('client');
  }

  #endSession(session: EngineSession): void {
    for (const link of [...this.#handlers.keys()]) if (link.session === session) this.#closed(link);
  }

  #forget(link: EngineLink): void {
    this.#handlers.delete(link);
    this.#services.delete(link);
  }

  #detach(link: EngineLink, error: Typed): void {
    link.local.detach.value[2] = error;
    link.close();
  }

  // Messages ---------------------------------------------------------------------------------------------------------------------------------

  #take({ receiver, message, delivery, format }: MessageContext): void {
    const how = endOfMessage(receiver);
    const take = this.#handlers.get(receiver)?.take;
    const outcome =
      take === undefined || how === 'aborted'
        ? outcomes.released
        : how === 'too large'
          ? outcomes.rejected(refuse('MessageTooLarge', 'The message is larger than 1 MB.'), this.#now())
          : this.#outcomeOf(() => take(message, format === plainFormat ? undefined : format));
    // Settled by the hub whatever the modes are: clients wait for it, and the library's room for unsettled ones is small.
    delivery.update(true, outcome);
    if (receiver.credit <= creditWindow / 2) receiver.add_credit(creditWindow - receiver.credit);
  }

  #outcomeOf(take: () => Typed): Typed {
    try {
      return take();
    } catch (error) {
      this.#unreadable(error);
      const text = error instanceof Error ? error.message : String(error);
      const name = error instanceof BadBytes ? 'DeserializationError' : 'ServerError';
      return outcomes.rejected(refuse(name, text), this.#now());
    }
  }

  #unreadable(error: unknown): void {
    const detail = `unreadable message: ${error instanceof Error ? error.message : String(error)}`;
    this.#tools.emit({ type: 'input.refused', at: this.#now(), door: 'amqp', peer: this.#arrival.peer, detail });
  }

  // Time -------------------------------------------------------------------------------------------------------------------------------------

  #setAlarm(): void {
    this.#alarm.set(this.#heardAt + longestSilence);
    if (this.#idle !== undefined) this.#alarm.set(this.#now() + this.#idle / 2);
    this.#alarm.set(this.#leaves.end);
    this.#alarm.set(this.#leaves.tokens.nextEnd);
    for (const { leave } of this.#devices.values()) this.#alarm.set(leave.until);
  }

  #lookAfter(): void {
    const now = this.#now();
    if (now >= this.#heardAt + longestSilence) {
      this.#end('keep-alive', `silent for ${longestSilence / 1_000} s`);
      this.#wire.end();
      return;
    }
    if (now >= this.#leaves.end) {
      const refusal = refuse('IotHubUnauthorized', 'Unauthorized: the token that opened this connection expired.');
      this.#wire.write(closeFrame(conditionOf(refusal), errorOf(refusal, now)));
      this.#end('token-expired');
      this.#wire.end();
      return;
    }
    // A heartbeat, if nothing else was said since the last look.
    if (this.#idle !== undefined && this.#wire.written === this.#writtenBefore) this.#engine?._write_frame();
    this.#writtenBefore = this.#wire.written;
    for (const device of [...this.#devices.values()]) this.#renewDevice(device, now);
    for (const [link, service] of [...this.#services]) this.#renewService(link, service, now);
    this.#leaves.tokens.sweep(now);
    this.#setAlarm();
  }

  /** A token put under another name may go on where the first ended. */
  #renewDevice(device: AmqpDevice, now: Instant): void {
    if (device.leave.until > now) return;
    const identity = this.#tools.find(device.device);
    const leave = identity === undefined ? undefined : this.#leaves.of(identity);
    if (leave === undefined || leave instanceof Refusal || leave.until <= now) device.close('token-expired');
    else device.leave = leave;
  }

  #renewService(link: EngineLink, service: { readonly node: ServiceNode; leave: Leave }, now: Instant): void {
    if (service.leave.until > now) return;
    const leave = this.#leaves.ofService(service.node);
    if (!(leave instanceof Refusal)) {
      service.leave = leave;
      return;
    }
    const handler = this.#handlers.get(link);
    this.#forget(link);
    handler?.end('token-expired');
    this.#detach(link, errorOf(refuse('IotHubUnauthorized', 'Unauthorized: the token expired.'), now));
  }

  // The end ----------------------------------------------------------------------------------------------------------------------------------

  #refuse(detail: string): void {
    this.#refused(detail);
    this.#wire.end();
  }

  /** Reports what the peer did, and says it to the peer if it can still listen; the wire ends by whoever found it. */
  #refused(detail: string): void {
    if (this.#over) return;
    const at = this.#now();
    this.#tools.emit({ type: 'input.refused', at, door: 'amqp', peer: this.#arrival.peer, detail });
    const refusal = refuse('DeserializationError', detail);
    if (this.#opened) this.#wire.write(closeFrame('amqp:decode-error', errorOf(refusal, at)));
    this.#end('protocol-error', detail);
  }

  #end(reason: CloseReason, detail?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#alarm.stop();
    if (this.#greeting) this.#tools.greetings.end(this.#greeting);
    for (const device of [...this.#devices.values()]) device.lost(reason, detail);
    for (const link of [...this.#services.keys()]) this.#handlers.get(link)?.end(reason, detail);
    this.#handlers.clear();
    this.#services.clear();
    this.#gone();
  }

  #now(): Instant {
    return this.#tools.clock.now();
  }
}

const noSuchAddress = (text: string): Refusal =>
  refuse('AmqpAddressNotFound', `The hub has no address '${text.slice(0, 300)}'.`);

const addressOf = (terminus: { readonly address?: unknown } | null | undefined): unknown => {
  const address = terminus?.address;
  return typeof address === 'string' ? address : undefined;
};

function wordOf({ properties }: EngineLink, name: string): string | undefined {
  const word: unknown = properties === null || typeof properties !== 'object' ? undefined : properties[name];
  return typeof word === 'string' && word !== '' ? word.slice(0, 256) : undefined;
}

/** A close with an error whose condition is another than its refusal's. */
function closeFrame(condition: string, error: Typed): Buffer {
  const [, description, info] = error.value as [Typed, Typed, Typed];
  return writeFrame(0, described(0x18, [described(0x1d, [types.wrap_symbol(condition), description, info])]));
}

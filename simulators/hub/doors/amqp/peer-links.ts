// The links on one AMQP connection: which is whose, what they may, and what comes in on them. One that is bad is refused or ended by itself.
import type { CloseReason } from '../../../vocabulary/facts.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { Struck } from '../../connections/connections.ts';
import { notFound } from '../../registry/not-found.ts';
import type { Arrival } from '../arrival.ts';
import { type Address, addressOf, parseAddress, type ServiceNode } from './addresses.ts';
import { AmqpDevice } from './amqp-device.ts';
import { type CutConnection, type CutTools, cut } from './cutting.ts';
import type { DoorTools } from './door-tools.ts';
import { conditionOf, errorOf, FaultRefusal } from './errors.ts';
import { creditWindow, Incoming, type MessageContext } from './incoming.ts';
import type { Leaves } from './leaves.ts';
import type { Leave, LinkHandler } from './link-handler.ts';
import type { EngineLink, EngineReceiver, EngineSender, EngineSession, Typed } from './rhea-parts.ts';
import { feedbackLink, sendLink, serviceNodes, silentLink } from './service-links.ts';
import { TokenLinks } from './token-links.ts';
import { TurnedAway } from './turned-away.ts';

export interface PeerLinksOptions {
  readonly arrival: Arrival;
  readonly tools: DoorTools;
  readonly leaves: Leaves;
  /** Somebody's leave ends at this moment. */
  readonly setAlarm: (at: Instant) => void;
  readonly cutConnection: CutConnection;
}

export class PeerLinks {
  readonly #arrival: Arrival;
  readonly #tools: DoorTools;
  readonly #leaves: Leaves;
  readonly #setAlarm: (at: Instant) => void;
  readonly #cutTools: CutTools;
  readonly #tokenLinks: TokenLinks;
  readonly #turnedAway: TurnedAway;
  readonly #incoming: Incoming;
  readonly #handlers = new Map<EngineLink, LinkHandler>();
  readonly #devices = new Map<DeviceId, AmqpDevice>();
  /** Links of services, and what lets them be. */
  readonly #services = new Map<EngineLink, { readonly node: ServiceNode; leave: Leave }>();
  #over = false;

  constructor({ arrival, tools, leaves, setAlarm, cutConnection }: PeerLinksOptions) {
    this.#arrival = arrival;
    this.#tools = tools;
    this.#leaves = leaves;
    this.#setAlarm = setAlarm;
    this.#cutTools = {
      ...{ clock: tools.clock, emit: tools.emit, cutConnection },
      handlers: this.#handlers,
      forget: (link) => this.#forget(link),
      detach: (link, error) => this.#detach(link, error),
    };
    this.#turnedAway = new TurnedAway(tools.faults, arrival.websocket ? 'amqp-ws' : 'amqp');
    this.#incoming = new Incoming({
      handlerOf: (link) => (this.#over ? undefined : this.#handlers.get(link)),
      unreadable: (error) => this.#unreadable(error),
      now: () => this.#now(),
    });
    this.#tokenLinks = new TokenLinks({
      access: tools.access,
      leaves,
      changed: () => setAlarm(leaves.tokens.nextEnd),
      refused: (refusal, device) => this.#tellRefused(refusal, device),
      unreadable: (error) => this.#unreadable(error),
    });
  }

  /** A link whose peer's half came in. */
  attach(link: EngineLink): void {
    if (this.#over) return;
    const text = addressOf(link.is_sender() ? link.source : link.target) ?? '';
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
    const known = this.#devices.get(id);
    const turned = known === undefined ? this.#turnedAway.refuse(id, link) : undefined;
    if (turned !== undefined) return turned;
    const device = known ?? this.#connect(id, leave, link);
    if (device instanceof Refusal) return device;
    device.leave = leave;
    this.#setAlarm(leave.until);
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
      cut: (what, struck, detail) => cut({ device, what, struck, detail }, this.#cutTools),
      over: () => {
        if (this.#devices.get(id) === device) this.#devices.delete(id);
      },
    });
    this.#devices.set(id, device);
    connections.opened(device, wordOf(link, 'com.microsoft:client-version'), wordOf(link, 'com.microsoft:model-id'));
    return device;
  }

  #refuseLink(link: EngineLink, refusal: Refusal, device: DeviceId | undefined): void {
    this.#tellRefused(refusal, device);
    this.#detach(link, errorOf(refusal, this.#now()));
  }

  #tellRefused(refusal: Refusal, device: DeviceId | undefined): void {
    const { emit } = this.#tools;
    const detail = `${refusal.number}: ${refusal.message}`;
    const at = this.#now();
    if (device === undefined) {
      emit({ type: 'input.refused', at, door: 'amqp', peer: this.#arrival.peer, detail });
    } else {
      const protocol = this.#arrival.websocket ? 'amqp-ws' : 'amqp';
      const fault = refusal instanceof FaultRefusal ? refusal : undefined;
      if (fault?.told) return;
      if (fault !== undefined) fault.told = true;
      const struck = fault && { faults: [fault.by] };
      emit({ type: 'device.refused', at, device, protocol, code: conditionOf(refusal), detail, ...struck });
    }
  }

  /** Its peer detached it. */
  closed(link: EngineLink): void {
    this.#turnedAway.closed(link);
    const handler = this.#handlers.get(link);
    this.#forget(link);
    handler?.end('client');
  }

  endSession(session: EngineSession): void {
    for (const link of [...this.#handlers.keys()]) if (link.session === session) this.closed(link);
    this.#turnedAway.ended(session);
  }

  flow(link: EngineLink): void {
    this.#handlers.get(link)?.flow?.();
  }

  /** The same link was attached again in its session. */
  stolen(link: EngineLink): void {
    this.#dismiss(link, 'replaced', refuse('LinkCreationConflict', 'The link was attached again.'));
  }

  /** When the first of those who speak here must have a new leave. */
  get nextEnd(): Instant {
    let next = this.#leaves.tokens.nextEnd;
    for (const { leave } of this.#devices.values()) next = Math.min(next, leave.until);
    return next;
  }

  /** Ends the links of those whose leave is over. */
  renew(now: Instant): void {
    for (const device of [...this.#devices.values()]) this.#renewDevice(device, now);
    for (const [link, service] of [...this.#services]) this.#renewService(link, service, now);
    this.#leaves.tokens.sweep(now);
  }

  /** The connection is over. */
  end(reason: CloseReason, detail?: string, struck?: Struck): void {
    this.#over = true;
    for (const device of [...this.#devices.values()]) device.lost(reason, detail, struck);
    for (const link of [...this.#services.keys()]) this.#handlers.get(link)?.end(reason, detail);
    this.#handlers.clear();
    this.#services.clear();
  }

  #dismiss(link: EngineLink, reason: CloseReason, refusal: Refusal): void {
    const handler = this.#handlers.get(link);
    if (handler === undefined) return;
    this.#forget(link);
    handler.end(reason);
    this.#detach(link, errorOf(refusal, this.#now()));
  }

  #forget(link: EngineLink): void {
    this.#handlers.delete(link);
    this.#services.delete(link);
  }

  #detach(link: EngineLink, error: Typed): void {
    link.local.detach.value[2] = error;
    link.close();
  }

  take(context: MessageContext): void {
    this.#incoming.take(context);
  }

  #unreadable(error: unknown): void {
    const detail = `unreadable message: ${error instanceof Error ? error.message : String(error)}`;
    this.#tools.emit({ type: 'input.refused', at: this.#now(), door: 'amqp', peer: this.#arrival.peer, detail });
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
    this.#dismiss(link, 'token-expired', refuse('IotHubUnauthorized', 'Unauthorized: the token expired.'));
  }

  #now(): Instant {
    return this.#tools.clock.now();
  }
}

const noSuchAddress = (text: string): Refusal =>
  refuse('AmqpAddressNotFound', `The hub has no address '${text.slice(0, 300)}'.`);

function wordOf({ properties }: EngineLink, name: string): string | undefined {
  const word: unknown = properties === null || typeof properties !== 'object' ? undefined : properties[name];
  return typeof word === 'string' && word !== '' ? word.slice(0, 256) : undefined;
}

// One device or module on one AMQP connection, by all its links there: to the rest of the hub it is a connection of its own, open from its first
// link to its last. Other devices on the same connection know nothing of it.
import type { CloseReason } from '../../../vocabulary/facts.ts';
import type { KillTarget } from '../../../vocabulary/fault-specs.ts';
import type { DeviceId, FaultName, RequestId } from '../../../vocabulary/ids.ts';
import { type Refusal, refuse, type ServiceErrorName } from '../../../vocabulary/service-errors.ts';
import type { DeviceConnection, Struck } from '../../connections/connections.ts';
import type { Delivery } from '../../messages/messages.ts';
import type { DeviceNode } from './addresses.ts';
import type { DoorTools } from './door-tools.ts';
import { errorOf, guarded, outcomes } from './errors.ts';
import { Feed } from './feed.ts';
import type { Detach, Leave, LinkHandler } from './link-handler.ts';
import { encodeDelivery, readMessages, tagOf } from './message-shape.ts';
import { encodeMethod, readAnswer } from './method-messages.ts';
import { Outbox } from './outbox.ts';
import type { EngineLink, EngineReceiver, EngineSender, EngineSession, Typed } from './rhea-parts.ts';
import { encodeDesired, hearTwin } from './twin-messages.ts';

export interface DeviceOptions {
  readonly device: DeviceId;
  readonly protocol: 'amqp' | 'amqp-ws';
  readonly tls: boolean;
  readonly leave: Leave;
  readonly tools: DoorTools;
  readonly detach: Detach;
  /** Cuts what is not the device's alone, or one of its links. */
  readonly cut: (what: KillTarget, struck: Struck, detail: string) => void;
  /** Its last link is gone. */
  readonly over: () => void;
}

interface Attached {
  readonly node: DeviceNode;
  readonly link: EngineLink;
  readonly feed?: Feed<Delivery>;
  readonly outbox?: Outbox;
}

export class AmqpDevice implements DeviceConnection {
  readonly device: DeviceId;
  readonly protocol: 'amqp' | 'amqp-ws';
  readonly tls: boolean;
  leave: Leave;
  readonly #options: DeviceOptions;
  readonly #links = new Map<EngineLink, Attached>();
  /** Our halves of the two pairs. */
  #methods: Outbox | undefined;
  #twin: Outbox | undefined;
  #answers: EngineLink | undefined;
  #desired = false;
  #over = false;

  constructor(options: DeviceOptions) {
    this.device = options.device;
    this.protocol = options.protocol;
    this.tls = options.tls;
    this.leave = options.leave;
    this.#options = options;
  }

  get open(): boolean {
    return !this.#over;
  }

  get sessions(): ReadonlySet<EngineSession> {
    return new Set([...this.#links.keys()].map(({ session }) => session));
  }

  /** Its links that are this part of the connection. */
  linksOf(what: KillTarget): readonly EngineLink[] {
    const part = parts[what];
    if (part === undefined) return [];
    const fits = ({ node, link }: Attached) => link.is_sender() === part.outgoing && part.nodes.includes(node);
    return [...this.#links.values()].filter(fits).map(({ link }) => link);
  }

  get listensForMethods(): boolean {
    return this.#methods !== undefined && this.#answers !== undefined;
  }

  get listensForDesired(): boolean {
    return this.#desired && this.#twin !== undefined;
  }

  get listensForMessages(): boolean {
    for (const { feed } of this.#links.values()) if (feed) return true;
    return false;
  }

  sendMethod(method: string, rid: RequestId, payload: Buffer): void {
    const dropped = this.#methods?.send(encodeMethod(method, this.#options.tools.requests.guidOf(rid), payload));
    if (dropped) this.#hint('A method request was let go: the device gives no credit on its methods link.');
  }

  sendDesired(patch: string, version: number): boolean {
    if (this.#twin === undefined || !this.#desired) return false;
    this.#twin.send(encodeDesired(patch, version));
    return true;
  }

  messageWaiting(): void {
    for (const { feed } of [...this.#links.values()]) feed?.pump();
  }

  close(reason: CloseReason, detail?: string, struck?: Struck): void {
    if (this.#over) return;
    const links = [...this.#links.keys()];
    this.#end(reason, detail, struck);
    const seen = struck?.asReplaced === true ? 'replaced' : reason;
    for (const link of links) this.#options.detach(link, errorOf(farewell(this.device, seen), this.#now()));
  }

  kick(by: FaultName, detail: string): void {
    this.close('fault', detail, { by, asReplaced: true });
  }

  kill(what: KillTarget, by: FaultName, detail: string): void {
    if (!this.#over) this.#options.cut(what, { by, asReplaced: false }, detail);
  }

  /** Everything of it is gone with the connection. */
  lost(reason: CloseReason, detail?: string, struck?: Struck): void {
    this.#end(reason, detail, struck);
  }

  /** A link whose peer receives. */
  attachSender(node: DeviceNode, link: EngineSender): LinkHandler {
    if (node === 'methods' || node === 'twin') return this.#attachOutbox(node, link);
    const { messages, clock } = this.#options.tools;
    const { device } = this;
    const feed = new Feed<Delivery>(
      link,
      {
        next: () => messages.receive(device),
        encode: encodeDelivery,
        tag: tagOf,
        settle: (delivery, outcome) => guardedRefusal(() => messages[settlings[outcome]](device, delivery.lockToken)),
        release: ({ lockToken }) => messages.release(device, lockToken),
        late: (refusal) => this.#hint(`A message was settled too late: ${refusal.message}`),
      },
      () => clock.now(),
    );
    this.#links.set(link, { node, link, feed });
    return {
      flow: () => feed.pump(),
      end: (...how) => this.#drop(link, ...how),
    };
  }

  #attachOutbox(node: 'methods' | 'twin', link: EngineSender): LinkHandler {
    const outbox = new Outbox(link);
    this.#supersede((other) => other.node === node && other.outbox !== undefined);
    this.#links.set(link, { node, link, outbox });
    if (node === 'twin') this.#twin = outbox;
    else {
      this.#methods = outbox;
      this.#ready();
    }
    return {
      flow: () => outbox.flush(),
      end: (...how) => this.#drop(link, ...how),
    };
  }

  /** A link whose peer sends. */
  attachReceiver(node: DeviceNode, link: EngineReceiver): LinkHandler {
    if (node === 'methods') this.#supersede((other) => other.link === this.#answers);
    this.#links.set(link, { node, link });
    if (node === 'methods') {
      this.#answers = link;
      this.#ready();
    }
    const take = (bytes: Buffer, format: number | undefined): Typed => {
      this.#options.tools.connections.touch(this.device);
      if (node === 'events') return this.#takeTelemetry(bytes, format);
      if (node === 'twin') this.#takeTwin(bytes);
      else this.#takeAnswer(bytes);
      return outcomes.accepted;
    };
    return { take, end: (...how) => this.#drop(link, ...how) };
  }

  #takeTelemetry(bytes: Buffer, format: number | undefined): Typed {
    const { messages } = this.#options.tools;
    for (const message of readMessages(bytes, format)) {
      const refusal = guardedRefusal(() => messages.received(this.device, message));
      if (refusal !== undefined) return outcomes.rejected(refusal, this.#now());
    }
    return outcomes.accepted;
  }

  #takeTwin(bytes: Buffer): void {
    const subscribe = hearTwin(this, bytes, this.#options.tools, (reply) => {
      if (this.#twin !== undefined) this.#twin.send(reply);
      else if (!this.#over) this.#hint('A twin request was answered to nobody: attach the receiving link too.');
    });
    if (subscribe !== undefined) this.#desired = subscribe;
  }

  #takeAnswer(bytes: Buffer): void {
    const { methods, requests } = this.#options.tools;
    const answer = readAnswer(bytes, requests);
    if (typeof answer === 'string') this.#hint(answer);
    else methods.answered(this, answer.rid, answer.status, answer.payload);
  }

  #ready(): void {
    if (this.listensForMethods) this.#options.tools.connections.ready(this);
  }

  /** Of the halves of a pair the newest counts. */
  #supersede(fits: (other: Attached) => boolean): void {
    for (const attached of [...this.#links.values()]) {
      if (!fits(attached)) continue;
      this.#links.delete(attached.link);
      const text = 'The same device attached this link again on this connection.';
      this.#options.detach(attached.link, errorOf(refuse('LinkCreationConflict', text), this.#now()));
    }
  }

  #drop(link: EngineLink, ...how: Parameters<LinkHandler['end']>): void {
    const attached = this.#links.get(link);
    if (attached === undefined) return;
    this.#links.delete(link);
    if (attached.outbox !== undefined && attached.outbox === this.#methods) this.#methods = undefined;
    if (attached.outbox !== undefined && attached.outbox === this.#twin) {
      this.#twin = undefined;
      this.#desired = false;
    }
    if (link === this.#answers) this.#answers = undefined;
    attached.feed?.end();
    if (this.#links.size === 0) this.#end(...how);
  }

  #end(...how: Parameters<LinkHandler['end']>): void {
    if (this.#over) return;
    this.#over = true;
    const attached = [...this.#links.values()];
    this.#links.clear();
    this.#methods = undefined;
    this.#twin = undefined;
    this.#answers = undefined;
    this.#desired = false;
    this.#options.over();
    this.#options.tools.connections.closed(this, ...how);
    for (const { feed } of attached) feed?.end();
  }

  #hint(text: string): void {
    const { clock, emit } = this.#options.tools;
    emit({ type: 'hint.given', at: clock.now(), device: this.device, text });
  }

  #now(): number {
    return this.#options.tools.clock.now();
  }
}

/** Which node a link is of, and whether the hub sends on it. */
const parts: Partial<Record<KillTarget, { readonly nodes: readonly DeviceNode[]; readonly outgoing: boolean }>> = {
  'method-request-link': { nodes: ['methods'], outgoing: true },
  'method-response-link': { nodes: ['methods'], outgoing: false },
  'twin-request-link': { nodes: ['twin'], outgoing: false },
  'twin-response-link': { nodes: ['twin'], outgoing: true },
  'telemetry-link': { nodes: ['events'], outgoing: false },
  // Modules take their messages from `events`.
  'message-link': { nodes: ['messages', 'events'], outgoing: true },
};

const settlings = { accepted: 'complete', rejected: 'reject', released: 'abandon' } as const;

const guardedRefusal = (run: () => Refusal | undefined): Refusal | undefined => guarded(run);

const partings: Partial<Record<CloseReason, readonly [ServiceErrorName, string]>> = {
  replaced: ['ConnectionForcefullyClosedOnNewConnection', 'connected again elsewhere; the newest connection stays'],
  'token-expired': ['IotHubUnauthorized', 'was not given a new token before the last one expired'],
  disabled: ['IotHubUnauthorized', 'is disabled'],
  deleted: ['DeviceNotFound', 'was deleted'],
  shutdown: ['ServiceUnavailable', 'is let go: the hub is stopping'],
};

function farewell(device: DeviceId, reason: CloseReason): Refusal {
  const [name, text] = partings[reason] ?? ['ServiceUnavailable', `is let go: ${reason}`];
  return refuse(name, `Device '${device}' ${text}.`);
}

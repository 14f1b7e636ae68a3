// One connection of one device over AMQP 1.0: its token, its six links, and what goes over them (reference section 3). Whether it has the
// stream for itself or shares it is the line's affair (amqp-line.ts).
import type { Cancel } from '../../clock/clock.ts';
import type { Wait } from '../../clock/waits.ts';
import { signToken } from '../../tokens/sas-token.ts';
import { seconds } from '../../vocabulary/units.ts';
import type { DeviceOptions, MethodRequest } from '../device.ts';
import { type AmqpLine, endingOf, type LineMember } from './amqp-line.ts';
import {
  encodeMessage,
  type LinkOptions,
  type LinkOwner,
  type OutgoingRhea,
  type RheaDelivery,
  type RheaLink,
  type RheaMessage,
} from './amqp-rhea.ts';
import { amqpShared } from './amqp-shared.ts';
import {
  AmqpRequest,
  bodyOf,
  channelId,
  countedId,
  methodAnswer,
  numberIn,
  pathOf,
  resourceOf,
  ridOf,
  textOf,
  textsOf,
} from './amqp-wire.ts';
import {
  type Connection,
  type ConnectionOwner,
  type Ending,
  type IncomingMessage,
  MessageFailed,
  type OutgoingMessage,
  type Settlement,
  type TwinDocument,
  TwinFailed,
} from './connection.ts';
import { readPatch, readTwin, refusalText } from './twin-json.ts';

/** As long as the Node SDK waits for a connection (reference 2.9); here from the first byte to the subscription to desired properties. */
const openTimeout = seconds(60);
/** For the answer to a twin request, and to a new token. */
const answerTimeout = seconds(30);
const apiVersion = '2021-04-12';
/** How much the hub may send ahead on each link, as the Node SDK allows. */
const credit = 1_000;

/** What a link is for. */
const use = { methodsOut: 0, methodsIn: 1, twinOut: 2, twinIn: 3, events: 4, messages: 5 } as const;
const linkNames = ['methods-out', 'methods-in', 'twin-out', 'twin-in', 'events', 'messages'] as const;

/** Credit and settling are this file's affair: rhea's own ways cost a closure or two a link. */
const byHand = { credit_window: 0, autoaccept: false, autosettle: false, treat_modified_as_released: false } as const;
/** Answers and twin requests go settled, as the .NET SDK sends them: whether they arrived shows by what comes of them. */
const settled = { ...byHand, snd_settle_mode: 1, rcv_settle_mode: 0 } as const;

const subscription = { operation: 'PUT', resource: '/notifications/twin/properties/desired' };
const reading = { operation: 'GET' };
const reporting = { operation: 'PATCH', resource: '/properties/reported' };

interface TwinRequest {
  readonly answered: (version: number | undefined, body: string) => void;
  readonly failed: (error: TwinFailed) => void;
  readonly cancel: Cancel;
}

export class AmqpConnection implements Connection, LineMember, LinkOwner {
  readonly #device: DeviceOptions;
  readonly #line: AmqpLine;
  #owner: ConnectionOwner | undefined;
  #open = false;
  /** Ends the wait for the hub's acceptance. */
  #opening: Cancel | undefined;
  #renewal: Wait | undefined;
  /** Tells that the new token was taken, or that the connection is over. */
  #renewed: (() => void) | undefined;
  #muted: (() => void) | undefined;
  /** By use; empty until the hub took the token, and when the connection is over. */
  #links: RheaLink[] = [];
  #linksOpen = 0;
  /** What came before the hub took all of it, and could not be answered yet. Without credit for it some hubs would send nothing else either. */
  #early: ((owner: ConnectionOwner) => void)[] | undefined;
  #twinRequests: Map<string, TwinRequest> | undefined;
  #lastRequest = 0;
  /** Messages under way; undefined while there are none. */
  #sending: Set<Sending> | undefined;

  /** Dials at once, unless a line of the fleet has room; `owner` hears `opened` or `closed`, never before this returns. Throws what `dial` throws. */
  constructor(owner: ConnectionOwner, device: DeviceOptions) {
    const shared = amqpShared(device.settings);
    this.#device = device;
    this.#owner = owner;
    this.#line = shared.lineFor(device);
    this.#line.join(this);
    this.#opening = shared.clock.after(openTimeout, () =>
      this.#fail({ detail: `the hub did not answer within ${openTimeout / 1_000} s`, refused: false }),
    );
  }

  get isOpen(): boolean {
    return this.#open;
  }

  reply(request: MethodRequest, status: number, payload: string): void {
    const link = this.#links[use.methodsOut];
    if (!this.#open || !link || !(request instanceof AmqpRequest)) return;
    this.#line.send(link, methodAnswer(request.correlation, status, payload));
  }

  async getTwin(): Promise<TwinDocument> {
    const { body } = await this.#ask('reading the twin', reading, '');
    const twin = readTwin(body);
    if (!twin) throw new TwinFailed('reading the twin: the hub sent a document that is not a twin');
    return twin;
  }

  async report(patch: string): Promise<number> {
    const { version } = await this.#ask('reporting properties', reporting, patch);
    return version ?? 0;
  }

  send(message: OutgoingMessage): Promise<void> {
    const link = this.#links[use.events];
    if (!this.#open || !link) return Promise.reject(new MessageFailed('the device is not connected'));
    const bytes = encodeMessage({
      message_id: message.messageId,
      content_type: message.contentType,
      content_encoding: message.contentEncoding,
      application_properties: message.properties,
      data: message.body,
    });
    return new Promise((resolve, reject) => {
      this.#sending ??= new Set();
      const sending = new Sending(this.#sending, resolve, reject);
      this.#line.send(link, bytes, sending);
    });
  }

  renew(): Promise<boolean> {
    // A certificate lasts as long as the connection does.
    if (!this.#open || this.#device.certificate || this.#renewed) return Promise.resolve(this.#open);
    return new Promise((resolve) => {
      const cancel = this.#line.shared.clock.after(answerTimeout, () =>
        this.#fail({
          detail: `the hub did not answer the new token within ${answerTimeout / 1_000} s`,
          refused: false,
        }),
      );
      this.#renewed = () => {
        cancel();
        resolve(true);
      };
      this.#putToken();
    });
  }

  /** Detaches the link for methods: the hub's own detach comes behind everything it had sent. */
  mute(): Promise<void> {
    const link = this.#links[use.methodsIn];
    if (!this.#open || !link || link.is_closed()) return Promise.resolve();
    return new Promise((resolve) => {
      const before = this.#muted;
      this.#muted = () => {
        before?.();
        resolve();
      };
      link.close();
    });
  }

  hangUp(): void {
    this.#leave(true);
  }

  drop(): void {
    this.#leave(false);
  }

  // --- what the line tells ---

  lineReady(): void {
    if (!this.#owner) return;
    if (this.#device.certificate) this.#attach();
    else this.#putToken();
  }

  tokenAnswered(status: number, description: string): void {
    if (!this.#owner) return;
    if (status < 200 || status > 202) {
      this.#fail({ detail: `refused: ${description || 'the token was not accepted'} (${status})`, refused: true });
    } else if (this.#links.length === 0) {
      this.#attach();
    } else {
      this.#renewed?.();
      this.#renewed = undefined;
      this.#awaitRenewal();
    }
  }

  lineEnded(ending: Ending): void {
    const owner = this.#owner;
    this.#forget();
    owner?.closed(this, ending);
  }

  linkOpened(link: RheaLink): void {
    link.remote.attach = undefined; // nothing of it is read again
    this.#linksOpen += 1;
    if (link.is_receiver()) link.add_credit(credit);
    if (this.#linksOpen < linkNames.length) return;
    this.#request(subscription, '').then(
      () => this.#accepted(),
      (error: TwinFailed) => {
        if (this.#owner) this.#fail({ detail: `refused: desired properties (${error.message})`, refused: true });
      },
    );
  }

  linkClosed(link: RheaLink): void {
    if (link.use === use.methodsIn && this.#muted && !link.error) {
      this.#muted();
      this.#muted = undefined;
      return;
    }
    link.owner = undefined; // rhea answers this detach by itself, and forgets the link only then
    this.#links = this.#links.filter((other) => other !== link);
    this.#fail(endingOf(link.error, `the hub detached the link for ${linkNames[link.use ?? 0]}`));
  }

  arrived(link: RheaLink, message: RheaMessage | Buffer, delivery: RheaDelivery): void {
    const owner = this.#owner;
    if (!owner) return;
    try {
      if (link.use === use.messages) this.#messageArrived(owner, link, message, delivery);
      else {
        if (delivery.remote_settled) delivery.settled = true;
        else delivery.accept();
        replenish(link);
        if (Buffer.isBuffer(message)) owner.puzzled(this, 'a message came in a format of its own');
        else if (link.use === use.methodsIn) this.#methodArrived(owner, message);
        else this.#twinArrived(owner, message);
      }
    } catch (error) {
      this.#owner?.puzzled(
        this,
        `on ${linkNames[link.use ?? 0]}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #methodArrived(owner: ConnectionOwner, message: RheaMessage): void {
    const name = message.application_properties?.['IoThub-methodname'];
    const correlation = message.correlation_id ?? message.message_id;
    const body = bodyOf(message);
    if (typeof name !== 'string' || correlation === undefined || !body) {
      owner.puzzled(this, 'a method request without a name, an id or a readable body');
      return;
    }
    const request = new AmqpRequest(name, ridOf(correlation), body.toString(), correlation);
    if (this.#open) owner.methodCalled(this, request);
    else this.#keep((told) => told.methodCalled(this, request));
  }

  #twinArrived(owner: ConnectionOwner, message: RheaMessage): void {
    const body = bodyOf(message)?.toString();
    if (body === undefined) {
      owner.puzzled(this, 'a twin message without a readable body');
      return;
    }
    const annotations = message.message_annotations;
    const version = numberIn(annotations, 'version');
    if (message.correlation_id !== undefined && message.correlation_id !== null) {
      this.#answered(textOf(message.correlation_id), numberIn(annotations, 'status') ?? 0, version, body);
      return;
    }
    const patch = readPatch(body, version);
    if (patch) owner.desiredPatched(this, patch.desired, patch.version);
    else owner.puzzled(this, 'a desired patch is not a JSON object with a $version');
  }

  #messageArrived(owner: ConnectionOwner, link: RheaLink, message: RheaMessage | Buffer, delivery: RheaDelivery): void {
    const body = Buffer.isBuffer(message) ? message : bodyOf(message);
    const incoming = new AmqpIncoming(
      this,
      link,
      delivery,
      body ?? Buffer.alloc(0),
      Buffer.isBuffer(message) ? {} : message,
    );
    if (body && this.#open) owner.messageArrived(this, incoming);
    else if (body) this.#keep((told) => told.messageArrived(this, incoming));
    else {
      owner.puzzled(this, 'a message without a readable body was rejected');
      incoming.settle('rejected');
    }
    // Otherwise a message the device takes its time over would keep its place among those of all devices on the session.
    if (!delivery.settled) delivery.settled = true;
  }

  #keep(tell: (owner: ConnectionOwner) => void): void {
    this.#early ??= [];
    this.#early.push(tell);
  }

  // --- opening ---

  #putToken(): void {
    const { id, key, settings } = this.#device;
    const resource = resourceOf(settings.hostName, id);
    const expiresAt = settings.clock.now() + seconds(settings.tokenLifetimeSeconds);
    this.#line.putToken(this, resource, signToken({ resource, key, expiresAt }));
  }

  #attach(): void {
    const { id } = this.#device;
    const path = pathOf(id);
    const number = this.#line.nextLink();
    const channel = channelId(id, number);
    const { properties } = this.#line.shared;
    const methods = callOptions(properties, `methods:${channel}`);
    const twin = callOptions(properties, `twin:${channel}`);
    const messages: LinkOptions = { ...byHand, properties };
    this.#links = [
      this.#link(use.methodsOut, number, `${path}/methods/devicebound`, methods),
      this.#link(use.methodsIn, number, `${path}/methods/devicebound`, methods),
      this.#link(use.twinOut, number, `${path}/twin`, twin),
      this.#link(use.twinIn, number, `${path}/twin`, twin),
      this.#link(use.events, number, `${path}/messages/events`, messages),
      this.#link(use.messages, number, `${path}/messages/devicebound`, messages),
    ];
  }

  #link(purpose: number, number: number, address: string, options: LinkOptions): RheaLink {
    const name = `${linkNames[purpose]}-${number}`;
    const { session } = this.#line;
    let link: RheaLink;
    if (purpose === use.methodsIn || purpose === use.twinIn || purpose === use.messages) {
      link = session.create_receiver(name, options);
      link.set_source({ address });
      link.set_target({});
    } else {
      link = session.create_sender(name, options);
      link.set_target({ address });
      link.set_source({});
    }
    link.owner = this;
    link.use = purpose;
    link.attach();
    return link;
  }

  #accepted(): void {
    if (!this.#owner) return;
    this.#opening?.();
    this.#opening = undefined;
    this.#open = true;
    this.#awaitRenewal();
    this.#owner.opened(this);
    const early = this.#early;
    this.#early = undefined;
    for (const tell of early ?? []) if (this.#owner) tell(this.#owner);
  }

  #awaitRenewal(): void {
    if (this.#device.certificate) return;
    const { renewals } = this.#line.shared;
    if (this.#renewal) {
      renewals.end(this.#renewal);
      renewals.again(this.#renewal);
    } else this.#renewal = renewals.begin(() => this.#owner?.renewalDue(this));
  }

  // --- twin ---

  #ask(what: string, annotations: OutgoingRhea['message_annotations'], body: string): Promise<TwinAnswer> {
    if (!this.#open) return Promise.reject(new TwinFailed(`${what}: the device is not connected`));
    return this.#request(annotations, body).catch((error: TwinFailed) => {
      throw new TwinFailed(`${what}: ${error.message}`, error.status);
    });
  }

  #request(annotations: OutgoingRhea['message_annotations'], body: string): Promise<TwinAnswer> {
    const link = this.#links[use.twinOut];
    if (!link) return Promise.reject(new TwinFailed('the connection ended first'));
    this.#lastRequest += 1;
    const id = countedId(this.#lastRequest);
    return new Promise((resolve, reject) => {
      const cancel = this.#line.shared.clock.after(answerTimeout, () => {
        this.#twinRequests?.delete(id);
        reject(new TwinFailed(`no answer within ${answerTimeout / 1_000} s`));
      });
      this.#twinRequests ??= new Map();
      this.#twinRequests.set(id, {
        cancel,
        answered: (version, text) => resolve({ version, body: text }),
        failed: reject,
      });
      this.#line.send(link, encodeMessage({ correlation_id: id, message_annotations: annotations, data: body }));
    });
  }

  #answered(id: string, status: number, version: number | undefined, body: string): void {
    const request = this.#twinRequests?.get(id);
    if (!request) return; // too late, or never asked: nobody waits for it
    this.#twinRequests?.delete(id);
    if (this.#twinRequests?.size === 0) this.#twinRequests = undefined;
    request.cancel();
    if (status >= 200 && status < 300) request.answered(version, body);
    else request.failed(new TwinFailed(`the hub refused with ${status}${refusalText(body)}`, status));
  }

  // --- ending ---

  /** This device's part of the line ends; the others on it go on. */
  #fail(ending: Ending): void {
    const owner = this.#owner;
    if (!owner) return;
    this.#leave(true);
    owner.closed(this, ending);
  }

  #leave(goodbye: boolean): void {
    if (!this.#owner) return;
    for (const link of this.#links) {
      // rhea would open a link again that was closed before the hub's attach came; nobody's link is closed when it comes (amqp-rhea.ts).
      if (link.is_closed() || !link.is_remote_open()) continue;
      if (goodbye) link.close();
      else link.detach();
    }
    this.#forget();
    this.#line.leave(this, goodbye);
  }

  #forget(): void {
    this.#owner = undefined;
    this.#open = false;
    this.#opening?.();
    this.#opening = undefined;
    if (this.#renewal) this.#line.shared.renewals.end(this.#renewal);
    this.#renewal = undefined;
    for (const link of this.#links) link.owner = undefined;
    this.#links = [];
    this.#early = undefined;
    this.#renewed?.();
    this.#renewed = undefined;
    this.#muted?.();
    this.#muted = undefined;
    const requests = this.#twinRequests;
    this.#twinRequests = undefined;
    for (const request of requests?.values() ?? []) {
      request.cancel();
      request.failed(new TwinFailed('the connection ended first'));
    }
    const sending = this.#sending;
    this.#sending = undefined;
    for (const message of [...(sending ?? [])]) message.failed('the connection ended first', false);
  }
}

interface TwinAnswer {
  readonly version: number | undefined;
  readonly body: string;
}

const callOptions = (properties: LinkOptions['properties'], channel: string): LinkOptions => ({
  ...settled,
  properties: {
    ...properties,
    'com.microsoft:api-version': apiVersion,
    'com.microsoft:channel-correlation-id': channel,
  },
});

function replenish(link: RheaLink): void {
  if (link.credit <= credit / 2) link.add_credit(credit - link.credit);
}

/** A message on its way to the hub. */
class Sending {
  readonly #all: Set<Sending>;
  readonly #resolve: () => void;
  readonly #reject: (error: MessageFailed) => void;
  constructor(all: Set<Sending>, resolve: () => void, reject: (error: MessageFailed) => void) {
    this.#all = all;
    this.#resolve = resolve;
    this.#reject = reject;
    all.add(this);
  }
  taken(): void {
    this.#all.delete(this);
    this.#resolve();
  }
  failed(detail: string, refused: boolean): void {
    this.#all.delete(this);
    this.#reject(new MessageFailed(detail, refused));
  }
}

/** A cloud-to-device message in the device's hands. */
class AmqpIncoming implements IncomingMessage {
  readonly #connection: AmqpConnection;
  readonly #link: RheaLink;
  #delivery: RheaDelivery | undefined;
  readonly body: Buffer;
  readonly messageId?: string;
  readonly properties: Readonly<Record<string, string>>;

  constructor(connection: AmqpConnection, link: RheaLink, delivery: RheaDelivery, body: Buffer, message: RheaMessage) {
    this.#connection = connection;
    this.#link = link;
    this.#delivery = delivery;
    this.body = body;
    const id = message.message_id;
    if (id !== undefined && id !== null) this.messageId = textOf(id);
    this.properties = textsOf(message.application_properties);
  }

  settle(settlement: Settlement): void {
    const delivery = this.#delivery;
    this.#delivery = undefined;
    if (!delivery || !this.#connection.isOpen) return;
    // rhea gathers what was settled in one tick, and tells two neighbours as one even when they differ: before and after, it is told now.
    const { session } = this.#link;
    session.incoming.process(session);
    if (settlement === 'completed') delivery.accept();
    else if (settlement === 'rejected') delivery.reject();
    else delivery.release();
    session.incoming.process(session);
    replenish(this.#link);
  }
}

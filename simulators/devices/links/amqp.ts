// One connection of one device over AMQP 1.0: its token, its six links, and what leaves on them (reference section 3). Whether it has the
// stream for itself or shares it is the line's affair (amqp-line.ts).
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { Wait } from '../../clock/waits.ts';
import type { FaultName } from '../../vocabulary/ids.ts';
import type { Flow } from '../../vocabulary/passages.ts';
import { seconds } from '../../vocabulary/units.ts';
import type { DeviceOptions, MethodRequest } from '../device.ts';
import { type Recipient, sizeOf, take } from './amqp-arrivals.ts';
import { endingOf } from './amqp-errors.ts';
import type { AmqpLine, LineMember } from './amqp-line.ts';
import { attachLinks, forgetAttach, linkNames, replenish, use } from './amqp-links.ts';
import { Sending } from './amqp-messages.ts';
import {
  encodeMessage,
  type LinkOwner,
  type RheaDelivery,
  type RheaLink,
  type RheaMessage,
  type Waiting,
} from './amqp-rhea.ts';
import { amqpShared } from './amqp-shared.ts';
import {
  answerTimeout,
  operations,
  type TwinAnswer,
  type TwinAsker,
  type TwinOperation,
  TwinRequests,
} from './amqp-twin.ts';
import { AmqpRequest, methodAnswer, resourceOf } from './amqp-wire.ts';
import {
  type ConnectionOwner,
  type Ending,
  MessageFailed,
  type OutgoingMessage,
  type TwinDocument,
  TwinFailed,
} from './connection.ts';
import { LinkFlow } from './link-flow.ts';
import { readTwin } from './twin-json.ts';

/** As long as the Node SDK waits for a connection (reference 2.9); here from the first byte to the subscription to desired properties. */
const openTimeout = seconds(60);

export class AmqpConnection implements Recipient, LineMember, LinkOwner, TwinAsker {
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
  /** Requests for the twin; undefined until the first. */
  #twin: TwinRequests | undefined;
  /** Of a device that shares its connection; undefined until a fault asks for it. */
  #flow: LinkFlow | undefined;
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

  /** Undefined once the connection is over, or nobody's. */
  get owner(): ConnectionOwner | undefined {
    return this.#owner;
  }

  get twinRequests(): TwinRequests | undefined {
    return this.#twin;
  }

  reply(request: MethodRequest, status: number, payload: string): void {
    const link = this.#links[use.methodsOut];
    if (!this.#open || !link) return;
    // A request id that a fault made up goes as it is.
    const correlation = request instanceof AmqpRequest ? request.correlation : request.rid;
    this.sendOn(link, methodAnswer(correlation, status, payload));
  }

  async getTwin(): Promise<TwinDocument> {
    const { body } = await this.#ask('reading the twin', operations.read, '');
    const twin = readTwin(body);
    if (!twin) throw new TwinFailed('reading the twin: the hub sent a document that is not a twin');
    return twin;
  }

  async report(patch: string): Promise<number> {
    const { version } = await this.#ask('reporting properties', operations.report, patch);
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
      this.sendOn(link, bytes, sending);
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

  reset(by: FaultName): void {
    if (!this.#owner) return;
    this.#forget();
    this.#flow?.close();
    this.#line.reset(this, by);
  }

  get flow(): Flow {
    if (this.#device.certificate || this.#line.shared.devicesPerLine === 1) return this.#line.flow;
    this.#flow ??= new LinkFlow();
    return this.#flow;
  }

  get clock(): Clock {
    return this.#line.shared.clock;
  }

  /** All that this device sends on its links goes this way. */
  sendOn(link: RheaLink, bytes: Buffer, waiting?: Waiting): void {
    if (this.#flow?.clear === false) this.#flow.sends(bytes.length, () => this.#line.send(link, bytes, waiting));
    else this.#line.send(link, bytes, waiting);
  }

  #gatedUp(bytes: number, go: () => void): void {
    if (this.#flow) this.#flow.sends(bytes, go);
    else go();
  }
  #gatedDown(bytes: number, go: () => void): void {
    if (this.#flow) this.#flow.receives(bytes, go);
    else go();
  }

  // --- what the line tells ---

  lineReady(): void {
    if (!this.#owner) return;
    if (this.#device.certificate) this.#attach();
    else this.#putToken();
  }

  tokenAnswered(status: number, description: string): void {
    this.#gatedDown(description.length, () => this.#tokenTaken(status, description));
  }

  #tokenTaken(status: number, description: string): void {
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
    this.#flow?.close();
    owner?.closed(this, ending);
  }

  linkOpened(link: RheaLink): void {
    this.#linksOpen += 1;
    if (link.is_receiver()) replenish(link);
    if (this.#linksOpen < linkNames.length) return;
    this.#request(operations.subscribe, '').then(
      () => this.#accepted(),
      (error: TwinFailed) => {
        if (this.#owner) this.#fail({ detail: `refused: desired properties (${error.message})`, refused: true });
      },
    );
  }

  linkClosed(link: RheaLink): void {
    this.#gatedDown(0, () => this.#detached(link));
  }

  #detached(link: RheaLink): void {
    if (!this.#owner) return;
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
    if (this.#flow?.clear !== false) {
      take(this, link, message, delivery);
      return;
    }
    this.#flow.receives(sizeOf(message), () => take(this, link, message, delivery));
    // What is held would keep its place among those of all devices on the session.
    if (!delivery.settled) delivery.settled = true;
  }

  keep(tell: (owner: ConnectionOwner) => void): void {
    this.#early ??= [];
    this.#early.push(tell);
  }

  // --- opening ---

  #putToken(): void {
    if (!this.#owner) return;
    const { id, settings } = this.#device;
    const token = this.#owner.token();
    const put = () => this.#line.putToken(this, resourceOf(settings.hostName, id), token);
    this.#gatedUp(token.length, put);
  }

  #attach(): void {
    this.#links = attachLinks(this.#line, this.#device.id, this);
  }

  #accepted(): void {
    if (!this.#owner) return;
    this.#opening?.();
    this.#opening = undefined;
    this.#open = true;
    for (const link of this.#links) forgetAttach(link);
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

  async #ask(what: string, request: TwinOperation, body: string): Promise<TwinAnswer> {
    if (!this.#open) throw new TwinFailed(`${what}: the device is not connected`);
    try {
      return await this.#request(request, body);
    } catch (error) {
      if (error instanceof TwinFailed) throw new TwinFailed(`${what}: ${error.message}`, error.status);
      throw error;
    }
  }

  #request(request: TwinOperation, body: string): Promise<TwinAnswer> {
    const link = this.#links[use.twinOut];
    if (!link) return Promise.reject(new TwinFailed('the connection ended first'));
    this.#twin ??= new TwinRequests(this, link);
    return this.#twin.ask(request, body);
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
    const links = this.#links;
    this.#forget();
    // Behind what was sent before. During a silence the hub is told nothing, and the links stay as they are.
    this.#gatedUp(0, () => this.#quit(links, goodbye));
  }

  #quit(links: readonly RheaLink[], goodbye: boolean): void {
    for (const link of links) {
      // rhea would open a link again that was closed before the hub's attach came; nobody's link is closed when it comes (amqp-rhea.ts).
      if (link.is_closed() || !link.is_remote_open()) continue;
      if (goodbye) link.close();
      else link.detach();
    }
    this.#flow?.close();
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
    this.#twin?.lost();
    this.#twin = undefined;
    const sending = this.#sending;
    this.#sending = undefined;
    for (const message of [...(sending ?? [])]) message.failed('the connection ended first', false);
  }
}

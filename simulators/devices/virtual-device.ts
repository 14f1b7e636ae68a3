// A virtual device joins a link (link.ts), a connection (links/), a twin (twin.ts) and a behaviour. Link moves happen in `#move` and nowhere else.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import type { Emit, FleetFact, LinkState } from '../vocabulary/facts.ts';
import type { DeviceId, FaultName } from '../vocabulary/ids.ts';
import type { DeviceGrip, FaultHooks, Flow } from '../vocabulary/passages.ts';
import type { AcknowledgeSpec, TelemetrySpec } from '../vocabulary/specs.ts';
import type { Instant, Millis } from '../vocabulary/units.ts';
import { Acknowledger, type Acknowledging } from './acknowledging.ts';
import { Attempt, type Attempting, isHindered } from './attempt.ts';
import type { DeviceStatus } from './behaviours/behaviour.ts';
import { Turns } from './busy.ts';
import type { Device, DeviceOptions, DeviceSnapshot, FleetSettings, MethodRequest } from './device.ts';
import { type Grippable, Gripped } from './gripped.ts';
import { type Handler, Handling } from './handling.ts';
import { type LinkInput, reconnectWait, step } from './link.ts';
import { connect } from './links/connect.ts';
import {
  type Connection,
  type ConnectionOwner,
  type Ending,
  type IncomingMessage,
  type JsonObject,
  type TwinDocument,
  TwinFailed,
} from './links/connection.ts';
import { Own } from './own.ts';
import { Program } from './program.ts';
import { type Blame, tokenOf } from './proof.ts';
import { programFor, type Service, serviceOf } from './service.ts';
import { settlementOf } from './settling.ts';
import { Telemetry, type TelemetryOwner } from './telemetry.ts';
import { DeviceTwin, type TwinOwner } from './twin.ts';

export const createDevice = (options: DeviceOptions): Device => new VirtualDevice(options);

class VirtualDevice
  implements Device, Acknowledging, Attempting, ConnectionOwner, Grippable, Handler, TelemetryOwner, TwinOwner
{
  #options: DeviceOptions;

  #state: LinkState = 'off';
  #detail: string | undefined;
  #connection: Connection | undefined;
  /** Ends the wait in `waiting` and `dark`. */
  #timer: Cancel | undefined;
  #connects = 0;
  #attempt = 0;
  #lastWait: Millis = 0;
  #onlineSince: Instant = 0;

  readonly #twin = new DeviceTwin(this);
  /** Methods in the device's hands; undefined while there are none. */
  #handlings: Set<Handling> | undefined;
  #calls = 0;
  #bootedAt: Instant = 0;
  #startedProgram = false;
  #lockedUp = false;
  #renewing = false;
  /** All only for a device that needs them. */
  #telemetry: Telemetry | undefined;
  #choices: Random | undefined;
  #own: Own | undefined;
  #acknowledger: Acknowledger | undefined;
  /** What its behaviour does as the device comes up. */
  #starting: Program | undefined;
  #turns: Turns | undefined;
  /** All three only while a fault has a hand in it: in the link, in an attempt to connect, in what the device showed of itself. */
  #gripped: Gripped | undefined;
  #dialling: Attempt | undefined;
  #blame: Blame | undefined;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  get id(): DeviceId {
    return this.#options.id;
  }
  get #settings(): FleetSettings {
    return this.#options.settings;
  }
  get state(): LinkState {
    return this.#state;
  }
  get clock(): Clock {
    return this.#settings.clock;
  }
  get emit(): Emit<FleetFact> {
    return this.#settings.emit;
  }
  get faults(): FaultHooks {
    return this.#settings.faults;
  }

  start(delay: Millis): void {
    if (!this.#move('start')) return;
    this.#bootedAt = this.clock.now();
    this.#attempt = 0;
    this.#dialIn(delay);
  }

  stop(): void {
    if (!this.#move('stop')) return;
    this.#abandonAll();
    this.#letGo()?.hangUp();
  }

  reboot(dark: Millis): void {
    if (!this.#move('reboot', 'rebooting')) return;
    this.#attempt = 0;
    this.#abandonAll();
    this.#letGo()?.drop();
    this.faults.noteEvent?.('rebooted', this.id);
    this.#timer = this.clock.after(dark, () => {
      this.#timer = undefined;
      if (!this.#move('woken')) return;
      this.#bootedAt = this.clock.now();
      this.#dial();
    });
  }

  get grip(): DeviceGrip {
    this.#gripped ??= new Gripped(this);
    return this.#gripped;
  }

  drop(by: FaultName, detail: string): void {
    if (this.#sever()) this.#lost({ detail, refused: false, faults: [by] });
  }

  reset(by: FaultName, detail: string): void {
    if (this.#sever(by)) this.#lost({ detail, refused: false, faults: [by] });
  }

  get flow(): Flow | undefined {
    return this.#connection?.flow;
  }

  cut(by: FaultName, detail: string): boolean {
    return this.#sever() && this.#move('lost', detail, [by]);
  }

  dialAgain(wait: Millis): void {
    if (this.#state !== 'waiting') return;
    this.#timer?.();
    this.#attempt = 0;
    this.#dialIn(wait);
  }

  change(settings: FleetSettings): void {
    const { behaviour, telemetry, acknowledge } = this.#settings;
    this.#options = { ...this.#options, settings };
    // The newer word counts: the fleet's, once it says something else.
    if (telemetry !== settings.telemetry && this.#own) this.#own.interval = undefined;
    if (this.#state === 'online') this.#startTelemetry();
    if (!this.#startedProgram) return;
    if (behaviour !== settings.behaviour) this.#startProgram();
    if (acknowledge?.how !== settings.acknowledge?.how && this.acknowledge) this.acknowledger.beginAnew();
  }

  snapshot(): DeviceSnapshot {
    return {
      id: this.id,
      state: this.#state,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
      connects: this.#connects,
      ...this.#twin.snapshot(),
    };
  }

  /** Takes the step; false when the state does not know this input and stays. */
  #move(input: LinkInput, detail?: string, faults?: readonly FaultName[]): boolean {
    const next = step(this.#state, input);
    if (next === this.#state) return false;
    this.#state = next;
    this.#detail = detail;
    this.#timer?.();
    this.#timer = undefined;
    this.emit({
      type: 'link.changed',
      at: this.clock.now(),
      device: this.id,
      state: next,
      ...(detail === undefined ? {} : { detail }),
      ...(faults === undefined ? {} : { faults }),
    });
    return true;
  }

  #dialIn(wait: Millis): void {
    this.#lastWait = wait;
    this.#timer = this.clock.after(wait, () => {
      this.#timer = undefined;
      if (this.#move('due')) this.#dial();
    });
  }

  #dial(): void {
    const keeper = this.#gripped?.heldBackBy();
    if (keeper) this.#move('lost', keeper.detail, [keeper.by]);
    else if (isHindered(this.#options)) {
      this.#dialling = new Attempt(this, this.#options);
      this.#dialling.begin();
    } else this.connect(this.#options, undefined);
  }

  connect(options: DeviceOptions, blame: Blame | undefined): void {
    this.#dialling = undefined;
    this.#blame = blame;
    try {
      this.#connection = connect(this, options);
    } catch (error) {
      this.failed({ detail: error instanceof Error ? error.message : String(error), refused: false });
      return;
    }
    this.#gripped?.flows.opened();
  }

  failed(ending: Ending): void {
    this.#dialling = undefined;
    this.#lost(ending);
  }

  /** The connection is no longer this device's; what depends on it ends. */
  #letGo(): Connection | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#dialling?.cancel();
    this.#dialling = undefined;
    this.#twin.stopsReading();
    this.#renewing = false;
    this.#telemetry?.stop();
    return connection;
  }

  /**
   * Without a goodbye; false when there was no link, nor one under way.
   * @param resetBy by a TCP reset, and the fault that wants it.
   */
  #sever(resetBy?: FaultName): boolean {
    if (!this.#connection && !this.#dialling) return false;
    const connection = this.#letGo();
    for (const handling of this.#handlings ?? []) handling.connectionLost();
    if (resetBy === undefined) connection?.drop();
    else connection?.reset(resetBy);
    return true;
  }

  #lost({ detail, refused, faults }: Ending): void {
    const { reconnect } = this.#settings;
    // A hub that takes devices in and throws them out again must not be dialled at full speed: the back-off starts over only after
    // a connection that lasted longer than the wait before it.
    if (this.#state === 'online' && this.clock.now() - this.#onlineSince > this.#lastWait) this.#attempt = 0;
    const wait = reconnectWait(reconnect, this.#attempt, this.#options.random);
    if (wait === undefined) {
      this.#move('gaveUp', detail, faults);
      return;
    }
    this.#attempt += 1;
    if (this.#move(refused ? 'refused' : 'lost', detail, faults)) this.#dialIn(wait);
  }

  #abandonAll(): void {
    const handlings = this.#handlings;
    this.#handlings = undefined;
    this.#turns = undefined;
    for (const handling of handlings ?? []) handling.abandon();
    this.#starting?.abandon();
    this.#starting = undefined;
    this.#startedProgram = false;
    this.#acknowledger?.pause();
    this.#lockedUp = false;
  }

  // --- what the connection tells ---

  token(): string {
    const { token, blame } = tokenOf(this.#options);
    this.#blame = blame;
    return token;
  }

  opened(connection: Connection): void {
    if (connection !== this.#connection || !this.#move('accepted')) return;
    this.#connects += 1;
    this.#onlineSince = this.clock.now();
    this.#twin.beginsReading();
    this.#startTelemetry();
    void this.#readTwin(connection);
    // Last: a fault that waits for it may take the link away at once.
    this.faults.noteEvent?.('connected', this.id);
  }

  closed(connection: Connection, ending: Ending): void {
    if (connection !== this.#connection) return;
    this.#letGo();
    for (const handling of this.#handlings ?? []) handling.connectionLost();
    const blamed = this.#blame && (ending.refused || this.clock.now() >= this.#blame.until) ? this.#blame.faults : [];
    const faults = ending.faults ?? blamed;
    this.#lost(faults.length > 0 ? { ...ending, faults } : ending);
  }

  methodCalled(connection: Connection, request: MethodRequest): void {
    if (connection !== this.#connection) return;
    const handling = new Handling(this, connection, request);
    this.#handlings ??= new Set();
    this.#handlings.add(handling);
    this.faults.noteEvent?.('called', this.id, request.name);
    handling.arrive();
  }

  desiredPatched(connection: Connection, patch: JsonObject, version: number): void {
    if (connection !== this.#connection) return;
    this.faults.noteEvent?.('desired', this.id);
    this.#twin.desiredPatched(patch, version);
  }

  messageArrived(connection: Connection, message: IncomingMessage): void {
    if (connection !== this.#connection) return;
    const { messages = 'complete' } = this.#settings;
    if (typeof messages !== 'string') this.#choices ??= this.#options.random.fork('messages');
    const outcome = settlementOf(messages, message, this.#choices ?? this.#options.random);
    message.settle(outcome);
    this.emit({
      type: 'message.taken',
      at: this.clock.now(),
      device: this.id,
      ...(message.messageId === undefined ? {} : { messageId: message.messageId }),
      bytes: message.body.length,
      outcome,
    });
  }

  puzzled(connection: Connection, detail: string): void {
    if (connection === this.#connection) this.complain(detail);
  }

  renewalDue(connection: Connection): void {
    if (connection === this.#connection) void this.#renew(connection);
  }

  // --- what a method asks of the device ---

  execute(handling: Handling): void {
    if (this.#lockedUp) {
      handling.freeze();
      this.finished(handling);
      return;
    }
    const service = serviceOf(this.#settings);
    if (service.busy === 'parallel') {
      this.#serve(handling, service);
      return;
    }
    this.#turns ??= new Turns((next) => this.#serve(next, serviceOf(this.#settings)));
    this.#turns.take(handling, service.busy);
  }

  #serve(handling: Handling, service: Service): void {
    this.#calls += 1;
    void handling.run(programFor(service, handling.request, this));
  }

  answered(handling: Handling): void {
    this.#turns?.over(handling);
  }

  finished(handling: Handling): void {
    if (!this.#handlings?.delete(handling)) return;
    this.#turns?.over(handling);
    if (this.#handlings.size === 0) this.#handlings = undefined;
    if (this.#renewing) void this.#renewWhenIdle();
  }

  async report(patch: JsonObject): Promise<void> {
    const connection = this.#connection;
    if (!connection) throw new TwinFailed('reporting properties: the device is not connected');
    this.#twin.reported(patch, await connection.report(JSON.stringify(patch)));
  }

  complain(detail: string): void {
    this.emit({ type: 'device.failed', at: this.clock.now(), device: this.id, detail });
  }

  get own(): Own {
    this.#own ??= new Own();
    return this.#own;
  }
  get memory(): Record<string, unknown> {
    return this.own.memory;
  }
  random(): number {
    return this.own.draw(this.#options.random);
  }
  get twin(): TwinDocument {
    return this.#twin.snapshot();
  }
  get status(): DeviceStatus {
    return {
      protocol: this.#settings.protocol,
      uptime: this.clock.now() - this.#bootedAt,
      connects: this.#connects,
      calls: this.#calls,
      telemetryInterval: this.#telemetrySpec?.intervalMs,
    };
  }

  setTelemetryInterval(interval: Millis | undefined): void {
    this.own.interval = interval;
    this.#startTelemetry();
  }

  lockUp(): void {
    this.#lockedUp = true;
    this.#telemetry?.stop();
    this.#starting?.abandon();
    // No turn is given any more, also not by those that end now.
    this.#turns = undefined;
    for (const handling of this.#handlings ?? []) handling.freeze();
    this.#handlings = undefined;
    if (this.#renewing) void this.#renewWhenIdle();
  }

  // --- twin ---

  async #readTwin(connection: Connection): Promise<void> {
    let twin: TwinDocument | undefined;
    try {
      twin = await connection.getTwin();
    } catch (error) {
      if (connection === this.#connection) this.complain(error instanceof Error ? error.message : String(error));
    }
    if (connection !== this.#connection) return;
    this.#twin.wasRead(twin);
    if (!this.#startedProgram) this.#startProgram();
  }

  get acknowledge(): AcknowledgeSpec | undefined {
    const { acknowledge } = this.#settings;
    return acknowledge?.how === 'never' || this.#lockedUp ? undefined : acknowledge;
  }
  get acknowledger(): Acknowledger {
    this.#acknowledger ??= new Acknowledger(this);
    return this.#acknowledger;
  }

  desiredCame(patch: JsonObject, version: number): void {
    if (this.acknowledge) this.acknowledger.came(patch, version);
  }

  desiredRead(before: JsonObject): void {
    const known = this.#acknowledger !== undefined || Object.keys(this.twin.desired).length > 0;
    if (this.acknowledge && known) this.acknowledger.wasRead(before);
  }

  #startProgram(): void {
    this.#starting?.abandon();
    this.#starting = undefined;
    this.#startedProgram = true;
    const { behaviour } = serviceOf(this.#settings);
    if (behaviour.onStart === undefined) return;
    this.#starting = new Program(this);
    void this.#starting.start(behaviour);
  }

  // --- telemetry ---

  get #telemetrySpec(): TelemetrySpec | undefined {
    const { telemetry } = this.#settings;
    return this.#own ? this.#own.telemetry(telemetry) : telemetry;
  }

  #startTelemetry(): void {
    const telemetry = this.#telemetrySpec;
    if (!telemetry || !this.#connection || this.#lockedUp) {
      this.#telemetry?.stop();
      return;
    }
    const { index = 1, random } = this.#options;
    this.#telemetry ??= new Telemetry(this, index, random.fork('telemetry'));
    this.#telemetry.start(telemetry, this.#connection);
  }

  telemetryIdle(): void {
    if (this.#renewing) void this.#renewWhenIdle();
  }

  // --- token ---

  /** On the connection where that can be done, which disturbs nobody; by another connection where it cannot. */
  async #renew(connection: Connection): Promise<void> {
    if (await connection.renew()) return;
    if (connection !== this.#connection) return;
    this.#renewing = true;
    await this.#renewWhenIdle();
  }

  /**
   * Dials again with a new token once nothing is in the device's hands or on its way to the hub. The hub is first asked to send no more methods
   * and what it had sent is answered, so that no call falls into the gap. A device that is never idle is cut by the hub at expiry instead.
   */
  async #renewWhenIdle(): Promise<void> {
    const connection = this.#connection;
    if (!connection || this.#handlings) return;
    this.#telemetry?.stop();
    if (this.#telemetry?.busy) return;
    await connection.mute();
    if (connection !== this.#connection || !this.#renewing || this.#handlings) return;
    if (!this.#move('renew', 'renewing the token')) return;
    this.#letGo()?.hangUp();
    this.#dial();
  }
}

// The link half of a virtual device: it dials, comes online, loses its link, waits and dials again, by the table in link.ts. Moves happen in `#move`
// and nowhere else. What the device does with a link is the affair of who extends it (virtual-device.ts).
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Emit, FleetFact, LinkState } from '../vocabulary/facts.ts';
import type { DeviceId, FaultName } from '../vocabulary/ids.ts';
import type { DeviceGrip, FaultHooks, Flow } from '../vocabulary/passages.ts';
import type { Instant, Millis } from '../vocabulary/units.ts';
import { Attempt, type Attempting, isHindered } from './attempt.ts';
import type { DeviceOptions, DeviceSnapshot, FleetSettings, MethodRequest } from './device.ts';
import { type Grippable, Gripped } from './gripped.ts';
import { type LinkInput, reconnectWait, step } from './link.ts';
import { connect } from './links/connect.ts';
import type { Connection, ConnectionOwner, Ending, IncomingMessage, JsonObject } from './links/connection.ts';
import { type Blame, tokenOf } from './proof.ts';

export abstract class LinkedDevice implements Attempting, ConnectionOwner, Grippable {
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
  #bootedAt: Instant = 0;
  #renewing = false;
  /** All three only while a fault has a hand in it: in the link, in an attempt to connect, in what the device showed of itself. */
  #gripped: Gripped | undefined;
  #dialling: Attempt | undefined;
  #blame: Blame | undefined;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  // --- what the other half does about it ---

  /** The device is online, and reached by methods from here on. */
  protected abstract cameOnline(connection: Connection): void;
  /** The connection is no longer this device's: what depends on it ends. */
  protected abstract linkLeft(): void;
  /** It is gone without the device's will, and replies can no longer leave. */
  protected abstract repliesLost(): void;
  /** The device's program is gone: it rebooted, or was stopped. */
  protected abstract abandonAll(): void;
  /** Whether methods are in the device's hands. */
  protected abstract readonly occupied: boolean;
  /** No more messages; whether some are still on their way to the hub. */
  protected abstract holdMessages(): boolean;
  abstract methodCalled(connection: Connection, request: MethodRequest): void;
  abstract desiredPatched(connection: Connection, patch: JsonObject, version: number): void;
  abstract messageArrived(connection: Connection, message: IncomingMessage): void;
  abstract puzzled(connection: Connection, detail: string): void;

  get id(): DeviceId {
    return this.#options.id;
  }
  protected get options(): DeviceOptions {
    return this.#options;
  }
  protected get settings(): FleetSettings {
    return this.#options.settings;
  }
  get state(): LinkState {
    return this.#state;
  }
  get clock(): Clock {
    return this.settings.clock;
  }
  get emit(): Emit<FleetFact> {
    return this.settings.emit;
  }
  get faults(): FaultHooks {
    return this.settings.faults;
  }
  protected get connection(): Connection | undefined {
    return this.#connection;
  }
  protected get connects(): number {
    return this.#connects;
  }
  /** Since the device was started, or woke from its last reboot; ms. */
  protected get uptime(): Millis {
    return this.clock.now() - this.#bootedAt;
  }
  protected get linkSnapshot(): Pick<DeviceSnapshot, 'id' | 'state' | 'detail' | 'connects'> {
    return {
      id: this.id,
      state: this.#state,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
      connects: this.#connects,
    };
  }

  change(settings: FleetSettings): void {
    this.#options = { ...this.#options, settings };
  }

  start(delay: Millis): void {
    if (!this.#move('start')) return;
    this.#bootedAt = this.clock.now();
    this.#attempt = 0;
    this.#dialIn(delay);
  }

  stop(): void {
    if (!this.#move('stop')) return;
    this.abandonAll();
    this.#letGo()?.hangUp();
  }

  reboot(dark: Millis): void {
    if (!this.#move('reboot', 'rebooting')) return;
    this.#attempt = 0;
    this.abandonAll();
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
    this.#renewing = false;
    this.linkLeft();
    return connection;
  }

  /**
   * Without a goodbye; false when there was no link, nor one under way.
   * @param resetBy by a TCP reset, and the fault that wants it.
   */
  #sever(resetBy?: FaultName): boolean {
    if (!this.#connection && !this.#dialling) return false;
    const connection = this.#letGo();
    this.repliesLost();
    if (resetBy === undefined) connection?.drop();
    else connection?.reset(resetBy);
    return true;
  }

  #lost({ detail, refused, faults }: Ending): void {
    const { reconnect } = this.settings;
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
    this.cameOnline(connection);
    // Last: a fault that waits for it may take the link away at once.
    this.faults.noteEvent?.('connected', this.id);
  }

  closed(connection: Connection, ending: Ending): void {
    if (connection !== this.#connection) return;
    this.#letGo();
    this.repliesLost();
    const blamed = this.#blame && (ending.refused || this.clock.now() >= this.#blame.until) ? this.#blame.faults : [];
    const silencedBy = this.#gripped ? connection.flow.silencedBy : [];
    const faults = ending.faults ?? (silencedBy.length > 0 ? silencedBy : blamed);
    this.#lost(faults.length > 0 ? { ...ending, faults } : ending);
  }

  renewalDue(connection: Connection): void {
    if (connection === this.#connection) void this.#renew(connection);
  }

  // --- token ---

  /** Nothing is in the device's hands any more, or on its way: a renewal that waited for it goes on. */
  protected noteIdle(): void {
    if (this.#renewing) void this.#renewWhenIdle();
  }

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
    if (!connection || this.occupied || this.holdMessages()) return;
    await connection.mute();
    if (connection !== this.#connection || !this.#renewing || this.occupied) return;
    if (!this.#move('renew', 'renewing the token')) return;
    this.#letGo()?.hangUp();
    this.#dial();
  }
}

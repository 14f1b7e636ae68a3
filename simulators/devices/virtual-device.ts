// A virtual device joins a link (linked-device.ts), a twin (twin.ts), telemetry and a behaviour: what it does with what its connection brings.
import type { Random } from '../random/random.ts';
import type { AcknowledgeSpec, TelemetrySpec } from '../vocabulary/specs.ts';
import type { Millis } from '../vocabulary/units.ts';
import { Acknowledger, type Acknowledging } from './acknowledging.ts';
import type { DeviceStatus } from './behaviours/behaviour.ts';
import { Turns } from './busy.ts';
import type { Device, DeviceOptions, DeviceSnapshot, FleetSettings, MethodRequest } from './device.ts';
import { type Handler, Handling } from './handling.ts';
import { LinkedDevice } from './linked-device.ts';
import {
  type Connection,
  type IncomingMessage,
  type JsonObject,
  type TwinDocument,
  TwinFailed,
} from './links/connection.ts';
import { Own } from './own.ts';
import { Program } from './program.ts';
import { programFor, type Service, serviceOf } from './service.ts';
import { settlementOf } from './settling.ts';
import { Telemetry, type TelemetryOwner } from './telemetry.ts';
import { DeviceTwin, type TwinOwner } from './twin.ts';

export const createDevice = (options: DeviceOptions): Device => new VirtualDevice(options);

class VirtualDevice extends LinkedDevice implements Device, Acknowledging, Handler, TelemetryOwner, TwinOwner {
  readonly #twin = new DeviceTwin(this);
  /** Methods in the device's hands; undefined while there are none. */
  #handlings: Set<Handling> | undefined;
  #calls = 0;
  #startedProgram = false;
  #lockedUp = false;
  /** All only for a device that needs them. */
  #telemetry: Telemetry | undefined;
  #choices: Random | undefined;
  #own: Own | undefined;
  #acknowledger: Acknowledger | undefined;
  /** What its behaviour does as the device comes up. */
  #starting: Program | undefined;
  #turns: Turns | undefined;

  override change(settings: FleetSettings): void {
    const { behaviour, telemetry, acknowledge } = this.settings;
    super.change(settings);
    // The newer word counts: the fleet's, once it says something else.
    if (telemetry !== settings.telemetry && this.#own) this.#own.interval = undefined;
    if (this.state === 'online') this.#startTelemetry();
    if (!this.#startedProgram) return;
    if (behaviour !== settings.behaviour) this.#startProgram();
    if (acknowledge?.how !== settings.acknowledge?.how && this.acknowledge) this.acknowledger.beginAnew();
  }

  snapshot(): DeviceSnapshot {
    return {
      ...this.linkSnapshot,
      ...this.#twin.snapshot(),
    };
  }

  protected cameOnline(connection: Connection): void {
    this.#twin.beginsReading();
    this.#startTelemetry();
    void this.#readTwin(connection);
  }

  protected linkLeft(): void {
    this.#twin.stopsReading();
    this.#telemetry?.stop();
  }

  protected repliesLost(): void {
    for (const handling of this.#handlings ?? []) handling.connectionLost();
  }

  protected get occupied(): boolean {
    return this.#handlings !== undefined;
  }

  protected holdMessages(): boolean {
    this.#telemetry?.stop();
    return this.#telemetry?.busy === true;
  }

  protected abandonAll(): void {
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

  methodCalled(connection: Connection, request: MethodRequest): void {
    if (connection !== this.connection) return;
    const handling = new Handling(this, connection, request);
    this.#handlings ??= new Set();
    this.#handlings.add(handling);
    this.faults.noteEvent?.('called', this.id, request.name);
    handling.arrive();
  }

  desiredPatched(connection: Connection, patch: JsonObject, version: number): void {
    if (connection !== this.connection) return;
    this.faults.noteEvent?.('desired', this.id);
    this.#twin.desiredPatched(patch, version);
  }

  messageArrived(connection: Connection, message: IncomingMessage): void {
    if (connection !== this.connection) return;
    const { messages = 'complete' } = this.settings;
    if (typeof messages !== 'string') this.#choices ??= this.options.random.fork('messages');
    const outcome = settlementOf(messages, message, this.#choices ?? this.options.random);
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
    if (connection === this.connection) this.complain(detail);
  }

  // --- what a method asks of the device ---

  execute(handling: Handling): void {
    if (this.#lockedUp) {
      handling.freeze();
      this.finished(handling);
      return;
    }
    const service = serviceOf(this.settings);
    if (service.busy === 'parallel') {
      this.#serve(handling, service);
      return;
    }
    this.#turns ??= new Turns((next) => this.#serve(next, serviceOf(this.settings)));
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
    this.noteIdle();
  }

  async report(patch: JsonObject): Promise<void> {
    const connection = this.connection;
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
    return this.own.draw(this.options.random);
  }
  get twin(): TwinDocument {
    return this.#twin.snapshot();
  }
  get status(): DeviceStatus {
    return {
      protocol: this.settings.protocol,
      uptime: this.uptime,
      connects: this.connects,
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
    this.noteIdle();
  }

  // --- twin ---

  async #readTwin(connection: Connection): Promise<void> {
    let twin: TwinDocument | undefined;
    try {
      twin = await connection.getTwin();
    } catch (error) {
      if (connection === this.connection) this.complain(error instanceof Error ? error.message : String(error));
    }
    if (connection !== this.connection) return;
    this.#twin.wasRead(twin);
    if (!this.#startedProgram) this.#startProgram();
  }

  get acknowledge(): AcknowledgeSpec | undefined {
    const { acknowledge } = this.settings;
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
    const { behaviour } = serviceOf(this.settings);
    if (behaviour.onStart === undefined) return;
    this.#starting = new Program(this);
    void this.#starting.start(behaviour);
  }

  // --- telemetry ---

  get #telemetrySpec(): TelemetrySpec | undefined {
    const { telemetry } = this.settings;
    return this.#own ? this.#own.telemetry(telemetry) : telemetry;
  }

  #startTelemetry(): void {
    const telemetry = this.#telemetrySpec;
    if (!telemetry || !this.connection || this.#lockedUp) {
      this.#telemetry?.stop();
      return;
    }
    const { index = 1, random } = this.options;
    this.#telemetry ??= new Telemetry(this, index, random.fork('telemetry'));
    this.#telemetry.start(telemetry, this.connection);
  }

  telemetryIdle(): void {
    this.noteIdle();
  }
}

// Messages a device sends of its own accord while it is online. What they say comes from the template of its fleet
// (vocabulary/telemetry-template.ts); chance and time are the device's own, so that the same seed gives the same messages.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import type { Emit, FleetFact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { TelemetrySpec } from '../vocabulary/specs.ts';
import { parseTemplate, type Template, writeTemplate } from '../vocabulary/telemetry-template.ts';
import type { Millis } from '../vocabulary/units.ts';
import { type Connection, MessageFailed } from './links/connection.ts';

/** Messages the hub has not acknowledged; past them a device drops what is due, as one with a full buffer does. */
const mostUnderWay = 16;

export interface TelemetryOwner {
  readonly id: DeviceId;
  readonly clock: Clock;
  readonly emit: Emit<FleetFact>;
  /** Nothing is under way any more. */
  telemetryIdle(): void;
}

interface FleetTemplate {
  readonly body: Template;
  readonly properties: readonly (readonly [string, Template])[];
}

const templates = new WeakMap<TelemetrySpec, FleetTemplate>();

function templateOf(spec: TelemetrySpec): FleetTemplate {
  let template = templates.get(spec);
  if (template === undefined) {
    template = {
      body: parseTemplate(spec.template),
      properties: Object.entries(spec.properties).map(([name, value]) => [name, parseTemplate(value)]),
    };
    templates.set(spec, template);
  }
  return template;
}

export class Telemetry {
  readonly #owner: TelemetryOwner;
  readonly #index: number;
  readonly #random: Random;
  #count = 0;
  #underWay = 0;
  #timer: Cancel | undefined;
  /** Where each walk of body and properties is: first those of the body. */
  #walks: number[] | undefined;

  constructor(owner: TelemetryOwner, index: number, random: Random) {
    this.#owner = owner;
    this.#index = index;
    this.#random = random;
  }

  get busy(): boolean {
    return this.#underWay > 0;
  }

  /** Sends over this connection until stopped; the first message leaves after one interval. */
  start(spec: TelemetrySpec, connection: Connection): void {
    this.stop();
    this.#timer = this.#owner.clock.after(this.#wait(spec), () => {
      this.start(spec, connection);
      this.#send(spec, connection);
    });
  }

  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  #wait({ intervalMs, jitter }: TelemetrySpec): Millis {
    return Math.max(1, Math.round(intervalMs * (1 + jitter * (2 * this.#random.next() - 1))));
  }

  #send(spec: TelemetrySpec, connection: Connection): void {
    this.#count += 1;
    const { body, properties } = templateOf(spec);
    const { id: deviceId, clock } = this.#owner;
    this.#walks ??= [];
    const next = () => this.#random.next();
    const drawing = { deviceId, index: this.#index, count: this.#count, now: clock.now(), next, walks: this.#walks };
    let walksBefore = 0;
    const write = (template: Template): string => {
      const text = writeTemplate(template, { ...drawing, walksBefore });
      walksBefore += template.walks;
      return text;
    };
    const text = write(body);
    const message = {
      body: text,
      contentType: spec.contentType,
      contentEncoding: spec.contentEncoding,
      properties: Object.fromEntries(properties.map(([name, template]) => [name, write(template)])),
    };
    const bytes = Buffer.byteLength(text);
    if (this.#underWay >= mostUnderWay) {
      this.#tell(bytes, 'lost');
      return;
    }
    this.#underWay += 1;
    connection.send(message).then(
      () => this.#sent(bytes, 'taken'),
      (error: unknown) => this.#sent(bytes, error instanceof MessageFailed && error.refused ? 'refused' : 'lost'),
    );
  }

  #sent(bytes: number, outcome: Outcome): void {
    this.#underWay -= 1;
    this.#tell(bytes, outcome);
    if (this.#underWay === 0) this.#owner.telemetryIdle();
  }

  #tell(bytes: number, outcome: Outcome): void {
    const { id: device, clock, emit } = this.#owner;
    emit({ type: 'telemetry.sent', at: clock.now(), device, bytes, outcome });
  }
}

type Outcome = Extract<FleetFact, { type: 'telemetry.sent' }>['outcome'];

// Messages a device sends of its own accord while it is online. What they say comes from the template of its fleet
// (vocabulary/telemetry-template.ts); chance and time are the device's own, so that the same seed gives the same messages.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import type { Emit, FleetFact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { TelemetrySpec } from '../vocabulary/specs.ts';
import { type Placeholder, parseTemplate, type Template } from '../vocabulary/telemetry-template.ts';
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
    let walksBefore = 0;
    const write = (template: Template): string => {
      const text = this.#write(template, walksBefore);
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

  #write({ parts }: Template, walksBefore: number): string {
    let written = '';
    for (const part of parts) {
      if (typeof part === 'string') {
        written += part;
        continue;
      }
      const value = this.#valueOf(part.value, walksBefore);
      if (part.within === 'text' || (part.within === 'bare' && jsonWord.test(value) && !isText(part.value)))
        written += value;
      else written += part.within === 'bare' ? JSON.stringify(value) : JSON.stringify(value).slice(1, -1);
    }
    return written;
  }

  #valueOf(of: Placeholder, walksBefore: number): string {
    switch (of.kind) {
      case 'deviceId':
        return this.#owner.id;
      case 'index':
        return String(this.#index);
      case 'count':
        return String(this.#count);
      case 'time':
        return new Date(this.#owner.clock.now()).toISOString();
      case 'random': {
        const steps = 10 ** of.decimals;
        const places = Math.round((of.high - of.low) * steps) + 1;
        return (of.low + Math.floor(this.#random.next() * places) / steps).toFixed(of.decimals);
      }
      case 'walk': {
        this.#walks ??= [];
        const place = walksBefore + of.place;
        const before = this.#walks[place];
        const moved = before === undefined ? (of.low + of.high) / 2 : before + of.step * (2 * this.#random.next() - 1);
        const value = Math.min(of.high, Math.max(of.low, moved));
        this.#walks[place] = value;
        return value.toFixed(of.decimals);
      }
      case 'pick':
        return of.words[Math.floor(this.#random.next() * of.words.length)] ?? '';
    }
  }
}

type Outcome = Extract<FleetFact, { type: 'telemetry.sent' }>['outcome'];

/** What stands in JSON without quotes. */
const jsonWord = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null)$/;
/** A device called `7` still has a text for its id. */
const isText = (of: Placeholder): boolean => of.kind === 'deviceId' || of.kind === 'time';

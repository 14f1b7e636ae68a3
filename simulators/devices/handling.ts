// One method request in a device's hands, from arrival to the end of its behaviour. Exactly one `method.handled` fact comes of it.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Emit, FaultTouch, FleetFact } from '../vocabulary/facts.ts';
import type { DeviceId, RequestId } from '../vocabulary/ids.ts';
import type { FaultHooks, LinkGrip, ReplyPassage } from '../vocabulary/passages.ts';
import type { Instant, Millis } from '../vocabulary/units.ts';
import { Abandoned, type DeviceActions, JsonText, type OnMethod } from './behaviours/behaviour.ts';
import type { MethodRequest } from './device.ts';
import type { Connection } from './links/connection.ts';

/** What a handling needs of its device. */
export interface Handler extends LinkGrip {
  readonly id: DeviceId;
  readonly clock: Clock;
  readonly emit: Emit<FleetFact>;
  readonly faults: FaultHooks;
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  reboot(dark: Millis): void;
  complain(detail: string): void;
  /** The behaviour is through with it, whichever way. */
  finished(handling: Handling): void;
}

type Outcome = 'answered' | 'silent' | 'lost';

export class Handling implements DeviceActions {
  readonly #device: Handler;
  readonly #connection: Connection;
  readonly #request: MethodRequest;
  readonly #receivedAt: Instant;
  #replied = false;
  #outcome: Outcome | undefined;
  /** Ends whatever the behaviour waits for right now, with an error or without. */
  #wake: ((error?: Error) => void) | undefined;
  #abandoned = false;

  constructor(device: Handler, connection: Connection, request: MethodRequest) {
    this.#device = device;
    this.#connection = connection;
    this.#request = request;
    this.#receivedAt = device.clock.now();
  }

  /** Never rejects: a behaviour that throws is reported, and answers 500 if it had not answered. */
  async run(behaviour: OnMethod): Promise<void> {
    try {
      await behaviour(this.#request, this);
      if (!this.#replied) this.#end('silent');
    } catch (error) {
      if (!(error instanceof Abandoned)) await this.#recover(error);
    }
    this.#device.finished(this);
  }

  async #recover(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    this.#device.complain(`method ${this.#request.name}: the behaviour failed: ${message}`);
    if (this.#replied || this.#abandoned) return;
    try {
      await this.reply(500, { message });
    } catch {
      // Abandoned meanwhile: nothing is left to answer.
    }
  }

  reply(status: number, payload: unknown): Promise<void> {
    if (this.#abandoned) return Promise.reject(new Abandoned());
    if (this.#replied) return Promise.reject(new Error('a second reply to one request'));
    if (!Number.isInteger(status) || status < 0 || status > 0x7fff_ffff) {
      return Promise.reject(new Error(`status ${status}: expected a whole number from 0 to 2147483647`));
    }
    const text = payload instanceof JsonText ? payload.text : (JSON.stringify(payload) ?? '');
    this.#replied = true;
    const faults = this.#device.faults.at('reply', this.#device.id);
    if (!faults) {
      this.#leave(this.#request.rid, status, text);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#wake = (error) => (error ? reject(error) : resolve());
      faults(this.#passage(status, text));
    });
  }

  /** A reply in the hands of faults. */
  #passage(status: number, payload: string): ReplyPassage {
    const { id: device } = this.#device;
    const { name: method, rid } = this.#request;
    let onceLeft: (() => void)[] | undefined;
    const passage: ReplyPassage = {
      ...{ device, method, link: this.#device, touches: undefined, status, payload, rid },
      pass: () => {
        this.#leave(passage.rid, passage.status, passage.payload, passage.touches);
        for (const run of onceLeft ?? []) run();
        this.#resume();
      },
      hang: () => {
        this.#end('silent', undefined, passage.touches);
        // A device that rebooted now would end the call early with 404104; hung, it keeps its caller waiting until 504.
        this.#device.finished(this);
      },
      swallow: () => {
        this.#end('silent', undefined, passage.touches);
        this.#resume();
      },
      sendAnother: () => this.#send(passage.rid, passage.status, passage.payload),
      onceLeft: (run) => {
        onceLeft ??= [];
        onceLeft.push(run);
      },
    };
    return passage;
  }

  async report(patch: Readonly<Record<string, unknown>>): Promise<void> {
    this.#check();
    try {
      await this.#device.report(patch);
    } catch (error) {
      this.#check();
      throw error;
    }
    this.#check();
  }

  reboot(dark: Millis): void {
    if (!this.#abandoned) this.#device.reboot(dark);
  }

  wait(ms: Millis): Promise<void> {
    if (this.#abandoned) return Promise.reject(new Abandoned());
    return new Promise((resolve, reject) => {
      const cancel: Cancel = this.#device.clock.after(ms, () => this.#resume());
      this.#wake = (error) => {
        cancel();
        if (error) reject(error);
        else resolve();
      };
    });
  }

  complain(detail: string): void {
    this.#device.complain(`method ${this.#request.name}: ${detail}`);
  }

  isoNow(): string {
    return new Date(this.#device.clock.now()).toISOString();
  }

  localNow(): string {
    const now = this.#device.clock.now();
    const shifted = new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString();
    return `${shifted.slice(0, 10)} ${shifted.slice(11, 23)}000`;
  }

  /** The connection it came over is gone: the reply can no longer leave. The behaviour itself goes on, as a program would. */
  connectionLost(): void {
    this.#end('lost');
  }

  /** The device rebooted or was stopped: its program is gone, and this with it. */
  abandon(): void {
    this.#end('lost');
    this.#abandoned = true;
    this.#resume(new Abandoned());
  }

  #check(): void {
    if (this.#abandoned) throw new Abandoned();
  }

  #resume(error?: Error): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.(error);
  }

  #leave(rid: RequestId, status: number, text: string, touches?: readonly FaultTouch[]): void {
    if (this.#outcome) return;
    this.#send(rid, status, text);
    this.#end('answered', status, touches);
  }

  #send(rid: RequestId, status: number, text: string): void {
    const request = this.#request;
    this.#connection.reply(rid === request.rid ? request : { ...request, rid }, status, text);
  }

  #end(outcome: Outcome, status?: number, touches?: readonly FaultTouch[]): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    const { name, rid } = this.#request;
    this.#device.emit({
      type: 'method.handled',
      at: this.#device.clock.now(),
      device: this.#device.id,
      rid,
      method: name,
      receivedAt: this.#receivedAt,
      outcome,
      ...(status === undefined ? {} : { status }),
      ...(touches === undefined ? {} : { touches }),
    });
  }
}

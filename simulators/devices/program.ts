// A piece of a device's program at work, started by a method or by the device coming up. It ends when the device reboots or is stopped, wherever it
// is waiting then.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { Millis } from '../vocabulary/units.ts';
import { Abandoned, type Behaviour, type DeviceStatus, type StartActions } from './behaviours/behaviour.ts';
import type { TwinDocument } from './links/connection.ts';

/** What a program needs of its device. */
export interface ProgramOwner {
  readonly id: DeviceId;
  readonly clock: Clock;
  readonly twin: TwinDocument;
  readonly memory: Record<string, unknown>;
  readonly status: DeviceStatus;
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  reboot(dark: Millis): void;
  complain(detail: string): void;
  random(): number;
  setTelemetryInterval(interval: Millis | undefined): void;
  lockUp(): void;
}

export class Program<Owner extends ProgramOwner = ProgramOwner> implements StartActions {
  protected readonly owner: Owner;
  /** One for each place it waits at; a program may wait at several at once. */
  #waits: Set<() => void> | undefined;
  #abandoned = false;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  /** Never rejects: a behaviour that throws is reported. */
  async start({ onStart }: Behaviour): Promise<void> {
    try {
      await onStart?.(this);
    } catch (error) {
      if (!(error instanceof Abandoned)) this.complain(`the behaviour failed as the device came up: ${textOf(error)}`);
    }
  }

  get id(): DeviceId {
    return this.owner.id;
  }
  get twin(): TwinDocument {
    return this.owner.twin;
  }
  get memory(): Record<string, unknown> {
    return this.owner.memory;
  }
  get status(): DeviceStatus {
    return this.owner.status;
  }

  async report(patch: Readonly<Record<string, unknown>>): Promise<void> {
    this.#check();
    try {
      await this.owner.report(patch);
    } catch (error) {
      this.#check();
      throw error;
    }
    this.#check();
  }

  reboot(dark: Millis): void {
    if (!this.#abandoned) this.owner.reboot(dark);
  }

  wait(ms: Millis): Promise<void> {
    return this.until((done) => this.owner.clock.after(ms, done));
  }

  complain(detail: string): void {
    this.owner.complain(detail);
  }

  random(): number {
    return this.owner.random();
  }

  setTelemetryInterval(interval: Millis | undefined): void {
    if (!this.#abandoned) this.owner.setTelemetryInterval(interval);
  }

  lockUp(): void {
    if (!this.#abandoned) this.owner.lockUp();
  }

  isoNow(): string {
    return new Date(this.owner.clock.now()).toISOString();
  }

  localNow(): string {
    const now = this.owner.clock.now();
    const shifted = new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString();
    return `${shifted.slice(0, 10)} ${shifted.slice(11, 23)}000`;
  }

  /** The device rebooted or was stopped: its program is gone, and this with it. */
  abandon(): void {
    this.#abandoned = true;
    for (const give of this.#waits ?? []) give();
    this.#waits = undefined;
  }

  protected get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Waits until `begin` is called back. When the program is abandoned before, what `begin` gave is run. */
  protected until(begin: (done: () => void) => Cancel | undefined): Promise<void> {
    if (this.#abandoned) return Promise.reject(new Abandoned());
    return new Promise((resolve, reject) => {
      let cancel: Cancel | undefined;
      const give = () => {
        cancel?.();
        reject(new Abandoned());
      };
      this.#waits ??= new Set();
      this.#waits.add(give);
      cancel = begin(() => {
        this.#waits?.delete(give);
        resolve();
      });
    });
  }

  #check(): void {
    if (this.#abandoned) throw new Abandoned();
  }
}

/** What a behaviour threw, which may be anything. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

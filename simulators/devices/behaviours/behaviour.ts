// What a device does on a direct method, and what it may do while at it. Ours and a user's own module are the same thing: `onMethod`, and where
// something is to be done when the device comes up, `onStart`.
import type { DeviceId } from '../../vocabulary/ids.ts';
import { type Millis, seconds } from '../../vocabulary/units.ts';
import type { LinkProtocol, MethodRequest } from '../device.ts';
import { type TwinDocument, TwinFailed } from '../links/connection.ts';

/** A payload that is JSON text already and leaves byte for byte as it is; empty sends no payload. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** What a device can tell of itself. */
export interface DeviceStatus {
  readonly protocol: LinkProtocol;
  /** Since it was switched on or rebooted last. */
  readonly uptime: Millis;
  /** How often the hub took it in. */
  readonly connects: number;
  /** Methods that it began to execute. */
  readonly calls: number;
  /** Between two messages; undefined when it sends none. */
  readonly telemetryInterval: Millis | undefined;
}

/** Everything a behaviour can do. Each promise rejects with Abandoned when the device reboots or is stopped meanwhile. */
export interface DeviceActions {
  readonly id: DeviceId;
  /**
   * Answers the method, once; `status` is the device's own number, any whole one from 0 up to 2^31-1.
   * Resolves when the reply has left, later when a fault holds it. Never settles when a fault keeps it for good: the method hangs there.
   */
  reply(status: number, payload: unknown): Promise<void>;
  /** Merges into the reported properties. Rejects with TwinFailed when the hub refuses or there is no connection. */
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  /** Drops the link, stays dark for `dark` ms, comes back. Whatever else the device was doing ends; `onStart` goes on from there. */
  reboot(dark: Millis): void;
  wait(ms: Millis): Promise<void>;
  /** Tells the world that something went wrong; the device goes on. */
  complain(detail: string): void;
  /** The device's own chance, from 0 (included) to 1 (excluded); the same numbers for the same seed. */
  random(): number;
  /** Its copy of the twin, as it is now. */
  readonly twin: TwinDocument;
  /** What the device keeps through a reboot, for as long as Hubfleet runs it; one object for all its behaviours, to be changed at will. */
  readonly memory: Record<string, unknown>;
  readonly status: DeviceStatus;
  /** From now on, in place of what its fleet says (also where the fleet sends nothing); undefined goes back to that. */
  setTelemetryInterval(interval: Millis | undefined): void;
  /** Accepts everything from now on and answers, reports and sends nothing, until it is power-cycled. */
  lockUp(): void;
  /** Now, as `2026-11-21T14:00:00.000Z`. */
  isoNow(): string;
  /** Now in the machine's time zone, as Python prints it: `2026-11-21 15:00:00.000000`. */
  localNow(): string;
}

/** Outside a call there is nothing to answer. */
export type StartActions = Omit<DeviceActions, 'reply'>;

export type OnMethod = (request: MethodRequest, device: DeviceActions) => Promise<void>;

export interface Behaviour {
  /** Called for the methods it knows. */
  readonly onMethod: OnMethod;
  /** The device is online, and has read its twin, for the first time since it was switched on, rebooted, or given this behaviour. */
  readonly onStart?: (device: StartActions) => Promise<void>;
  /** What it knows; left out: every method. */
  readonly methods?: readonly string[];
  /** The payload with which its article answers 404 to any other method. */
  readonly notFound?: (method: string) => unknown;
}

/** Every device of a fleet shares one behaviour: what is a device's own is kept in `device.memory`. */
export type BehaviourMaker<Spec> = (spec: Spec) => Behaviour;

export const knows = ({ methods }: Behaviour, method: string): boolean => methods?.includes(method) ?? true;

/** The device rebooted or was stopped while a method was under way. Not a failure: the program that ran is simply gone. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned';
}

/** The request's payload; undefined when there is none, or no JSON. */
export function jsonOf({ payload }: Pick<MethodRequest, 'payload'>): unknown {
  if (payload === '') return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** Reports, or says that it could not and goes on: as the articles' devices do. */
export async function tryReport(device: StartActions, patch: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await device.report(patch);
  } catch (error) {
    if (!(error instanceof TwinFailed)) throw error;
    device.complain(error.message);
  }
}

/** Tries of `reportForSure`, and the wait before the second; it doubles. */
const tries = 8;
const firstWait: Millis = seconds(1);

/** For what must reach the twin, or it would say something wrong for ever: tries again for about two minutes, then says that it gave up. */
export async function reportForSure(device: StartActions, patch: Readonly<Record<string, unknown>>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await device.report(patch);
      return;
    } catch (error) {
      if (!(error instanceof TwinFailed)) throw error;
      if (tried === tries) {
        device.complain(`${error.message}; given up after ${tries} tries`);
        return;
      }
    }
    await device.wait(firstWait * 2 ** (tried - 1));
  }
}

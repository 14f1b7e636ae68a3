// What a device does on a direct method, and what it may do while at it. A behaviour is a plain function over these two.
import type { Millis } from '../../vocabulary/units.ts';
import type { MethodRequest } from '../device.ts';

/** A payload that is JSON text already and leaves byte for byte as it is; empty sends no payload. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Everything a behaviour can do. Each promise rejects with Abandoned when the device reboots or is stopped meanwhile. */
export interface DeviceActions {
  /**
   * Answers the method, once; `status` is the device's own number, any whole one from 0 up to 2^31-1.
   * Resolves when the reply has left, later when a fault holds it. Never settles when a fault keeps it for good: the method hangs there.
   */
  reply(status: number, payload: unknown): Promise<void>;
  /** Merges into the reported properties. Rejects with TwinFailed when the hub refuses or there is no connection. */
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  /** Drops the link, stays dark for `dark` ms, comes back. Whatever else the device was doing ends. */
  reboot(dark: Millis): void;
  wait(ms: Millis): Promise<void>;
  /** Tells the world that something went wrong; the device goes on. */
  complain(detail: string): void;
  /** Now, as `2026-11-21T14:00:00.000Z`. */
  isoNow(): string;
  /** Now in the machine's time zone, as Python prints it: `2026-11-21 15:00:00.000000`. */
  localNow(): string;
}

export type OnMethod = (request: MethodRequest, device: DeviceActions) => Promise<void>;

/** The device rebooted or was stopped while a method was under way. Not a failure: the program that ran is simply gone. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned';
}

// Direct methods: ranges, connect-timeout waiting, response timeout, request ids, late and unknown answers (reference section 5).
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { Refusal } from '../../vocabulary/service-errors.ts';
import type { DeviceConnection } from '../connections/connections.ts';

/** A device's answer: the status it chose and its payload bytes, unchanged; empty when it sent none. */
export interface MethodAnswer {
  readonly status: number;
  readonly payload: Buffer;
}

export interface Methods {
  /**
   * POST /twins/{id}/methods with the raw request body. Checks it (400004, 400005, 400006, 413001), waits for the device up to the connect
   * timeout (404103), sends, waits up to the response timeout (504101). Emits invocation.begun and invocation.ended. A fault at `request` comes
   * before all of that: neither timeout runs while it holds the call. Calls of jobs pass there too.
   */
  invoke(device: DeviceId, body: Buffer): Promise<MethodAnswer | Refusal>;
  /** An answer that came in through a door. Late or unknown ones are dropped and reported as facts. */
  answered(connection: DeviceConnection, rid: string, status: number, payload: Buffer): void;
  /** A device began to listen: calls waiting in their connect timeout go out. */
  listening(connection: DeviceConnection): void;
  /** A connection ended: its waiting calls fail at once with 400027 (replaced) or 404104. */
  lost(connection: DeviceConnection, replaced: boolean): void;
  readonly inFlight: number;
  /** Ends what still waits with 503001, and every call from now on: no timer is left. */
  stop(): void;
}

export { openMethods } from './open-methods.ts';

// What a device needs of one connection to a hub, whatever protocol carries it. A connection lives once: when it ends, another is made.
import type { FaultName } from '../../vocabulary/ids.ts';
import type { Flow } from '../../vocabulary/passages.ts';
import type { MethodRequest } from '../device.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The twin as a device reads it; versions are taken out of the sections. */
export interface TwinDocument {
  readonly desired: JsonObject;
  readonly desiredVersion: number;
  readonly reported: JsonObject;
  readonly reportedVersion: number;
}

/** Why a connection ended, in a few words; `refused` when the hub said no, rather than the wire breaking. */
export interface Ending {
  readonly detail: string;
  readonly refused: boolean;
  /** Faults that had a hand in it. */
  readonly faults?: readonly FaultName[];
}

/** A message a device sends (telemetry). Properties are the application's; the two system ones have names of their own on every wire. */
export interface OutgoingMessage {
  readonly body: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly messageId?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** What a device does with a cloud-to-device message. Over MQTT only `completed` can be said; the others leave it unacknowledged. */
export type Settlement = 'completed' | 'rejected' | 'abandoned';

export interface IncomingMessage {
  readonly body: Buffer;
  readonly messageId?: string;
  readonly properties: Readonly<Record<string, string>>;
  /** To be called once. MQTT has no word for rejecting or abandoning and leaves the message locked. Does nothing when the connection is over. */
  settle(settlement: Settlement): void;
}

/** What a connection tells the device that owns it. After `closed`, or after the owner let go of it, it tells nothing more. */
export interface ConnectionOwner {
  /** A token of the device, signed now. */
  token(): string;
  /** The hub took the device in and sends it methods and desired patches from now on. */
  opened(connection: Connection): void;
  closed(connection: Connection, ending: Ending): void;
  methodCalled(connection: Connection, request: MethodRequest): void;
  desiredPatched(connection: Connection, patch: JsonObject, version: number): void;
  messageArrived(connection: Connection, message: IncomingMessage): void;
  /** Something came that could not be used. The connection goes on. */
  puzzled(connection: Connection, detail: string): void;
  /** The token should be replaced soon; the owner picks the moment. */
  renewalDue(connection: Connection): void;
}

export interface Connection {
  readonly isOpen: boolean;
  /** Sends a method's reply. `payload` is JSON text or empty. Does nothing when the connection is not open. */
  reply(request: MethodRequest, status: number, payload: string): void;
  /** Rejects with TwinFailed when the hub refuses, does not answer in time, or the connection ends. */
  getTwin(): Promise<TwinDocument>;
  /** Merges `patch` (JSON text) into the reported properties; gives their new version. Rejects as `getTwin` does. */
  report(patch: string): Promise<number>;
  /** Sends a message; resolves when the hub took it over, rejects with MessageFailed when it refused or the connection ended. */
  send(message: OutgoingMessage): Promise<void>;
  /**
   * Replaces the token on this connection, where the protocol can (AMQP): resolves true, and no call is disturbed. False where the device has to
   * dial again (MQTT). Never rejects: a refusal ends the connection.
   */
  renew(): Promise<boolean>;
  /** Asks the hub to send no more methods; those already under way arrive before this resolves. Never rejects. */
  mute(): Promise<void>;
  /** Says goodbye and closes; what was sent before still leaves. The owner hears nothing more. */
  hangUp(): void;
  /** As `hangUp` without the goodbye: to the hub the device is suddenly gone. */
  drop(): void;
  /** As `drop`, by a TCP reset. Other devices on the same connection lose it too, and hear `closed`. */
  reset(by: FaultName): void;
  /** What it sends and receives, for faults on bytes. */
  readonly flow: Flow;
}

/** A message the hub did not take; `refused` when it said no. */
export class MessageFailed extends Error {
  override readonly name = 'MessageFailed';
  constructor(
    message: string,
    readonly refused = false,
  ) {
    super(message);
  }
}

/** A twin request that did not succeed; `status` is the hub's, 0 when none came. */
export class TwinFailed extends Error {
  override readonly name = 'TwinFailed';
  constructor(
    message: string,
    readonly status = 0,
  ) {
    super(message);
  }
}

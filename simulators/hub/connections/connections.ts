// One live connection per identity: the newest wins, the older one is closed (400027). Doors bring connections, methods and twins use them.
import type { CloseReason, Protocol } from '../../vocabulary/facts.ts';
import type { DeviceId, FaultName, RequestId } from '../../vocabulary/ids.ts';
import type { ConnectionGrip } from '../../vocabulary/passages.ts';
import type { Instant } from '../../vocabulary/units.ts';

/** What a door offers for one connected device, whatever the protocol. */
export interface DeviceConnection extends ConnectionGrip {
  readonly device: DeviceId;
  readonly protocol: Protocol;
  readonly tls: boolean;
  /** True once the device subscribed to (or attached a link for) direct methods. */
  readonly listensForMethods: boolean;
  /** Sends one request; the payload is the JSON text of the REST body's `payload` member byte for byte, empty when there was none. */
  sendMethod(method: string, rid: RequestId, payload: Buffer): void;
  /** True once the device subscribed to (or asked for) desired notifications. */
  readonly listensForDesired: boolean;
  /** Sends a desired patch if the device subscribed to them; gives whether it did. */
  sendDesired(patch: string, version: number): boolean;
  /** True once the device subscribed to (or attached a link for) cloud-to-device messages. */
  readonly listensForMessages: boolean;
  /** Something waits in the device's queue: the door takes as many as the connection has room for. */
  messageWaiting(): void;
  /** Ends the connection at once. The door then reports it gone. */
  close(reason: CloseReason, detail?: string): void;
}

/** The fault that ended a connection, its reason being `fault`. */
export interface Struck {
  readonly by: FaultName;
  /** To those who call the device it looks as if the identity had connected elsewhere. */
  readonly asReplaced: boolean;
}

/** Who wants to hear of devices that begin to listen and of connections that ended: the direct methods. */
export interface ConnectionObserver {
  listening(connection: DeviceConnection): void;
  lost(connection: DeviceConnection, replaced: boolean): void;
  /** The identity was deleted: whatever is kept for it can go. */
  forgotten?(device: DeviceId): void;
}

export interface Connections {
  readonly size: number;
  find(device: DeviceId): DeviceConnection | undefined;
  /** Newest wins: closes the one that was there with `replaced`. `modelId` as the device gave it, for the twin. */
  opened(connection: DeviceConnection, client: string | undefined, modelId?: string): void;
  /** The device subscribed to direct methods; calls in connect timeout go out now. */
  ready(connection: DeviceConnection): void;
  /** Called once by the door when a connection ended. Fails the calls that wait on it. */
  closed(connection: DeviceConnection, reason: CloseReason, detail?: string, struck?: Struck): void;
  /** For the Device and Twin shapes: state, when it last changed or traffic was last seen, and the model of the last connection. */
  activity(device: DeviceId): {
    readonly connected: boolean;
    readonly changedAt?: Instant;
    readonly lastActivityAt?: Instant;
    readonly modelId?: string;
  };
  /** Any packet or request from a registered device, for lastActivityTime. Cheap. */
  touch(device: DeviceId): void;
  /** The identity was deleted: one of the same name that comes later has no past. */
  forget(device: DeviceId): void;
  closeAll(reason: CloseReason): void;
  /** Told from now on, in the order in which they came. */
  observe(observer: ConnectionObserver): void;
}

export { openConnections } from './open-connections.ts';

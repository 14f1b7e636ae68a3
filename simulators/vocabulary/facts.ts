// Everything that can be observed, as one union. Journal, metrics and window read these values and nothing else.
// Facts report, they never steer. Each has `at` (when it happened, on the emitter's clock) and the identity it concerns.
import type { FaultKind } from './fault-specs.ts';
import type { DeviceId, FaultName, FleetName, RequestId } from './ids.ts';
import type { Instant, Millis } from './units.ts';

/** A piece of a wire, cut to `textLimit` characters so that a journal stays bounded; `bytes` is the size on the wire. */
export interface Excerpt {
  readonly text: string;
  readonly bytes: number;
}
export const textLimit = 8_192;

/** One fault that had its hand in a call. */
export interface FaultTouch {
  readonly fault: FaultName;
  readonly kind?: FaultKind;
  /** The part of the call it struck in. */
  readonly leg: 'hub' | 'toDevice' | 'inDevice' | 'back';
  /** How much longer that part became; left out where it held nothing up. */
  held?: Millis;
}

/** How a device speaks to the hub; whether over TLS is said apart. `https` devices have no connection. */
export type Protocol = 'mqtt' | 'mqtt-ws' | 'amqp' | 'amqp-ws' | 'https';

/** What became of a cloud-to-device message: taken by the device one way or the other, or given up by the hub. */
export type MessageOutcome = 'completed' | 'rejected' | 'abandoned' | 'expired' | 'delivery-count' | 'purged';

/** Why a hub let go of a connection. */
export type CloseReason =
  | 'client' // the device said goodbye (DISCONNECT, a close, its last link detached)
  | 'lost' // the socket ended without goodbye
  | 'replaced' // the same identity connected again (400027)
  | 'keep-alive' // silence for 1.5 keep-alive periods
  | 'token-expired'
  | 'protocol-error' // a malformed or forbidden packet
  | 'disabled'
  | 'deleted'
  | 'fault' // a fault of ours cut it
  | 'shutdown';

/** The states of a virtual device's link; the table that moves between them is simulators/devices/link.ts. */
export type LinkState = 'off' | 'waiting' | 'connecting' | 'online' | 'dark' | 'failed';

/** What a service asked and how it ended, seen by the hub. Times are the hub's; legs are differences between them. */
export interface InvocationEnded {
  readonly type: 'invocation.ended';
  readonly at: Instant;
  readonly device: DeviceId;
  /** Missing when no request ever reached a device (offline, refused). */
  readonly rid?: RequestId;
  /** Number of the call, unique in one run of the hub; joins begun and ended. */
  readonly call: number;
  readonly method: string;
  readonly begunAt: Instant;
  /** The moment the request left for the device. */
  readonly sentAt?: Instant;
  /** The moment the device's answer arrived. */
  readonly answeredAt?: Instant;
  readonly httpStatus: number;
  /** Name of the service error when `httpStatus` is not 200. */
  readonly error?: string;
  /** The number the device chose; never mixed up with `httpStatus`. */
  readonly deviceStatus?: number;
  readonly responseTimeout: Millis;
  readonly connectTimeout: Millis;
  readonly request: Excerpt;
  readonly response?: Excerpt;
  /** Faults on the hub's side. */
  readonly touches?: readonly FaultTouch[];
}

/** A fault did something to a device that is no part of one call: cut its link, slowed its bytes. At most one a second for each device. */
export interface FaultStruck {
  readonly type: 'fault.struck';
  readonly at: Instant;
  readonly fault: FaultName;
  /** Left out where a device's own message asked for it. */
  readonly kind?: FaultKind;
  readonly device: DeviceId;
  /** Follows the name in a sentence: `held bytes back`. */
  readonly what: string;
}

export type HubFact =
  | { readonly type: 'hub.opened'; readonly at: Instant; readonly host: string }
  | { readonly type: 'hub.closed'; readonly at: Instant }
  | {
      readonly type: 'device.connected';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly protocol: Protocol;
      readonly tls: boolean;
      /** The DeviceClientType it sent: an SDK's name and version. */
      readonly client?: string;
    }
  | {
      readonly type: 'device.disconnected';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly reason: CloseReason;
      readonly detail?: string;
      /** Faults that had a hand in it. */
      readonly faults?: readonly FaultName[];
    }
  | {
      readonly type: 'device.refused';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly protocol: Protocol;
      readonly code: number | string; // CONNACK return code, or AMQP condition
      readonly detail: string;
      /** Faults that had a hand in it. */
      readonly faults?: readonly FaultName[];
    }
  | {
      readonly type: 'invocation.begun';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly call: number;
      readonly rid?: RequestId;
      readonly method: string;
      readonly responseTimeout: Millis;
      readonly connectTimeout: Millis;
      readonly request: Excerpt;
    }
  | InvocationEnded
  | {
      /** An answer nobody waits for: too late, unknown rid, or a second one. Accepted on the wire and dropped (reference 5.4). */
      readonly type: 'answer.dropped';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly rid: string;
      readonly deviceStatus: number;
      readonly why: 'late' | 'unknown';
      /** Faults that struck the call it is late for. */
      readonly faults?: readonly FaultName[];
    }
  | {
      readonly type: 'twin.patched';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly section: 'desired' | 'reported' | 'tags';
      readonly version: number;
      readonly patch: Excerpt;
      /** For desired: whether a subscribed device was told. */
      readonly delivered?: boolean;
      /** Faults that had a hand in it. */
      readonly faults?: readonly FaultName[];
    }
  | {
      readonly type: 'twin.fetched';
      readonly at: Instant;
      readonly device: DeviceId;
      /** Faults that had a hand in it. */
      readonly faults?: readonly FaultName[];
    }
  | {
      readonly type: 'twin.refused';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly section: 'desired' | 'reported' | 'tags';
      readonly error: string;
      readonly detail: string;
      /** Faults that had a hand in it. */
      readonly faults?: readonly FaultName[];
    }
  | {
      /** A fault let a device's request for its twin, or its report, come to nothing: not applied, not answered. */
      readonly type: 'twin.lost';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly operation: 'get' | 'report';
      readonly faults?: readonly FaultName[];
    }
  | {
      readonly type: 'message.received';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly body: Excerpt;
      /** System and application properties as their sender named them. */
      readonly properties?: Readonly<Record<string, string>>;
      readonly will?: boolean;
    }
  | {
      /** A cloud-to-device message: taken in by the hub, handed to the device, settled. `sequence` joins the three. */
      readonly type: 'message.queued';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly sequence: number;
      readonly messageId?: string;
      readonly body: Excerpt;
      readonly properties?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'message.delivered';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly sequence: number;
      /** 1 the first time. */
      readonly deliveryCount: number;
    }
  | {
      readonly type: 'message.settled';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly sequence: number;
      readonly outcome: MessageOutcome;
    }
  | {
      readonly type: 'job.changed';
      readonly at: Instant;
      readonly job: string;
      readonly status: 'scheduled' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      readonly detail?: string;
    }
  | {
      /** The tier's limit was reached: an operation of `kind` was refused with 429. */
      readonly type: 'throttle.hit';
      readonly at: Instant;
      readonly kind: string;
      readonly device?: DeviceId;
      /** The fault whose limits these are. */
      readonly faults?: readonly FaultName[];
    }
  | {
      readonly type: 'identity.changed';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly change: 'created' | 'updated' | 'deleted';
    }
  | {
      /** Something odd that was nevertheless answered as the service would: an ignored field, a range error, an undeliverable topic. */
      readonly type: 'hint.given';
      readonly at: Instant;
      readonly device?: DeviceId;
      readonly call?: number;
      readonly text: string;
    }
  | {
      /** A packet or request that made no sense; its sender was answered or cut off, nobody else noticed. */
      readonly type: 'input.refused';
      readonly at: Instant;
      readonly door: 'mqtt' | 'amqp' | 'http' | 'websocket';
      readonly peer: string;
      readonly detail: string;
      readonly device?: DeviceId;
    }
  | FaultStruck;

export type FleetFact =
  | {
      readonly type: 'link.changed';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly state: LinkState;
      /** Why, in a few words: `refused: not authorized (5)`, `rebooting`, `connection lost`. */
      readonly detail?: string;
      /** Faults that had a hand in it. */
      readonly faults?: readonly FaultName[];
    }
  | {
      /** A virtual device finished with a method request, one way or the other. */
      readonly type: 'method.handled';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly rid: RequestId;
      readonly method: string;
      readonly receivedAt: Instant;
      /** `answered`: a reply left; `silent`: a fault kept it, or the device gave none; `lost`: the link was gone before the reply could leave. */
      readonly outcome: 'answered' | 'silent' | 'lost';
      readonly status?: number;
      /** False: no behaviour ever saw it. Left out: one did. */
      readonly executed?: false;
      /** Faults on the device's side, in the order in which they struck; left out when there were none. */
      readonly touches?: readonly FaultTouch[];
    }
  | {
      /** A virtual device sent a message, or could not. */
      readonly type: 'telemetry.sent';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly bytes: number;
      readonly outcome: 'taken' | 'refused' | 'lost';
    }
  | {
      /** A virtual device got a cloud-to-device message and settled it by its rule. */
      readonly type: 'message.taken';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly messageId?: string;
      readonly bytes: number;
      readonly outcome: 'completed' | 'rejected' | 'abandoned';
    }
  | {
      /** A device's desired section began or ceased to differ from what it reported. */
      readonly type: 'twin.drifted';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly drift: boolean;
    }
  | {
      /** A behaviour threw, or a device got something it could not use. Never fatal. */
      readonly type: 'device.failed';
      readonly at: Instant;
      readonly device: DeviceId;
      readonly detail: string;
    };

/** What faults tell, in whichever thread they strike. */
export type FaultFact =
  | FaultStruck
  /** A fault of ours went wrong itself: what it had in its hands went on without it. */
  | {
      readonly type: 'fault.failed';
      readonly at: Instant;
      readonly fault: FaultName;
      readonly device?: DeviceId;
      readonly detail: string;
    }
  /** A fault struck so many more times; sent now and then, and before it is lifted. */
  | { readonly type: 'fault.counted'; readonly at: Instant; readonly fault: FaultName; readonly strikes: number };

export type LabFact =
  | { readonly type: 'fleet.added'; readonly at: Instant; readonly fleet: FleetName; readonly count: number }
  | { readonly type: 'fleet.removed'; readonly at: Instant; readonly fleet: FleetName }
  | { readonly type: 'fault.added'; readonly at: Instant; readonly fault: FaultName }
  | { readonly type: 'fault.changed'; readonly at: Instant; readonly fault: FaultName }
  | { readonly type: 'fault.lifted'; readonly at: Instant; readonly fault: FaultName }
  /** A bounded queue between two threads was full: `count` facts of `source` were let go. Counted and shown, never silent. */
  | { readonly type: 'facts.shed'; readonly at: Instant; readonly source: string; readonly count: number };

export type Fact = HubFact | FleetFact | FaultFact | LabFact;
export type FactType = Fact['type'];
export type Emit<Kind extends Fact = Fact> = (fact: Kind) => void;

/** The first `textLimit` characters of a text, with its size in bytes. */
export const excerpt = (text: string, bytes: number): Excerpt => ({
  text: text.length > textLimit ? text.slice(0, textLimit) : text,
  bytes,
});

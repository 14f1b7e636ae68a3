// What can be seen of a running lab: one shape per subscription of the window. Plain data, made from facts, sent at display rate and only while watched.
import type { CloseReason, Excerpt, FaultTouch, LinkState, MessageOutcome, Protocol } from './facts.ts';
import type { DeviceId, FaultName, FleetName } from './ids.ts';
import type { AuthenticationKind, BehaviourKind, FaultSpec, FleetSpec } from './specs.ts';
import type { Instant, Millis } from './units.ts';

/** 'totals': status bar, top bar, banner, rail. Four times a second. */
export interface Totals {
  readonly at: Instant;
  readonly version: string;
  readonly hub: {
    readonly state: 'starting' | 'running' | 'failed' | 'stopped';
    readonly hostName: string;
    /** One sentence each: a port that had to give way, a folder that was moved aside. */
    readonly notices: readonly string[];
  };
  readonly fleets: readonly FleetSummary[];
  readonly devices: { readonly total: number } & Readonly<Record<LinkState, number>>;
  readonly inFlight: number;
  /** Over the last second / the last 60 s. Percentiles of ended invocations that a device answered, ms; null when there were none. */
  readonly callsPerSecond: number;
  readonly p50: Millis | null;
  readonly p95: Millis | null;
  readonly p99: Millis | null;
  /** Since start: ended invocations, and those whose HTTP status was not 200. */
  readonly calls: number;
  readonly failures: number;
  readonly faults: readonly FaultSummary[];
  /** Rows the journal forgot to stay bounded, and facts let go between threads. Never silent. */
  readonly journal: { readonly rows: number; readonly most: number; readonly forgotten: number; readonly shed: number };
}

export interface FleetSummary {
  readonly name: FleetName;
  /** Its `hub` is `local` or the remote hub's host name, never a connection string. */
  readonly spec: FleetSpec;
  /** Devices and their modules. */
  readonly identities: number;
  readonly online: number;
  readonly state: 'provisioning' | 'running' | 'stopped' | 'failed';
  readonly problem?: string;
}

export interface FaultSummary {
  readonly spec: FaultSpec;
  /** Devices it is on now, and how often it struck since it was added. */
  readonly devices: number;
  readonly strikes: number;
}

/** 'fleet': the visible part of the device table. */
export interface FleetView {
  /** All devices, those matching the filter, and where `rows` begins among them. */
  readonly total: number;
  readonly matching: number;
  readonly from: number;
  readonly rows: readonly DeviceRow[];
  /** When rows are gathered: each group in order, and where its rows begin among all that match. */
  readonly groups?: readonly {
    readonly name: string;
    readonly from: number;
    readonly count: number;
    readonly online: number;
  }[];
  /** With `wall: true`: every matching device in table order, one character a device: its state (first letters below) and `ids` to match. */
  readonly wall?: {
    readonly ids: readonly DeviceId[];
    readonly states: string;
    readonly busy: string;
    readonly faulted: string;
  };
}
/** One letter a state in `wall.states`: off o, waiting w, connecting c, online n, dark d, failed f. In `busy` and `faulted` 1 means yes. */
export const wallLetters = {
  off: 'o',
  waiting: 'w',
  connecting: 'c',
  online: 'n',
  dark: 'd',
  failed: 'f',
} as const satisfies Record<LinkState, string>;

export interface DeviceRow {
  /** `device/module` for a module, which is a row of its own. */
  readonly id: DeviceId;
  readonly fleet: FleetName;
  readonly state: LinkState;
  readonly detail?: string;
  readonly since: Instant;
  readonly protocol: Protocol;
  readonly tls: boolean;
  readonly authentication: AuthenticationKind;
  /** Host name of the remote hub it lives on; left out on the local one. */
  readonly remote?: string;
  readonly behaviour: BehaviourKind;
  /** Messages it sent that the hub took, and those that were refused or lost. */
  readonly telemetry: { readonly sent: number; readonly failed: number };
  /** Cloud-to-device messages it got and settled. */
  readonly messages: number;
  readonly inFlight: number;
  readonly calls: number;
  readonly failures: number;
  readonly lastMethod?: {
    readonly name: string;
    readonly at: Instant;
    readonly httpStatus?: number;
    readonly deviceStatus?: number;
  };
  readonly p95: Millis | null;
  readonly faults: readonly FaultName[];
  readonly drift: boolean;
}

/** 'device': the page of one device; null when there is none of that id. */
export type DeviceView = null | {
  readonly row: DeviceRow;
  readonly connects: number;
  /** The twin as the service sees it; null until it was read or when it cannot be read (`problem` says why). */
  readonly twin: TwinView | null;
  readonly problem?: string;
};
export interface TwinView {
  readonly etag: string;
  readonly version: number;
  /** `sas`, `selfSigned` or `certificateAuthority`, as the hub has it. */
  readonly authenticationType?: string;
  /** Of the certificate that the hub expects, where it is pinned. */
  readonly thumbprint?: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly desired: Readonly<Record<string, unknown>>;
  readonly desiredVersion: number;
  readonly reported: Readonly<Record<string, unknown>>;
  readonly reportedVersion: number;
  /** Paths (`a.b.c`) whose desired value differs from the reported one or is not reported at all. */
  readonly drift: readonly string[];
  /** path -> ISO time of its last change, per section. */
  readonly changed: {
    readonly desired: Readonly<Record<string, string>>;
    readonly reported: Readonly<Record<string, string>>;
  };
}

/** 'traffic': the newest matching rows, oldest first, at most `limit`. */
export interface TrafficView {
  readonly rows: readonly TrafficRow[];
  readonly matching: number;
  readonly total: number;
  readonly forgotten: number;
  /** What was wrong with the filter, when it could not be read; rows are then unfiltered. */
  readonly problem?: string;
}

/** `telemetry` goes from a device to the hub, `c2d` (cloud-to-device) from a service to a device. */
export type TrafficKind = 'method' | 'twin' | 'telemetry' | 'c2d' | 'job' | 'link' | 'fault' | 'hint';

export interface TrafficRow {
  /** Grows by one per row; never reused. */
  readonly id: number;
  readonly at: Instant;
  readonly kind: TrafficKind;
  readonly device?: DeviceId;
  /** Method name, twin operation, link state, ... */
  readonly name: string;
  readonly detail?: string;
  readonly pending: boolean;
  readonly httpStatus?: number;
  readonly deviceStatus?: number;
  /** Of a cloud-to-device message that ended, or that was abandoned and waits again. */
  readonly outcome?: MessageOutcome;
  readonly error?: string;
  /** Bytes of request and response together. */
  readonly bytes?: number;
  readonly duration?: Millis;
  /**
   * In order, adding up to the duration: waiting in the hub, on the way to the device, in the device, back. A message is either waiting or in the
   * device's hands (`inDevice`), a job scheduled or running, over all their turns.
   */
  readonly legs?: Legs;
  readonly faults?: readonly FaultName[];
  readonly hints?: number;
}
export interface Legs {
  readonly hub: Millis;
  readonly toDevice: Millis;
  readonly inDevice: Millis;
  readonly back: Millis;
}

/** Everything kept about one row: command 'traffic.detail'. */
export interface TrafficDetail {
  readonly row: TrafficRow;
  readonly rid?: string;
  readonly responseTimeout?: Millis;
  readonly connectTimeout?: Millis;
  readonly request?: Excerpt;
  readonly response?: Excerpt;
  /** Of a message, as its sender named them: the system's and the application's. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Named moments, in order. */
  readonly moments: readonly { readonly name: string; readonly at: Instant }[];
  /** Faults that had a hand in it: in which part, and how much longer they made it. */
  readonly touches?: readonly FaultTouch[];
  /** What happened, in a sentence made from facts, and what a developer would change; when it failed or was odd. */
  readonly explanation?: { readonly cause: string; readonly fix: string };
  readonly hints: readonly string[];
  readonly closeReason?: CloseReason;
}

/** 'run': one press of the invoke button, to one device or many; stays until cleared. */
export type RunView = null | {
  readonly id: string;
  readonly method: string;
  readonly payload: string;
  readonly responseTimeout: number;
  readonly connectTimeout: number;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly state: 'running' | 'done' | 'cancelled';
  readonly total: number;
  readonly done: number;
  /** Counts by `httpStatus` and, where the device chose one, `/deviceStatus`: `200/200`, `200/404`, `504`, `no answer`. */
  readonly outcomes: readonly { readonly key: string; readonly count: number }[];
  readonly p50: Millis | null;
  readonly p95: Millis | null;
  readonly p99: Millis | null;
  /** One per device in the order asked; at most 1000 (the rest is counted in `outcomes`). */
  readonly cells: readonly RunCell[];
};
export interface RunCell {
  readonly device: DeviceId;
  readonly state: 'waiting' | 'running' | 'done';
  readonly httpStatus?: number;
  readonly deviceStatus?: number;
  readonly duration?: Millis;
  readonly error?: string;
}

/** One call's whole result: command 'run.result'. */
export interface CallResult {
  readonly device: DeviceId;
  readonly at: Instant;
  readonly duration: Millis;
  /** 0 when no HTTP answer came at all (`error` says why). */
  readonly httpStatus: number;
  readonly deviceStatus?: number;
  /** Response payload as JSON text, or the hub's body when it refused. */
  readonly payload?: string;
  readonly error?: { readonly name: string; readonly number?: number; readonly message: string };
  readonly explanation?: { readonly cause: string; readonly fix: string };
}

export interface HistoryEntry {
  readonly run: string;
  readonly at: Instant;
  readonly method: string;
  readonly payload: string;
  readonly target: string;
  readonly responseTimeout: number;
  readonly connectTimeout: number;
  readonly total: number;
  readonly ok: number;
  readonly duration: Millis;
}

/** 'hub': the hub page. Connection strings come masked; command 'hub.reveal' gives one in full. */
export interface HubView {
  readonly state: Totals['hub']['state'];
  readonly hostName: string;
  readonly doors: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    /** Where it shares its port with another: the WebSocket's. */
    readonly path?: string;
    readonly use: string;
  }[];
  readonly policies: readonly { readonly name: string; readonly rights: readonly string[]; readonly masked: string }[];
  readonly caFile?: string;
  readonly dataFolder?: string;
  readonly notices: readonly string[];
  readonly trust: readonly { readonly sdk: string; readonly steps: readonly string[] }[];
  /** Our own virtual devices and modules on this hub, and how many of them are online. */
  readonly devices: number;
  readonly connected: number;
  /** The limits of a tier and what is used of them; missing until the hub was first asked. */
  readonly usage?: HubUsageView;
}

/** `limit` null: nothing limits it. Amounts are operations a second, for `methods` bytes. */
export interface HubUsageView {
  readonly throttle: { readonly tier: 'off' } | { readonly tier: 'F1' | 'S1' | 'S2' | 'S3'; readonly units: number };
  readonly limits: readonly {
    readonly kind: string;
    readonly limit: number | null;
    readonly used: number;
    readonly refused: number;
  }[];
  /** Messages of the day (UTC). */
  readonly today: { readonly used: number; readonly limit: number | null };
}

/** Command 'query.run': a page of what a query found, or why the hub could not read it. */
export interface QueryResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** What the hub calls the rows: `Twin`, `DeviceJob`, `Raw`; blank when it did not say. */
  readonly itemType: string;
  readonly duration: Millis;
  /** For the page after this one; missing on the last. */
  readonly continuation?: string;
  readonly problem?: QueryProblem;
}
export interface QueryProblem {
  /** One sentence, without the place. */
  readonly message: string;
  readonly fix?: string;
  /** From 1; missing when the hub named no place. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** 'jobs': the newest, newest first; `null` until the hub was first asked. `problem` says why it could not be asked last. */
export interface JobsView {
  readonly jobs: readonly JobView[] | null;
  /** There are older ones that are not listed. */
  readonly more: boolean;
  readonly problem?: string;
}
export interface JobView {
  readonly id: string;
  /** `other` is one that no public call of ours makes: an import or export. */
  readonly type: 'method' | 'twin' | 'other';
  /** As the hub names it: scheduled, queued, running, completed, failed, cancelled. */
  readonly status: string;
  /** The text after WHERE; `*` and blank are every device. */
  readonly condition: string;
  /** The method's name, or the paths that the twin update sets. */
  readonly what: string;
  /** The call or the update as JSON text. */
  readonly request: string;
  readonly createdAt: Instant;
  readonly startAt: Instant;
  readonly endedAt?: Instant;
  readonly maxSeconds?: number;
  readonly failureReason?: string;
  readonly counts: {
    readonly devices: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly running: number;
    readonly pending: number;
  };
}

/** 'job': one job and what became of its devices; `job` null until it was read, or when there is none (`problem` says so). */
export interface JobDetailView {
  readonly job: JobView | null;
  /** At most 1000, as the hub lists them. */
  readonly devices: readonly JobDeviceRow[];
  readonly more: boolean;
  readonly problem?: string;
}
export interface JobDeviceRow {
  /** `device/module` for a module. */
  readonly device: string;
  readonly status: string;
  readonly startedAt?: Instant;
  readonly endedAt?: Instant;
  readonly deviceStatus?: number;
  /** What the device answered, as JSON text. */
  readonly payload?: string;
  readonly error?: { readonly code: string; readonly description: string };
}

/** Command 'message.send': how many the hub took, and why it did not take the others (at most 100 are named). */
export interface SendResult {
  readonly sent: number;
  readonly refused: number;
  readonly reasons: readonly { readonly device: string; readonly message: string }[];
}
/** 'messages': cloud-to-device messages that wait for a device; null until the hub was first asked. */
export interface MessagesView {
  readonly waiting: number | null;
  readonly problem?: string;
}

// The one object a host opens: joins clock, chance, hub, fleets, faults, invoker, journal and metrics, and owns the worker threads.
import type { HubStatus, Listen } from '../hub/hub.ts';
import type { Throttle } from '../hub/throttling/throttling.ts';
import type { DeviceId, FaultName, FleetName } from '../vocabulary/ids.ts';
import type { FaultSpec, FleetSpec } from '../vocabulary/specs.ts';
import type { Millis } from '../vocabulary/units.ts';
import type {
  CallResult,
  DeviceView,
  FleetView,
  HistoryEntry,
  HubView,
  RunView,
  Totals,
  TrafficDetail,
  TrafficView,
} from '../vocabulary/views.ts';
import type { Desk } from './desk.ts';
import type { RemoteDoors } from './dialling.ts';
import type { Confirmation } from './fleets.ts';

export interface LabOptions {
  readonly version: string;
  /** Shares and draws of faults and devices come from it; printed with every run. */
  readonly seed: number;
  /** The worker bundles; built beside the host's own. */
  readonly workers: { readonly hub: URL; readonly fleet: URL };
  /** Worker threads for fleets: as many as there are cores to spare, at least 1. */
  readonly fleetWorkers: number;
  readonly hub: {
    /** Folder of the hub's data; undefined keeps nothing (`--ephemeral`). */
    readonly folder: string | undefined;
    readonly hostName: string;
    readonly listen: Listen;
    /** The limits of a tier from the start. @default off */
    readonly throttle?: Throttle;
    /** PEM texts of CAs whose certificates devices may show, besides the lab's own. */
    readonly deviceAuthorities?: readonly string[];
  };
  /** Remote hubs that listen elsewhere than on the well-known ports of their host name, by host name: another Hubfleet's, or a gateway's. */
  readonly remotes?: Readonly<Record<string, RemoteDoors>>;
  /** Rows the journal keeps; the oldest are forgotten and counted. */
  readonly journalRows: number;
  /** Sentences of the host to show beside the hub's own: a port that had to give way, settings that were moved aside. */
  readonly notices?: readonly string[];
}

/** What one press of the invoke button asks. Timeouts in whole seconds, ranges as the service documents them. */
export interface InvocationRequest {
  readonly target:
    | { readonly kind: 'devices'; readonly devices: readonly DeviceId[] }
    | { readonly kind: 'fleet'; readonly fleet: FleetName }
    | { readonly kind: 'all' };
  readonly method: string;
  /** JSON text; blank sends `null`. */
  readonly payload: string;
  readonly responseTimeout: number;
  readonly connectTimeout: number;
  readonly concurrency: number;
}

/** What can be changed of a running fleet. */
export interface FleetChange extends Partial<Pick<FleetSpec, 'behaviour' | 'methods' | 'acknowledge' | 'messages'>> {
  /** `null`: its devices send none any more. */
  readonly telemetry?: FleetSpec['telemetry'] | null;
}

/** What decides whom a fault hits. */
export type FaultAim = Pick<FaultSpec, 'name' | 'on' | 'seed'>;
export interface TargetCount {
  readonly devices: number;
  readonly total: number;
  /** The first of them by id, at most 20. */
  readonly some: readonly DeviceId[];
}

export interface FleetQuery {
  readonly filter: string;
  readonly sort: 'id' | 'state' | 'protocol' | 'messages' | 'lastMethod' | 'p95' | 'calls' | 'failures';
  /** What rows are gathered by, before they are sorted. */
  readonly group?: 'none' | 'fleet' | 'protocol' | undefined;
  readonly descending: boolean;
  readonly from: number;
  readonly count: number;
  readonly wall: boolean;
}

export interface TrafficQuery {
  readonly device?: DeviceId | undefined;
  readonly filter: string;
  readonly limit: number;
  readonly upTo?: number | undefined;
}

/** Every method that can refuse throws LabError with a sentence that names the field and the fix. */
export interface Lab {
  readonly status: HubStatus;

  /**
   * Registers the fleet's identities on its hub and connects them along its ramp. Resolves when all are registered. On a remote hub (`spec.hub` is a
   * connection string) it needs `confirmRemote: true`, uses only identities it makes, and deletes what it made when it fails: LabError
   * remote.unconfirmed, fleet.exists, connection-string.invalid, hub.refused, hub.unreachable.
   */
  addFleet(spec: FleetSpec, confirmation?: Confirmation): Promise<void>;
  /** Stops the fleet and deletes its identities; on a remote hub those it made, and only with `confirmRemote: true` (LabError remote.unconfirmed). */
  removeFleet(fleet: FleetName, confirmation?: Confirmation): Promise<void>;
  /** Other behaviour, stubs, acknowledgements or telemetry for a running fleet, without dropping a link. LabError fleet.unknown. */
  changeFleet(fleet: FleetName, change: FleetChange): Promise<void>;
  startFleet(fleet: FleetName): void;
  stopFleet(fleet: FleetName): void;
  startDevices(devices: readonly DeviceId[]): void;
  stopDevices(devices: readonly DeviceId[]): void;
  /** @param dark how long they stay away, ms; left out: as long as their behaviour says, or 5 s. */
  rebootDevices(devices: readonly DeviceId[], dark?: Millis): void;
  /** Those on the local hub: what a host may keep for the next start. A fleet on a remote hub needs a key and a confirmation each time. */
  fleets(): readonly FleetSpec[];
  /** Sets the limits of a tier on the local hub, or takes them off. */
  setThrottle(throttle: Throttle): Promise<void>;

  /**
   * Resolves when hub and devices know of it. A condition on tags is asked of the local hub, and again when tags or identities change there; devices
   * of a remote hub meet none. LabError fault.exists; hub.refused or input.invalid when the condition cannot be read; input.invalid when the kind
   * cannot obey a part of the schedule.
   */
  addFault(spec: FaultSpec): Promise<void>;
  /** Other settings, target or schedule; it keeps its place and its count. Resolves and refuses as `addFault`; LabError fault.unknown. */
  changeFault(spec: FaultSpec): Promise<void>;
  /** Resolves when hub and devices have let it go, and what it held is on its way. LabError fault.unknown. */
  liftFault(fault: FaultName): Promise<void>;
  /** Gives how many were lifted. */
  liftAllFaults(): Promise<number>;
  faults(): readonly FaultSpec[];
  /** How many devices a fault like this would be on now, and some of them. Rejects when the hub cannot read the condition on tags. */
  countTarget(fault: FaultAim): Promise<TargetCount>;

  /** Begins to call; gives the run's id at once. */
  startRun(request: InvocationRequest): string;
  cancelRun(run: string): void;
  runResult(run: string, device: DeviceId): CallResult;
  history(): readonly HistoryEntry[];

  patchDesired(
    device: DeviceId,
    patch: Readonly<Record<string, unknown>>,
    etag: string | undefined,
  ): Promise<{ readonly version: number }>;
  trafficDetail(id: number): TrafficDetail | null;
  clearTraffic(): void;
  connectionString(
    of: { readonly kind: 'policy'; readonly policy: string } | { readonly kind: 'device'; readonly device: DeviceId },
  ): Promise<string>;

  /** Queries, jobs and cloud-to-device messages; what it lists and details are views, too. */
  readonly desk: Desk;

  /** Views are computed when asked, from what is known now; they never wait. */
  readonly views: {
    totals(): Totals;
    fleet(query: FleetQuery): FleetView;
    /** Its twin is read from the hub in the background and again whenever a fact says it changed. */
    device(id: DeviceId): DeviceView;
    traffic(query: TrafficQuery): TrafficView;
    run(id: string): RunView;
    hub(): HubView;
  };

  /**
   * Stops devices, hub and workers, in that order; twice is harmless. A fleet on a remote hub keeps its identities there: removing it is another
   * word. Added again, it knows them for its own.
   */
  stop(): Promise<void>;
}

export type { Desk } from './desk.ts';
export type { RemoteDoors } from './dialling.ts';
export type { Confirmation } from './fleets.ts';
export { openLab } from './open-lab.ts';

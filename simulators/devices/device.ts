// A virtual device: one identity with a link, a twin and a behaviour. Everything it needs comes as an argument: clock, chance, the byte stream, faults.
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import type { Emit, FleetFact, LinkState } from '../vocabulary/facts.ts';
import type { DeviceId, RequestId } from '../vocabulary/ids.ts';
import type { DeviceGrip, FaultHooks, OtherCertificate } from '../vocabulary/passages.ts';
import type {
  AcknowledgeSpec,
  BehaviourSpec,
  LinkProtocol,
  MessagesSpec,
  MethodsSpec,
  ReconnectSpec,
  TelemetrySpec,
} from '../vocabulary/specs.ts';
import type { Millis } from '../vocabulary/units.ts';

/** A client certificate with its chain, and its key: PEM texts. */
export interface ClientPair {
  readonly certificate: string;
  readonly key: string;
}

export type { LinkProtocol } from '../vocabulary/specs.ts';

/** What all devices of a fleet share; one object per fleet, so that an idle device stays small. */
export interface FleetSettings {
  readonly clock: Clock;
  readonly emit: Emit<FleetFact>;
  /** Opens a byte stream to the hub: TCP, TLS, WebSocket, or an in-memory pair; shows the certificate if one is given. Ends in 'close' on every path. */
  readonly dial: (certificate?: ClientPair) => Duplex;
  readonly protocol: LinkProtocol;
  /** AMQP: how many devices of the fleet share one connection; 1 gives each its own. */
  readonly devicesPerConnection: number;
  readonly hostName: string;
  /** How the devices name themselves to the hub, where an SDK gives its name and version: `hubfleet/1.2.3` (reference 2.3). */
  readonly client?: string;
  readonly behaviour: BehaviourSpec;
  /** Answers by rule, unknown methods, methods that come while another is under way; left out: the schema's defaults. */
  readonly methods?: MethodsSpec | undefined;
  /** What they do with desired properties; left out: nothing. */
  readonly acknowledge?: AcknowledgeSpec | undefined;
  /** Left out: the devices send none. */
  readonly telemetry?: TelemetrySpec | undefined;
  /** What they do with cloud-to-device messages; left out: complete them. */
  readonly messages?: MessagesSpec | undefined;
  readonly reconnect: ReconnectSpec;
  readonly keepAliveSeconds: number;
  readonly tokenLifetimeSeconds: number;
  /** Given by the lab: what is wrong with the devices right now. */
  readonly faults: FaultHooks;
  /** Makes a certificate that is wrong in this way; asked only while a fault wants it. Left out: they show their own. */
  readonly makeCertificate?: (id: DeviceId, which: OtherCertificate) => Promise<ClientPair>;
}

/** A method request as a behaviour sees it. */
export interface MethodRequest {
  readonly name: string;
  readonly rid: RequestId;
  /** The payload's JSON text; empty when the call had none. */
  readonly payload: string;
}

/** A snapshot for the window; plain data. */
export interface DeviceSnapshot {
  readonly id: DeviceId;
  readonly state: LinkState;
  readonly detail?: string;
  readonly connects: number;
  readonly desired: Readonly<Record<string, unknown>>;
  readonly desiredVersion: number;
  readonly reported: Readonly<Record<string, unknown>>;
  readonly reportedVersion: number;
}

export interface Device {
  readonly id: DeviceId;
  readonly state: LinkState;
  /** For faults that take hold of it; made when it is first asked for. */
  readonly grip: DeviceGrip;
  /** Dials after `delay` ms (the fleet's ramp). */
  start(delay: Millis): void;
  /** Hangs up and stays off until started again. */
  stop(): void;
  /** Drops the link, stays dark for `dark` ms, comes back. */
  reboot(dark: Millis): void;
  /** Goes on with other settings (behaviour, reconnect policy) without dropping the link. */
  change(settings: FleetSettings): void;
  snapshot(): DeviceSnapshot;
}

export interface DeviceOptions {
  readonly id: DeviceId;
  /** Its number in the fleet, from 1; a module has its device's. 1 when left out. */
  readonly index?: number;
  /** Base64 symmetric key; empty for a device that shows a certificate. */
  readonly key: string;
  readonly certificate?: ClientPair;
  readonly random: Random;
  readonly settings: FleetSettings;
}

// The local hub: one object that owns store, registry, twins, methods and the doors in front of them, and can be stopped.
import type { Clock } from '../clock/clock.ts';
import type { Emit, HubFact } from '../vocabulary/facts.ts';
import type { FaultHooks, HubGrip } from '../vocabulary/passages.ts';
import type { EntraOptions } from './access/access.ts';
import type { Throttle, Usage } from './throttling/throttling.ts';

export interface Listen {
  readonly host: string;
  /**
   * Ports; 0 takes any free one, `false` leaves the door shut. `http`, `mqtt` and `amqp` are plain text and only ever on loopback.
   * A list for `https` is tried in order; a notice says so when the first could not be had.
   */
  readonly https: number | readonly number[] | false;
  readonly http: number | false;
  readonly mqtts: number | false;
  readonly mqtt: number | false;
  readonly amqps: number | false;
  readonly amqp: number | false;
}

export interface HubOptions {
  readonly clock: Clock;
  /** Secret bytes for keys and serial numbers. */
  readonly randomBytes: (count: number) => Buffer;
  readonly emit: Emit<HubFact>;
  /** Folder for store, keys and certificates; undefined keeps everything in memory (certificates too). */
  readonly folder: string | undefined;
  /** Name in connection strings and certificates; must hold a dot, Java refuses one without (reference 10.2). */
  readonly hostName: string;
  readonly listen: Listen;
  /** CAs whose certificates devices may show besides those of the hub's own CA: PEM texts. */
  readonly deviceAuthorities?: readonly string[] | undefined;
  /** Whose Entra tokens open the service API. @default nobody's */
  readonly entra?: EntraOptions | undefined;
  /** The limits of a tier. @default off */
  readonly throttle?: Throttle | undefined;
  /** Given by the lab: what is wrong with the hub right now. @default nothing, ever */
  readonly faults?: FaultHooks | undefined;
}

export interface DoorAddress {
  readonly host: string;
  readonly port: number;
}

/** What a host needs to show and hand out. Plain data: it crosses threads. */
export interface HubStatus {
  readonly hostName: string;
  readonly doors: {
    readonly https?: DoorAddress;
    readonly http?: DoorAddress;
    readonly mqtts?: DoorAddress;
    readonly mqtt?: DoorAddress;
    readonly amqps?: DoorAddress;
    readonly amqp?: DoorAddress;
  };
  /** The shared access policies and their rights. */
  readonly policies: readonly { readonly name: string; readonly rights: readonly string[] }[];
  /** Policy name -> connection string. Secret. */
  readonly connectionStrings: Readonly<Record<string, string>>;
  /** The CA certificate as PEM text, and its file when there is a folder. */
  readonly ca: { readonly pem: string; readonly file?: string };
  /** One line each: a corrupt folder that was moved aside, a port that had to give way. */
  readonly notices: readonly string[];
}

/** What is used of the tier's limits now. Plain data: it crosses threads. */
export interface HubUsage {
  /** The limits in use, a fault's if one imposes any. */
  readonly throttle: Throttle;
  readonly limits: readonly Usage[];
  /** The day's messages (UTC) and how many there may be; nothing is counted while the limits are off. */
  readonly today: { readonly used: number; readonly limit: number | null };
}

export interface Hub {
  readonly status: HubStatus;
  /** A SAS token for the whole hub. Throws LabError input.invalid for an unknown policy. */
  serviceToken(policy: string, lifetimeSeconds: number): string;
  counts(): { readonly devices: number; readonly connected: number; readonly inFlight: number };
  /** Sets the limits of a tier, or takes them off, while the hub runs; in use once no fault imposes others. Throws LabError input.invalid. */
  setThrottle(throttle: Throttle): void;
  usage(): HubUsage;
  /** The hub as faults take hold of it. */
  readonly grip: HubGrip;
  stop(): Promise<void>;
}

export { openHub } from './open-hub.ts';

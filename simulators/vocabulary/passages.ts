// What faults can take hold of: things on their way, on the device's side and on the hub's. Devices and hub make passages and hand them over;
// faults (simulators/faults) hold, change, lose or let them go. Types alone, so that neither side knows the other.
import type { FaultTouch, LinkState, Protocol } from './facts.ts';
import type { KillTarget, ServiceOperation } from './fault-specs.ts';
import type { DeviceId, FaultName, RequestId } from './ids.ts';
import type { Instant, Millis } from './units.ts';

/** Something on its way. Exactly one of `pass` and its other ends is called, once; now or, where the stage says so, later. */
export interface Passage {
  readonly device: DeviceId;
  /** Goes on: to the next fault, and after the last one to what would have happened without any. */
  pass: () => void;
  /** Written by the faults themselves (faults/active-fault.ts), in the order in which they struck. */
  touches: FaultTouch[] | undefined;
}

// --- on the device ---

/** What a fault can do to a device's link. */
export interface LinkGrip {
  /** The link is gone without a goodbye; the device reconnects by its policy. Nothing when there is none. */
  drop(by: FaultName, detail: string): void;
  /** As `drop`, by a TCP reset. On a connection that devices share, for all of them. */
  reset(by: FaultName, detail: string): void;
}

/** A method request that reached the device and is about to be executed. May be held. */
export interface CallPassage extends Passage {
  readonly method: string;
  readonly rid: RequestId;
  readonly link: LinkGrip;
  /** It is never executed, and nobody answers. */
  lose(): void;
}

/** A reply between the behaviour and the wire. May be held. */
export interface ReplyPassage extends Passage {
  readonly method: string;
  readonly link: LinkGrip;
  status: number;
  /** JSON text; empty for none. */
  payload: string;
  rid: RequestId;
  /** It never leaves, and the behaviour waits for it for ever. */
  hang(): void;
  /** It never leaves, and the behaviour goes on as if it had. */
  swallow(): void;
  /** Sends what status, payload and rid say now, besides; any number of times, also after `pass`. Nothing once the link is gone. */
  sendAnother(): void;
  /** Runs once the reply has left. */
  onceLeft(run: () => void): void;
}

/** An attempt to connect. May be held. */
export interface DialPassage extends Passage {
  refuse(by: FaultName, detail: string): void;
}

/** A token that a device is about to sign, at connect and at renewal. Not held: read when the chain is through. */
export interface ProofPassage extends Passage {
  /** How far its clock is ahead. */
  skew: Millis;
  expiredToken: boolean;
}

/** A certificate that a device is about to show, at connect. Not held: read when the chain is through. */
export interface CertificatePassage extends Passage {
  which: 'own' | OtherCertificate;
}
export type OtherCertificate = 'expired' | 'wrong-name' | 'wrong-ca';

/** The version that a device is about to acknowledge. Not held. */
export interface AcknowledgementPassage extends Passage {
  version: number;
}

/** Lets `bytes` go by calling `go`, now or later, in the order in which they came. */
export type Gate = (bytes: number, go: () => void) => void;

/** The bytes of one device, there and back: those of its stream, or of its own links where the stream is shared. */
export interface Flow {
  /** Puts gates into it, undefined for none; the inner ones are those that were put first. Gives the undo: what a gate still holds goes first. */
  tap(gates: { readonly up?: Gate | undefined; readonly down?: Gate | undefined }): () => void;
  /**
   * Nothing leaves and nothing arrives, no end either, not even when our own side closes: to the hub it stays open. Gives the undo: what was held
   * goes on, and what our side closed meanwhile closes then.
   * @param by is named when the device loses its link in the silence.
   */
  silence(by?: FaultName): () => void;
  /** Who silences it, or did when it ended. */
  readonly silencedBy: readonly FaultName[];
  /** Runs once both sides are done with it; at once if they are. */
  onceOver(run: () => void): void;
}

/** A virtual device in the hands of a fault that is on it. */
export interface DeviceGrip extends LinkGrip {
  readonly device: DeviceId;
  readonly state: LinkState;
  /** Drops a link that is up and keeps the device from dialling; the undo lets it dial at once. */
  keepOff(by: FaultName, detail: string): () => void;
  /** Drops a link that is up and dials again after `wait`, without back-off. */
  redial(by: FaultName, wait: Millis, detail: string): void;
  /** Runs for each flow that is not over, and for each that opens later; what it gives is run when the flow is over, or by the undo. */
  eachFlow(run: (flow: Flow) => () => void): () => void;
}

// --- in the hub ---

/** What a fault can do to a connection on the hub's side. */
export interface ConnectionGrip {
  readonly open: boolean;
  /** Ends it as the hub does when the same identity connects from elsewhere. */
  kick(by: FaultName, detail: string): void;
  kill(what: KillTarget, by: FaultName, detail: string): void;
}

/** A device that wants in. Not held. */
export interface AdmissionPassage extends Passage {
  readonly protocol: Protocol;
  refuse(by: FaultName, code: { readonly connack: number; readonly condition: string }, detail: string): void;
}

/** A device that was let in. Not held. */
export interface ConnectedPassage extends Passage {
  readonly connection: ConnectionGrip;
}

/** A request to the service API. May be held. */
export interface RequestPassage extends Omit<Passage, 'device'> {
  /** Missing where it concerns none, or many. */
  readonly device: DeviceId | undefined;
  readonly operation: ServiceOperation;
  refuse(status: number, detail: string): void;
}

/** A method request on its way out to a device. May be held. */
export interface DeliveryPassage extends Passage {
  readonly method: string;
  readonly rid: RequestId;
  readonly connection: ConnectionGrip;
  lose(): void;
  /** Sends it once more, besides. */
  sendAnother(): void;
}

/** A device's answer that reached the hub. May be held. */
export interface AnswerPassage extends Passage {
  readonly rid: RequestId;
  /** When its caller gives up. */
  readonly deadline: Instant;
  readonly connection: ConnectionGrip;
}

/** A desired patch on its way to a device. May be held. */
export interface NotificationPassage extends Passage {
  lose(): void;
}

/** A device that asks for its twin or reports. May be held. */
export interface TwinPassage extends Passage {
  readonly operation: 'get' | 'report';
  lose(): void;
  refuse(status: number, detail: string): void;
}

/** The hub itself in the hands of a fault. */
export interface HubGrip {
  /**
   * The limits of a tier from now on, over those imposed before; the undo takes them off. Throws LabError input.invalid.
   * @param hit runs each time these limits refuse somebody.
   */
  throttle(tier: 'F1' | 'S1' | 'S2' | 'S3', units: number, by: FaultName, hit: () => void): () => void;
}

/** Every stage at which a fault can strike, and what is passing there. */
export interface Passages {
  readonly call: CallPassage;
  readonly reply: ReplyPassage;
  readonly dial: DialPassage;
  readonly proof: ProofPassage;
  readonly certificate: CertificatePassage;
  readonly acknowledgement: AcknowledgementPassage;
  readonly admission: AdmissionPassage;
  readonly connected: ConnectedPassage;
  readonly request: RequestPassage;
  readonly delivery: DeliveryPassage;
  readonly answer: AnswerPassage;
  readonly notification: NotificationPassage;
  readonly twin: TwinPassage;
}
export type Stage = keyof Passages;

/** What happens to a device, for faults that strike in a window after it. */
export type DeviceEvent = 'connected' | 'called' | 'rebooted' | 'desired';

/**
 * How devices and hub ask for the faults that are on, one object for each side. No fault on costs one look-up: `at` gives undefined. What it
 * gives leads the passage through every fault that is on this device at this stage, in the order in which they were added.
 */
export interface FaultHooks {
  at<S extends Stage>(stage: S, device: DeviceId | undefined): ((passage: Passages[S]) => void) | undefined;
  /** Tells what happened to a device. Undefined while nobody asks. */
  readonly noteEvent: ((event: DeviceEvent, device: DeviceId, method?: string) => void) | undefined;
}
/** No fault at all, ever. */
export const noFaults: FaultHooks = { at: () => undefined, noteEvent: undefined };

/** The faults that struck a passage so far, each once, as facts name them; undefined for none. */
export function struckBy({ touches }: Pick<Passage, 'touches'>): { readonly faults: FaultName[] } | undefined {
  return touches === undefined || touches.length === 0
    ? undefined
    : { faults: [...new Set(touches.map(({ fault }) => fault))] };
}

/** Where in a call a stage is; undefined: in none. */
export const legOf: Readonly<Partial<Record<Stage, FaultTouch['leg']>>> = {
  request: 'hub',
  delivery: 'toDevice',
  call: 'inDevice',
  reply: 'inDevice',
  answer: 'back',
};

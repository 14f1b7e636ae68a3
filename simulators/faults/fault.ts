// What a fault is: its settings, and what it does at the stages it strikes at. Name, target, schedule, seed and count are the wrapper's affair
// (active-fault.ts), so that a fault's own file holds nothing but the fault.
import type { Clock } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import type { FaultKind, SettingsOf } from '../vocabulary/fault-specs.ts';
import type { DeviceId, FaultName } from '../vocabulary/ids.ts';
import type { DeviceGrip, HubGrip, Passages, Stage } from '../vocabulary/passages.ts';

/** A fault at work. Each stage it names is called for what passes there, once the wrapper found that the fault is on it and due. */
export type FaultSteps = {
  readonly [S in Stage]?: (passage: Passages[S]) => void;
} & {
  /** Where not all that passes a stage concerns it: the rest goes past, and is no chance for its schedule. */
  readonly concerns?: { readonly [S in Stage]?: (passage: Passages[S]) => boolean };
  /** It came on for a device, or a device came while it is on; what it gives is run when that is over. Asks `tools.due` before it strikes. */
  readonly on?: (grip: DeviceGrip) => () => void;
  /** It came on; what it gives is run when it goes. Called in the hub's thread alone. */
  readonly onHub?: (grip: HubGrip) => () => void;
  /** The fault is gone: everything held goes on now, in the order it came. Nothing is taken after this. */
  readonly release?: () => void;
};

export interface FaultTools {
  readonly name: FaultName;
  readonly clock: Clock;
  /** The chance of this fault on this device: no device's draws depend on another's. What concerns no device has one of its own. */
  randomOf(device: DeviceId | undefined): Random;
  /**
   * For what is no passage (`on`): whether the schedule lets it strike this device now. Counts it then, and a fact tells `what` it did, at most
   * one a second for each device.
   */
  due(device: DeviceId, what: string): boolean;
  /** For a passage that ends in no fact which could name the fault: one tells `what` it did, at most one a second for each device. */
  tell(device: DeviceId, what: string): void;
  /** Only whether the schedule's times (from, until, after an event) hold now: counts and draws nothing. */
  within(device: DeviceId): boolean;
  /** It struck, which neither a passage nor `due` shows: counted. */
  struck(): void;
  /** Runs `run` with true at once or when these times begin to hold, and with false when they cease. Gives the undo. */
  watch(device: DeviceId, run: (holds: boolean) => void): () => void;
}

export type FaultMaker<Kind extends FaultKind> = (settings: SettingsOf<Kind>, tools: FaultTools) => FaultSteps;

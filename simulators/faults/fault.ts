// What a fault on replies is: a step that each reply of a touched device takes, on its way from the behaviour to the wire.

import type { Clock } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { FaultSettings } from '../vocabulary/specs.ts';

export interface ReplyStep {
  /** Calls `pass` now or later, or `drop` when the reply will never leave; one of them, once. */
  take(device: DeviceId, pass: () => void, drop: () => void): void;
  /** The fault is gone: everything held passes now, in the order it came. Nothing is taken after this. */
  release(): void;
}

export interface FaultTools {
  readonly clock: Clock;
  /** The fault's own chance; fork it by device id, so that no device's draws depend on another's. */
  readonly random: Random;
}

export type FaultMaker<Settings extends FaultSettings> = (settings: Settings, tools: FaultTools) => ReplyStep;

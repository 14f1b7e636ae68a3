// A device's firmware: what it runs, and the update under way, as it is kept in memory and reported under `firmware`.
import { isObject } from '../links/twin-json.ts';
import type { StartActions } from './behaviour.ts';

export type Phase = 'downloading' | 'applying' | 'rebooting' | 'done' | 'failed';

export interface Update {
  readonly from: string;
  readonly to: string;
  readonly url: string | null;
  readonly phase: Phase;
  /** Of the phase, percent. */
  readonly progress: number;
  /** When each phase began; null where it was not reached. */
  readonly times: Readonly<Record<Phase, string | null>>;
  readonly error: string | null;
}

export interface Firmware {
  readonly version: string;
  readonly update: Update | null;
}

/** What it remembers, or reported before Hubfleet was started; null for a device without. */
export function firmwareOf({ memory, twin }: Pick<StartActions, 'memory' | 'twin'>): Firmware | null {
  if (memory.firmware !== undefined) return memory.firmware as Firmware;
  const { firmware } = twin.reported;
  if (!isObject(firmware) || typeof firmware.version !== 'string') return null;
  const { update } = firmware;
  return { version: firmware.version, update: isUpdate(update) ? update : null };
}

export const underWay = (update: Update | null | undefined): update is Update =>
  update !== null && update !== undefined && update.phase !== 'done' && update.phase !== 'failed';

const isUpdate = (value: unknown): value is Update =>
  isObject(value) && typeof value.to === 'string' && typeof value.phase === 'string' && isObject(value.times);

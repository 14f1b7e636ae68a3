// What the user set up and finds again after a restart: fleets, faults and the seed they were made with.
import { z } from 'zod';
import {
  type FaultSpec,
  type FleetSpec,
  faultSpecSchema,
  fleetSpecSchema,
  problemsOf,
} from '../../simulators/vocabulary/specs.ts';
import { moveAside, readIfThere, writeWhole } from './data-folder.ts';

export const seedSchema = z.int('seed: a whole number from 0 to 4294967295').min(0).max(0xffff_ffff);

const settingsSchema = z.strictObject({
  hubfleet: z.literal(1, { error: 'hubfleet: expected 1, the version of this file' }),
  seed: seedSchema,
  fleets: z.array(fleetSpecSchema),
  faults: z.array(faultSpecSchema),
});

export interface Settings {
  readonly seed: number;
  readonly fleets: readonly FleetSpec[];
  readonly faults: readonly FaultSpec[];
}

export interface ReadSettings {
  /** Undefined at the first start, and when the file had to be moved aside. */
  readonly settings: Settings | undefined;
  /** A sentence when something was wrong. */
  readonly notice: string | undefined;
}

/** Reads the file. One that cannot be understood is moved aside, never overwritten. Throws file.unreadable when it may not be read. */
export function readSettings(file: string, now: number): ReadSettings {
  const text = readIfThere(file);
  if (text === undefined) return { settings: undefined, notice: undefined };
  const problem = (what: string): ReadSettings => ({
    settings: undefined,
    notice: `the settings could not be understood (${what}); they were moved to ${moveAside(file, now)} and Hubfleet starts without fleets`,
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return problem('not JSON');
  }
  const parsed = settingsSchema.safeParse(value);
  if (!parsed.success) return problem(problemsOf(parsed.error).join('; '));
  const { seed, fleets, faults } = parsed.data;
  return { settings: { seed, fleets, faults }, notice: undefined };
}

export const writeSettings = (file: string, settings: Settings): void =>
  writeWhole(file, `${JSON.stringify({ hubfleet: 1, ...settings }, null, 2)}\n`);

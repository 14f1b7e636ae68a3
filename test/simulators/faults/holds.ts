// What every kind of fault owes at a stage, over 5,000 passages: its share, its schedule, and nothing left behind when it is lifted.
import { expect } from 'vitest';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import {
  type FaultSettingsInput,
  type FaultSpecInput,
  faultSpecSchema,
} from '../../../simulators/vocabulary/fault-specs.ts';
import { fleetName } from '../../../simulators/vocabulary/ids.ts';
import type { Stage } from '../../../simulators/vocabulary/passages.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { aPassage, someDevices, theFault } from './a-passage.ts';

const calls = 5_000;
const fleet = fleetName('thermostats');

export interface HoldOptions {
  readonly settings: FaultSettingsInput;
  readonly stage: Stage;
  /** What the passages are, where a blank one does not concern the fault. */
  readonly changes?: object;
  readonly on?: FaultSpecInput['on'];
  readonly when?: FaultSpecInput['when'];
  /** 5,000 passages are divided among so many. */
  readonly devices: number;
  /** Between two passages of each device, ms. */
  readonly pace?: number;
  /** Before which of its passages, from 0, something happens to each device. */
  readonly calledBefore?: number;
}

/** Which of 5,000 passages a fault struck, as `device: number of the passage` texts; lifted at the end, it holds nothing any more. */
export async function strikesOf({
  settings,
  stage,
  changes,
  on,
  when,
  devices,
  pace = 0,
  calledBefore,
}: HoldOptions): Promise<string[]> {
  const clock = new VirtualClock(0);
  const faults = new FaultSet({ clock, seed: 7, fleetOf: () => fleet });
  faults.add(faultSpecSchema.parse({ name: theFault, settings, on, when }));
  const struck: string[] = [];
  for (let turn = 0; turn < calls / devices; turn++) {
    for (const device of someDevices(devices)) {
      if (turn === calledBefore) faults.noteEvent?.('called', device, 'reboot');
      const { passage } = aPassage(stage, device, changes);
      faults.at(stage, device)?.(passage);
      if (passage.touches !== undefined) struck.push(`${device}: ${turn}`);
    }
    if (pace > 0) await clock.advance(pace);
  }
  faults.lift(theFault);
  expect(clock.pending, 'timers left behind').toBe(0);
  return struck;
}

/** Its part of 5,000 devices within 1%, the same ones each time. */
export async function sharesHold(settings: FaultSettingsInput, stage: Stage, changes: object = {}): Promise<void> {
  for (const share of [0.07, 0.5]) {
    const options = { settings, stage, changes, devices: calls, on: { share } };
    const struck = await strikesOf(options);
    expect(Math.abs(struck.length / calls - share), `share ${share}`).toBeLessThan(0.01);
    expect(await strikesOf(options)).toEqual(struck);
  }
}

/** Each condition of `when` strikes the part of 5,000 passages of 100 devices that it promises: drawn ones within 1%, counted and timed ones exactly. */
export async function schedulesHold(settings: FaultSettingsInput, stage: Stage, changes: object = {}): Promise<void> {
  const common = { settings, stage, changes, devices: 100 };
  const part = async (options: Partial<HoldOptions>) => (await strikesOf({ ...common, ...options })).length / calls;
  expect(Math.abs((await part({ when: { probability: 0.25 } })) - 0.25), 'probability').toBeLessThan(0.01);
  expect({
    every: await part({ when: { every: 5 } }),
    first: await part({ when: { first: 10 } }),
    between: await part({ when: { from: 1_000, until: 2_000 }, pace: 100 }),
    after: await part({
      when: { after: { event: 'called', delay: 500, lasting: 1_500 } },
      pace: 100,
      calledBefore: 20,
    }),
  }).toEqual({ every: 0.2, first: 0.2, between: 0.2, after: 0.3 });
}

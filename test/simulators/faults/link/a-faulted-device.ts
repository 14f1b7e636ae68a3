// One device on a tiny broker under a virtual clock, with faults put on it and lifted.
import { afterEach, expect } from 'vitest';
import type { FleetSettings } from '../../../../simulators/devices/device.ts';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import type { FaultFact } from '../../../../simulators/vocabulary/facts.ts';
import { type FaultSpecInput, faultSpecSchema } from '../../../../simulators/vocabulary/fault-specs.ts';
import type { FaultHooks } from '../../../../simulators/vocabulary/passages.ts';
import { aDevice } from '../../devices/a-device.ts';
import { theFault } from '../a-passage.ts';

export function aFaultedDevice(changes: Partial<FleetSettings> = {}) {
  let faults: FaultSet | undefined;
  // The device comes with the clock that the faults need.
  const hooks: FaultHooks = {
    at: (stage, device) => faults?.at(stage, device),
    get noteEvent() {
      return faults?.noteEvent;
    },
  };
  const one = aDevice({ behaviour: { kind: 'echo' }, faults: hooks, ...changes });
  const { clock, device, of } = one;
  const told: FaultFact[] = [];
  faults = new FaultSet({
    ...{ clock, seed: 7, fleetOf: () => undefined },
    emit: (fact) => void told.push(fact),
    devices: () => [device],
  });
  const begun = clock.now();
  return {
    ...one,
    faults,
    told,
    add: (settings: FaultSpecInput['settings'], when: FaultSpecInput['when'] = {}, name: string = theFault) =>
      faults.add(faultSpecSchema.parse({ name, settings, when })),
    lift: () => faults.lift(theFault),
    /** Each state of the link, ms after the beginning, with the faults that brought it about. */
    story: () =>
      of('link.changed').map(
        ({ at, state, faults: by }) => `${at - begun} ${state}${by === undefined ? '' : ` [${by.join(' ')}]`}`,
      ),
  };
}
export type AFaultedDevice = ReturnType<typeof aFaultedDevice>;

/** Makes devices that are stopped after each test of the `describe` it is called in, and must then have left no timer behind. */
export function faultedDevices(): typeof aFaultedDevice {
  const made: AFaultedDevice[] = [];
  afterEach(async () => {
    for (const { device, clock, faults } of made.splice(0)) {
      faults.liftAll();
      device.stop();
      await clock.advance(5_000);
      expect(clock.pending, 'timers left behind').toBe(0);
    }
  });
  return (changes) => {
    const one = aFaultedDevice(changes);
    made.push(one);
    return one;
  };
}

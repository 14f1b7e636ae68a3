// The demo fleet is what its button says: 100 devices, 7 slow, 2 silent, none of them both.
import { expect, test } from 'vitest';
import { demoFaults, demoFleet } from '../../../main/commands/demo.ts';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import { idsOf } from '../../../simulators/lab/identities.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';
import { faultSpecSchema, fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test.each([0, 7, 3_717_791_226])('with seed %d the demo has 7 slow and 2 silent devices, apart', (seed) => {
  const fleet = fleetSpecSchema.parse(demoFleet);
  const faults = new FaultSet({ clock: new VirtualClock(), seed, fleetOf: () => fleet.name });
  for (const fault of demoFaults) faults.add(faultSpecSchema.parse(fault));
  const devices = idsOf(fleet).map((id) => [id, fleet.name] as const);
  expect(devices).toHaveLength(100);
  expect([faults.devicesOf(faultName('slow'), devices), faults.devicesOf(faultName('silent'), devices)]).toEqual([
    7, 2,
  ]);
  expect(devices.every(([id, name]) => faults.namesOn(id, name).length <= 1)).toBe(true);
});

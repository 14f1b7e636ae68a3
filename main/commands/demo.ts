// The fleet a newcomer meets: a hundred devices that reboot as the Node article does it, a few slow, a few silent.
import type { Lab } from '../../simulators/lab/lab.ts';
import { fleetName } from '../../simulators/vocabulary/ids.ts';
import {
  type FaultSpecInput,
  type FleetSpecInput,
  faultSpecSchema,
  fleetSpecSchema,
} from '../../simulators/vocabulary/specs.ts';

const demo = fleetName('demo');

export const demoFleet: FleetSpecInput = { name: demo, count: 100, behaviour: { kind: 'reboot' } };

/** A share is drawn per device, so a seed decides how many it is; with these the demo has exactly 7 slow and 2 silent devices, apart. */
export const demoFaults: readonly FaultSpecInput[] = [
  {
    name: 'slow',
    seed: 12,
    settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 2_000, sigma: 0.6 } },
    on: { fleet: demo, share: 0.07 },
  },
  { name: 'silent', seed: 11, settings: { kind: 'reply.never' }, on: { fleet: demo, share: 0.02 } },
];

/** Adds what is not there yet, so that asking twice is harmless. Resolves when all devices are registered. */
export async function addDemo(lab: Lab): Promise<void> {
  const faults = new Set<string>(lab.faults().map((fault) => fault.name));
  for (const fault of demoFaults) if (!faults.has(fault.name)) await lab.addFault(faultSpecSchema.parse(fault));
  if (!lab.fleets().some((fleet) => fleet.name === demo)) await lab.addFleet(fleetSpecSchema.parse(demoFleet));
}

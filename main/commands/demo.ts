// The fleets a newcomer meets: a hundred devices that reboot as the Node article does it, a few slow, a few silent; and two hundred to update.
import type { Lab } from '../../simulators/lab/lab.ts';
import { fleetName } from '../../simulators/vocabulary/ids.ts';
import {
  type FaultSpecInput,
  type FleetSpecInput,
  faultSpecSchema,
  fleetSpecSchema,
} from '../../simulators/vocabulary/specs.ts';

export const demoNames = ['reboot', 'firmware'] as const;
export type DemoName = (typeof demoNames)[number];

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

/** `firmwareUpdate` with `{"version": "2.0.0"}` takes them 12 to 22 s; every tenth fails while it applies the image. */
export const firmwareFleet: FleetSpecInput = {
  name: fleetName('firmware'),
  count: 200,
  id: 'meter-{index:0000}',
  behaviour: {
    kind: 'several',
    of: [
      { kind: 'firmwareUpdate', failing: 0.1, jitter: 0.3 },
      { kind: 'getStatus' },
      { kind: 'factoryReset' },
      { kind: 'reboot' },
    ],
  },
};

const demos: Readonly<Record<DemoName, { fleet: FleetSpecInput; faults: readonly FaultSpecInput[] }>> = {
  reboot: { fleet: demoFleet, faults: demoFaults },
  firmware: { fleet: firmwareFleet, faults: [] },
};

/** Adds what is not there yet, so that asking twice is harmless. Resolves when all devices are registered. */
export async function addDemo(lab: Lab, name: DemoName = 'reboot'): Promise<void> {
  const demo = demos[name];
  const faults = new Set<string>(lab.faults().map((fault) => fault.name));
  for (const fault of demo.faults) if (!faults.has(fault.name)) await lab.addFault(faultSpecSchema.parse(fault));
  if (!lab.fleets().some((fleet) => fleet.name === demo.fleet.name))
    await lab.addFleet(fleetSpecSchema.parse(demo.fleet));
}

// Devices on our own hub through real sockets, in the test's thread, with faults put on them and lifted.
import { faultSpecSchema } from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { type FaultSpecInput, type FleetSpecInput, fleetSpecSchema } from '../../../../simulators/vocabulary/specs.ts';
import { aFleet } from '../../../support/a-fleet.ts';
import { until } from '../../../support/a-lab.ts';
import { theFault } from '../a-passage.ts';

export const pump = deviceId('pump-1');

/** Online: `pump-1` and as many as `changes` count; they echo, and dial again soon. */
export async function aFaultedFleet(changes: Partial<FleetSpecInput>) {
  const fleet = await aFleet(
    fleetSpecSchema.parse({
      ...{ name: 'pumps', count: 1, id: 'pump-{index}', behaviour: { kind: 'echo' } },
      ...{ connect: { perSecond: 1_000, jitter: 0 }, reconnect: { kind: 'backoff', first: 20, most: 100, jitter: 0 } },
      ...changes,
    }),
  );
  await fleet.allOnline();
  const { fleets, of } = fleet;
  const links = (device = pump) => of('link.changed').filter((fact) => fact.device === device);
  return {
    ...fleet,
    links,
    add: (settings: FaultSpecInput['settings'], more: Partial<FaultSpecInput> = {}) =>
      fleets.faults.add(faultSpecSchema.parse({ name: theFault, settings, ...more })),
    lift: () => fleets.faults.lift(theFault),
    state: (device = pump) => fleets.snapshot(device)?.state,
    connects: (device = pump) => fleets.snapshot(device)?.connects ?? 0,
    /** What the device says of its link because of the fault, each state with its words. */
    blamed: (device = pump) =>
      links(device).flatMap(({ state, detail, faults }) => (faults?.includes(theFault) ? [`${state}: ${detail}`] : [])),
    strikes() {
      fleets.faults.tellStrikes();
      return of('fault.counted').reduce((sum, { strikes }) => sum + strikes, 0);
    },
    /** Off and on again, so that it dials anew. */
    restart(device = pump) {
      fleets.stopDevices([device]);
      fleets.startDevices([device]);
    },
    /** The device says it is online, the hub agrees, and a call gets through; any number of times dropped, it comes back. */
    async works(device = pump) {
      await until(
        async () => fleets.snapshot(device)?.state === 'online' && (await fleet.call(device, 'hello')).status === 200,
        () => links(device).slice(-3),
      );
    },
  };
}

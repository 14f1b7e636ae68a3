// A thread of virtual devices: those whose id hashes to it, out of every fleet. Joins devices with the faults that are on them.
import { parentPort } from 'node:worker_threads';
import { type Anchor, systemClock } from '../../clock/system.ts';
import { tellStray } from '../../devices/behaviours/module.ts';
import { LabError } from '../../vocabulary/errors.ts';
import type { DeviceId, FaultName, FleetName } from '../../vocabulary/ids.ts';
import type { FaultSpec } from '../../vocabulary/specs.ts';
import type { Millis } from '../../vocabulary/units.ts';
import type { FleetOrder } from '../fleet-holder.ts';
import { type FleetHolder, holdFleets } from '../fleet-holder.ts';
import type { FleetChange } from '../lab.ts';
import { serve } from './channel.ts';
import { FactQueue, factQueueDefaults } from './fact-queue.ts';

/** The devices that meet a fault's condition on tags. */
export interface Retarget {
  readonly name: FaultName;
  readonly devices: readonly DeviceId[];
}

let holder: FleetHolder | undefined;
let queue: FactQueue | undefined;

function held(): FleetHolder {
  if (holder === undefined) throw new LabError('internal', 'the fleet worker is not open');
  return holder;
}

const handlers = {
  open({ anchor, seed, client }: { readonly anchor: Anchor; readonly seed: number; readonly client: string }): void {
    const clock = systemClock(anchor);
    const facts = new FactQueue({ clock, send, ...factQueueDefaults });
    queue = facts;
    holder = holdFleets({ clock, seed, client, emit: facts.put });
  },
  addFleet: (order: FleetOrder) => held().addFleet(order),
  removeFleet: (fleet: FleetName) => held().removeFleet(fleet),
  changeFleet: ({ fleet, change }: { readonly fleet: FleetName; readonly change: FleetChange }) =>
    held().changeFleet(fleet, change),
  startFleet: (fleet: FleetName) => held().startFleet(fleet),
  stopFleet: (fleet: FleetName) => held().stopFleet(fleet),
  startDevices: (ids: readonly DeviceId[]) => held().startDevices(ids),
  stopDevices: (ids: readonly DeviceId[]) => held().stopDevices(ids),
  rebootDevices: ({ ids, dark }: { readonly ids: readonly DeviceId[]; readonly dark?: Millis | undefined }) =>
    held().rebootDevices(ids, dark),
  addFault: (spec: FaultSpec) => held().faults.add(spec),
  changeFault: (spec: FaultSpec) => held().faults.change(spec),
  // Its last strikes go ahead of the answer: a fault that is added next may have the same name.
  liftFault(name: FaultName): void {
    held().faults.lift(name);
    queue?.flush();
  },
  liftAllFaults(_: null): void {
    held().faults.liftAll();
    queue?.flush();
  },
  retargetFault: ({ name, devices }: Retarget) => held().faults.retarget(name, devices),
  snapshot: (id: DeviceId) => held().snapshot(id),
  stop(_: null): void {
    held().stop();
    queue?.flush();
  },
};
export type FleetCalls = typeof handlers;

// A behaviour of the user's that throws in a timer, or lets a promise go, must not take the thread's other devices with it.
process.on('uncaughtException', (error) => {
  if (!tellStray(error)) throw error;
});

if (parentPort === null) throw new Error('fleet.worker runs only as a worker thread');
const send = serve(parentPort, handlers, () => queue?.taken());

// The thread of the local hub. Opens it, answers the lab's calls, sends its facts up.
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { type Anchor, systemClock } from '../../clock/system.ts';
import { FaultSet } from '../../faults/faults.ts';
import { type Hub, type HubOptions, type HubStatus, type HubUsage, openHub } from '../../hub/hub.ts';
import type { Throttle } from '../../hub/throttling/throttling.ts';
import { LabError } from '../../vocabulary/errors.ts';
import type { DeviceId, FaultName, FleetName } from '../../vocabulary/ids.ts';
import type { FaultSpec } from '../../vocabulary/specs.ts';
import { serve } from './channel.ts';
import { FactQueue, factQueueDefaults } from './fact-queue.ts';
import type { Retarget } from './fleet.worker.ts';

export interface HubOpening
  extends Pick<HubOptions, 'folder' | 'hostName' | 'listen' | 'throttle' | 'deviceAuthorities'> {
  readonly anchor: Anchor;
  /** For faults that name no seed of their own. */
  readonly seed: number;
}

let hub: Hub | undefined;
let queue: FactQueue | undefined;
let faults: FaultSet | undefined;
/** The fleet of each virtual device: a hub knows none. */
const fleets = new Map<DeviceId, FleetName>();

function opened(): Hub {
  if (hub === undefined) throw new LabError('internal', 'the hub is not open');
  return hub;
}

const handlers = {
  async open(opening: HubOpening): Promise<HubStatus> {
    const clock = systemClock(opening.anchor);
    const facts = new FactQueue({ clock, send, ...factQueueDefaults });
    queue = facts;
    const emit = facts.put;
    const struck = new FaultSet({ clock, seed: opening.seed, emit, fleetOf: (device) => fleets.get(device) });
    hub = await openHub({ ...opening, clock, randomBytes, emit, faults: struck });
    struck.attachHub(hub.grip);
    faults = struck;
    return hub.status;
  },
  token({ policy, lifetimeSeconds }: { readonly policy: string; readonly lifetimeSeconds: number }): string {
    return opened().serviceToken(policy, lifetimeSeconds);
  },
  counts(_: null): ReturnType<Hub['counts']> {
    return hub?.counts() ?? { devices: 0, connected: 0, inFlight: 0 };
  },
  throttle: (throttle: Throttle): void => opened().setThrottle(throttle),
  usage: (_: null): HubUsage => opened().usage(),
  addFault: (spec: FaultSpec) => faults?.add(spec),
  changeFault: (spec: FaultSpec) => faults?.change(spec),
  // Its last strikes go ahead of the answer: a fault that is added next may have the same name.
  liftFault(name: FaultName): void {
    faults?.lift(name);
    queue?.flush();
  },
  liftAllFaults(_: null): void {
    faults?.liftAll();
    queue?.flush();
  },
  retargetFault: ({ name, devices }: Retarget) => faults?.retarget(name, devices),
  fleet({ fleet, devices }: { readonly fleet: FleetName; readonly devices: readonly DeviceId[] }): void {
    for (const device of devices) fleets.set(device, fleet);
    faults?.forgetTargets();
  },
  noFleet(fleet: FleetName): void {
    for (const [device, of] of fleets) {
      if (of !== fleet) continue;
      fleets.delete(device);
      faults?.detach(device);
    }
  },
  async stop(_: null): Promise<void> {
    await hub?.stop();
    queue?.flush();
  },
};
export type HubCalls = typeof handlers;

if (parentPort === null) throw new Error('hub.worker runs only as a worker thread');
const send = serve(parentPort, handlers, () => queue?.taken());

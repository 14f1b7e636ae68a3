// The worker threads of a lab: one for the hub, some for fleets. Starts them, spreads devices over them, stops them.
import { Worker } from 'node:worker_threads';
import type { Anchor } from '../clock/system.ts';
import type { HubStatus, HubUsage } from '../hub/hub.ts';
import type { Throttle } from '../hub/throttling/throttling.ts';
import { hashOf } from '../random/random.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId, FleetName } from '../vocabulary/ids.ts';
import type { FleetOrder } from './fleet-holder.ts';
import type { LabOptions } from './lab.ts';
import { openThread, type Thread } from './workers/channel.ts';
import type { FleetCalls } from './workers/fleet.worker.ts';
import type { HubCalls } from './workers/hub.worker.ts';

export interface Crew {
  readonly hub: HubStatus;
  /** Gives every fleet thread the same call. One that is gone is passed over: its devices went with it, and `onFailure` was told. */
  tell<Name extends keyof FleetCalls & string>(name: Name, argument: Parameters<FleetCalls[Name]>[0]): Promise<void>;
  /** As `tell`, and the hub too: faults strike on both sides. */
  tellAll<Name extends FaultCall>(name: Name, argument: Parameters<FleetCalls[Name]>[0]): Promise<void>;
  /** Sends each device to the thread its id hashes to. */
  addFleet(order: FleetOrder): Promise<void>;
  removeFleet(fleet: FleetName): Promise<void>;
  /** What is used of the local hub's limits now. */
  usage(): Promise<HubUsage>;
  setThrottle(throttle: Throttle): Promise<void>;
  stop(): Promise<void>;
}

type FaultCall = 'addFault' | 'changeFault' | 'liftFault' | 'liftAllFaults' | 'retargetFault';

export interface CrewOptions extends Pick<LabOptions, 'workers' | 'fleetWorkers' | 'hub' | 'seed' | 'version'> {
  readonly anchor: Anchor;
  readonly onFacts: (facts: readonly Fact[]) => void;
  readonly onShed: (source: string, count: number) => void;
  /** A thread died by itself. */
  readonly onFailure: (error: LabError) => void;
}

export async function startCrew(options: CrewOptions): Promise<Crew> {
  const { anchor, seed } = options;
  const client = `hubfleet/${options.version}`;
  const open = <Calls extends FleetCalls | HubCalls>(url: URL, label: string): Thread<Calls> =>
    openThread<Calls>(new Worker(url, { name: label }), {
      label,
      onFacts: options.onFacts,
      onShed: (count) => options.onShed(label, count),
      onFailure: options.onFailure,
    });

  const hub = open<HubCalls>(options.workers.hub, 'hub');
  const fleets = Array.from({ length: options.fleetWorkers }, (_, number) =>
    open<FleetCalls>(options.workers.fleet, `fleet worker ${number + 1}`),
  );
  const endAll = async (): Promise<void> => void (await Promise.all([hub, ...fleets].map((thread) => thread.end())));

  let status: HubStatus;
  try {
    [status] = await Promise.all([
      hub.call('open', { ...options.hub, anchor, seed }),
      ...fleets.map((thread) => thread.call('open', { anchor, seed, client })),
    ]);
  } catch (error) {
    await endAll();
    throw error;
  }

  const tell: Crew['tell'] = async (name, argument) => {
    await Promise.all(fleets.map((thread) => thread.call(name, argument).catch(ignoreStopped)));
  };
  const threadOf = (id: DeviceId): number => hashOf(id) % fleets.length;
  let stopping: Promise<void> | undefined;

  return {
    hub: status,
    tell,
    async tellAll(name, argument) {
      // The compiler cannot see that both tables have the same function under each of these names.
      const call = hub.call as (name: FaultCall, argument: unknown) => Promise<unknown>;
      await Promise.all([tell(name, argument), call(name, argument).catch(ignoreStopped)]);
    },
    async addFleet(order) {
      if (order.spec.hub === 'local') {
        await hub.call('fleet', { fleet: order.spec.name, devices: order.devices.map(({ id }) => id) });
      }
      const shares = fleets.map(() => [] as FleetOrder['devices'][number][]);
      for (const device of order.devices) shares[threadOf(device.id)]?.push(device);
      await Promise.all(
        fleets.map((thread, number) => thread.call('addFleet', { ...order, devices: shares[number] ?? [] })),
      );
    },
    async removeFleet(fleet) {
      await Promise.all([tell('removeFleet', fleet), hub.call('noFleet', fleet).catch(ignoreStopped)]);
    },
    usage: () => hub.call('usage', null),
    setThrottle: (throttle) => hub.call('throttle', throttle),
    stop() {
      stopping ??= (async () => {
        // Devices first, so that they say goodbye to a hub that still listens.
        await tell('stop', null);
        await hub.call('stop', null).catch(ignoreStopped);
        await endAll();
      })();
      return stopping;
    },
  };
}

/** A thread that is gone needs no stopping. */
function ignoreStopped(error: unknown): void {
  if (!(error instanceof LabError) || error.code !== 'worker.failed') throw error;
}

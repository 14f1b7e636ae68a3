// Our whole path in one process, as a host opens it: hub and fleets in worker threads, SAS checked, facts recorded, journal and metrics on.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HubStatus } from '../../simulators/hub/hub.ts';
import { type Lab, openLab } from '../../simulators/lab/lab.ts';
import { draw } from '../../simulators/random/distributions.ts';
import { type Random, seeded } from '../../simulators/random/random.ts';
import {
  type Distribution,
  type FaultSpecInput,
  type FleetSpecInput,
  faultSpecSchema,
  fleetSpecSchema,
} from '../../simulators/vocabulary/specs.ts';
import { serve } from '../processes/serve.ts';

export interface LabOpening {
  readonly fleetWorkers: number;
  /** @default 20000 */
  readonly journalRows?: number;
}
export interface Addition {
  /** Seconds from asking for the fleet to its last device being online, registration included. */
  readonly seconds: number;
  /** Milliseconds the slowest click waited meanwhile: for the host's attention, and for the views of one refresh. */
  readonly slowestClick: number;
}

/** Where the build puts the workers, seen from dist/bench/ours/. */
const worker = (name: string): URL => new URL(`../../main/${name}.worker.mjs`, import.meta.url);
let lab: Lab | undefined;
const seed = 1;
const idleKinds = [
  { kind: 'reply.never' },
  { kind: 'link.drop' },
  { kind: 'hub.request-lost' },
  { kind: 'hub.error' },
  { kind: 'twin.report-lost' },
] as const;

function opened(): Lab {
  if (lab === undefined) throw new Error('the lab is not open');
  return lab;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function online(count: number, limitSeconds = 120): Promise<void> {
  const end = performance.now() + limitSeconds * 1_000;
  while (opened().views.totals().devices.online !== count) {
    if (performance.now() > end)
      throw new Error(`waited ${limitSeconds} s for ${count} devices: ${JSON.stringify(opened().views.totals())}`);
    await pause(10);
  }
}

/** Asks what the window asks when it is clicked, all the time, and keeps the longest wait. */
function clicks(): () => number {
  const table = { filter: '', sort: 'id', descending: false, from: 0, count: 100, wall: true } as const;
  let slowest = 0;
  let dueAt = performance.now();
  const timer = setInterval(() => {
    opened().views.fleet(table);
    opened().views.totals();
    const now = performance.now();
    slowest = Math.max(slowest, now - Math.max(dueAt, now - 60_000));
    dueAt = now + 50;
  }, 50);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  return () => {
    clearInterval(timer);
    delay.disable();
    return Math.max(slowest, delay.max / 1e6);
  };
}

const handlers = {
  async open({ fleetWorkers, journalRows = 20_000 }: LabOpening): Promise<HubStatus> {
    lab = await openLab({
      version: 'bench',
      seed,
      workers: { hub: worker('hub'), fleet: worker('fleet') },
      fleetWorkers,
      hub: {
        folder: undefined,
        hostName: 'localhost',
        listen: { host: '127.0.0.1', https: 0, http: 0, mqtts: 0, mqtt: 0, amqps: 0, amqp: 0 },
      },
      journalRows,
    });
    return lab.status;
  },
  async addFleet(input: FleetSpecInput): Promise<Addition> {
    const spec = fleetSpecSchema.parse(input);
    const before = opened().views.totals().devices.online;
    const slowest = clicks();
    const begun = performance.now();
    await opened().addFleet(spec);
    await online(before + spec.count);
    return { seconds: (performance.now() - begun) / 1_000, slowestClick: slowest() };
  },
  async addFault(input: FaultSpecInput): Promise<void> {
    await opened().addFault(faultSpecSchema.parse(input));
  },
  /** Of every kind in turn, each on a tenth of the devices. */
  async defineFaults({ count, enabled }: { readonly count: number; readonly enabled: boolean }): Promise<void> {
    for (let number = 0; number < count; number++) {
      const kind = idleKinds[number % idleKinds.length] as (typeof idleKinds)[number];
      const spec = { name: `idle-${number}`, settings: kind, on: { share: 0.1 }, when: { probability: 0 }, enabled };
      await opened().addFault(faultSpecSchema.parse(spec));
    }
  },
  async liftFaults(): Promise<void> {
    opened().liftAllFaults();
    await pause(300); // the threads have heard of it
  },
  /** The most calls that were under way at once. */
  async mostInFlight({ seconds }: { readonly seconds: number }): Promise<number> {
    let most = 0;
    for (const end = performance.now() + seconds * 1_000; performance.now() < end; await pause(100))
      most = Math.max(most, opened().views.totals().inFlight);
    return most;
  },
  /**
   * How much later than drawn the replies left that a fault held, milliseconds. Draws depend on seed, fault and device alone, so they are drawn here
   * once more, in the order in which each device was called.
   */
  lateness({ fault, delay }: { readonly fault: string; readonly delay: Distribution }): { p50: number; p99: number } {
    const chance = seeded(seed).fork(`fault ${fault}`);
    const randoms = new Map<string, Random>();
    const late: number[] = [];
    const { rows } = opened().views.traffic({ filter: `kind:method fault:${fault}`, limit: 1_000_000 });
    for (const { id, device = '' } of rows) {
      const random = randoms.get(device) ?? chance.fork(device);
      randoms.set(device, random);
      const drawn = draw(delay, random);
      const held = opened()
        .trafficDetail(id)
        ?.touches?.find((touch) => touch.fault === fault)?.held;
      if (held !== undefined) late.push(held - drawn);
    }
    if (late.length === 0) throw new Error(`no reply was held by ${fault}`);
    late.sort((one, other) => one - other);
    const at = (share: number): number => late[Math.floor((late.length - 1) * share)] as number;
    return { p50: at(0.5), p99: at(0.99) };
  },
  async stop(): Promise<void> {
    await lab?.stop();
    lab = undefined;
  },
};
export type LabCalls = typeof handlers;
serve(handlers);

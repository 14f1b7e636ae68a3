// Our whole path in one process, as a host opens it: hub and fleets in worker threads, SAS checked, facts recorded, journal and metrics on.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HubStatus } from '../../simulators/hub/hub.ts';
import { type Lab, openLab } from '../../simulators/lab/lab.ts';
import { type FleetSpecInput, fleetSpecSchema } from '../../simulators/vocabulary/specs.ts';
import { serve } from '../processes/serve.ts';

export interface LabOpening {
  readonly fleetWorkers: number;
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
  async open({ fleetWorkers }: LabOpening): Promise<HubStatus> {
    lab = await openLab({
      version: 'bench',
      seed: 1,
      workers: { hub: worker('hub'), fleet: worker('fleet') },
      fleetWorkers,
      hub: {
        folder: undefined,
        hostName: 'localhost',
        listen: { host: '127.0.0.1', https: 0, http: 0, mqtts: 0, mqtt: 0, amqps: 0, amqp: 0 },
      },
      journalRows: 20_000,
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
  async stop(): Promise<void> {
    await lab?.stop();
    lab = undefined;
  },
};
export type LabCalls = typeof handlers;
serve(handlers);

// A whole lab on free ports of 127.0.0.1, with the built worker threads, stopped when the test is over.
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type Confirmation, type Lab, type LabOptions, openLab } from '../../simulators/lab/lab.ts';
import { deviceId, fleetName } from '../../simulators/vocabulary/ids.ts';
import {
  type FaultSpecInput,
  type FleetSpecInput,
  faultSpecSchema,
  fleetSpecSchema,
} from '../../simulators/vocabulary/specs.ts';
import type { RunView } from '../../simulators/vocabulary/views.ts';

const workers = {
  hub: new URL('../../dist/main/hub.worker.mjs', import.meta.url),
  fleet: new URL('../../dist/main/fleet.worker.mjs', import.meta.url),
};

export async function aLab(options: Partial<LabOptions> & { readonly folder?: string } = {}): Promise<Lab> {
  if (!existsSync(workers.hub)) throw new Error('the workers are not built: run `npm run build` first');
  const { folder, ...rest } = options;
  const lab = await openLab({
    version: '0.0.0-test',
    seed: 7,
    workers,
    fleetWorkers: 1,
    journalRows: 20_000,
    hub: {
      folder,
      hostName: 'localhost',
      listen: { host: '127.0.0.1', https: 0, http: 0, mqtts: 0, mqtt: 0, amqps: 0, amqp: 0 },
    },
    ...rest,
  });
  onTestFinished(() => lab.stop());
  return lab;
}

export const addFleet = (lab: Lab, spec: FleetSpecInput, confirmation?: Confirmation): Promise<void> =>
  lab.addFleet(fleetSpecSchema.parse(spec), confirmation);
export const addFault = (lab: Lab, spec: FaultSpecInput): Promise<void> => lab.addFault(faultSpecSchema.parse(spec));

/** Looks again until `look` gives something, or fails with what was last seen after `patience` ms. Waits for a fact, not for a time. */
export async function until<T>(
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  seen: () => unknown = look,
  patience = 20_000,
): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > end)
      throw new Error(`waited ${patience} ms in vain; last seen: ${JSON.stringify(await seen())?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const allOnline = (lab: Lab, count: number): Promise<true> =>
  until(
    () => lab.views.totals().devices.online === count || undefined,
    () => lab.views.totals(),
    30_000,
  ) as Promise<true>;

export async function runAll(
  lab: Lab,
  request: { method: string; payload?: string; responseTimeout?: number; fleet?: string; device?: string },
): Promise<NonNullable<RunView>> {
  const run = lab.startRun({
    target:
      request.device !== undefined
        ? { kind: 'devices', devices: [deviceId(request.device)] }
        : request.fleet === undefined
          ? { kind: 'all' }
          : { kind: 'fleet', fleet: fleetName(request.fleet) },
    method: request.method,
    payload: request.payload ?? '',
    responseTimeout: request.responseTimeout ?? 30,
    connectTimeout: 0,
    concurrency: 32,
  });
  return until(
    () => {
      const view = lab.views.run(run);
      return view?.state === 'done' ? view : undefined;
    },
    () => lab.views.run(run),
    60_000,
  );
}

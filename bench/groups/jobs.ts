// A job over a thousand devices, through the whole path: how long from its first call to its last, and until every answer is counted.
import type { HubStatus } from '../../simulators/hub/hub.ts';
import type { LabCalls } from '../ours/lab.process.ts';
import { serviceToken } from '../ours/service.ts';
import type { Group } from './group.ts';

const devices = 1_000;
const patience = 60_000;
const kinds = {
  method: { type: 'scheduleDeviceMethod', cloudToDeviceMethod: { methodName: 'echo', payload: { delay: 5 } } },
  twin: { type: 'scheduleUpdateTwin', updateTwin: { etag: '*', properties: { desired: { interval: 5 } } } },
} as const;

interface Job {
  readonly status: string;
  readonly createdTime: string;
  readonly endTime?: string;
  readonly deviceJobStatistics: { readonly succeededCount: number; readonly failedCount: number };
}
interface Ran {
  /** Seconds from the first device begun to the last. */
  readonly calls: number;
  /** Seconds from taking the job to its end. */
  readonly done: number;
}

export const jobs: Group = async ({ programs, runs, say }) => {
  const lab = programs.start<LabCalls>('ours/lab.process');
  const hub = await lab.call('open', { fleetWorkers: 1 });
  await lab.call('addFleet', {
    ...{ name: 'bench', count: devices, id: 'ours-{index:00000}', behaviour: { kind: 'echo' } },
    connect: { perSecond: 100_000 },
  });
  const ran: Record<keyof typeof kinds, Ran[]> = { method: [], twin: [] };
  for (let round = 1; round <= runs; round++) {
    say(`jobs: run ${round} of ${runs}`);
    for (const kind of ['method', 'twin'] as const) ran[kind].push(await run(hub, `${kind}-${round}`, kinds[kind]));
  }
  await programs.stopAll();
  const goal = { of: 'value', at: 'most', bound: 2 } as const;
  return [
    { name: 'jobs.calls', unit: 's', ours: ran.method.map(({ calls }) => calls), goal },
    { name: 'jobs.done', unit: 's', ours: ran.method.map(({ done }) => done) },
    { name: 'jobs.twins', unit: 's', ours: ran.twin.map(({ done }) => done) },
  ];
};

async function run(hub: HubStatus, id: string, work: object): Promise<Ran> {
  const { http } = hub.doors;
  const authorization = serviceToken(hub);
  const ask = async <T>(method: string, path: string, body?: object): Promise<readonly [T, Headers]> => {
    const answer = await fetch(`http://${http?.host}:${http?.port}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', 'x-ms-max-item-count': String(devices) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return [(await answer.json()) as T, answer.headers];
  };
  const path = `/jobs/v2/${id}?api-version=2021-04-12`;
  let [job] = await ask<Job>('PUT', path, { ...work, jobId: id, queryCondition: '*' });
  const limit = performance.now() + patience;
  while (job.endTime === undefined) {
    if (performance.now() > limit) throw new Error(`job ${id} goes on after ${patience / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    [job] = await ask<Job>('GET', path);
  }
  const { succeededCount } = job.deviceJobStatistics;
  if (succeededCount !== devices) throw new Error(`job ${id}: ${succeededCount} of ${devices} devices succeeded`);
  const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id}'`;
  const [rows] = await ask<readonly { readonly startTimeUtc: string }[]>('POST', '/devices/query', { query });
  if (rows.length !== devices) throw new Error(`job ${id}: the query gave ${rows.length} of ${devices} devices`);
  const begun = rows.map(({ startTimeUtc }) => Date.parse(startTimeUtc));
  return {
    calls: (Math.max(...begun) - Math.min(...begun)) / 1_000,
    done: (Date.parse(job.endTime) - Date.parse(job.createdTime)) / 1_000,
  };
}

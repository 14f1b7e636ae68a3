// Direct methods through the whole path, 100 devices: ours over `mqtt` on our hub, bare responders on the bare hub, SDK devices on our hub.
import type { LoadCalls, LoadResult, LoadTarget } from '../load/load.process.ts';
import type { LabCalls } from '../ours/lab.process.ts';
import { provision, serviceToken } from '../ours/service.ts';
import type { BareHubCalls } from '../reference/hub.process.ts';
import type { RespondersCalls } from '../reference/responders.process.ts';
import type { SdkCalls } from '../reference/sdk.process.ts';
import { type Group, inTurns, numbered } from './group.ts';

const devices = 100;
const inFlight = 16;
const seconds = 3;
const steadyRate = 5_000;
const body = JSON.stringify({
  methodName: 'echo',
  responseTimeoutInSeconds: 30,
  connectTimeoutInSeconds: 0,
  payload: { delay: 5, reason: 'planned' },
});
const pathsTo = (ids: readonly string[]): string[] => ids.map((id) => `/twins/${id}/methods?api-version=2021-04-12`);

export const invocations: Group = async ({ programs, runs, say }) => {
  const load = programs.start<LoadCalls>('load/load.process');

  const bareHub = programs.start<BareHubCalls>('reference/hub.process');
  const bareAddress = await bareHub.call('open', {});
  const bareIds = numbered('bare', devices);
  const responders = programs.start<RespondersCalls>('reference/responders.process');
  await responders.call('connect', { host: bareAddress.host, port: bareAddress.mqtt, ids: bareIds });

  const lab = programs.start<LabCalls>('ours/lab.process');
  const hub = await lab.call('open', { fleetWorkers: 1 });
  const { http, mqtts } = hub.doors;
  if (http === undefined || mqtts === undefined) throw new Error('the hub opened no plain HTTP or no MQTT door');
  await lab.call('addFleet', { name: 'bench', count: devices, id: 'ours-{index:00000}', behaviour: { kind: 'echo' } });
  const sdk = programs.start<SdkCalls>('reference/sdk.process');
  const sdkIds = numbered('sdk', devices);
  await sdk.call('connect', {
    hostName: hub.hostName,
    port: mqtts.port,
    ca: hub.ca.pem,
    devices: await provision(hub, sdkIds),
  });

  const authorization = serviceToken(hub);
  const bareTarget: LoadTarget = { host: bareAddress.host, port: bareAddress.http, paths: pathsTo(bareIds), body };
  const target = (ids: readonly string[]): LoadTarget => ({
    host: http.host,
    port: http.port,
    paths: pathsTo(ids),
    authorization,
    body,
  });
  const targets = { ours: target(numbered('ours', devices)), bare: bareTarget, sdk: target(sdkIds) };

  const closed: Record<keyof typeof targets, LoadResult[]> = { ours: [], bare: [], sdk: [] };
  const open: Record<'ours' | 'bare', LoadResult[]> = { ours: [], bare: [] };
  /** What hub and devices spend together on one call, microseconds of a core: drifts less than rates do when the machine is busy. */
  const spent: Record<keyof typeof targets, number[]> = { ours: [], bare: [], sdk: [] };
  const spenders = { ours: [lab], bare: [bareHub, responders], sdk: [lab, sdk] };
  const cpuOf = async (side: keyof typeof targets): Promise<number> => {
    const each = await Promise.all(spenders[side].map((program) => program.call('cpu')));
    return each.reduce((sum, micros) => sum + micros);
  };
  const saturate = async (side: keyof typeof targets): Promise<void> => {
    const before = await cpuOf(side);
    const result = await load.call('closedLoop', { target: targets[side], inFlight, warmSeconds: 0.5, seconds });
    closed[side].push(result);
    spent[side].push(((await cpuOf(side)) - before) / (result.callsPerSecond * (seconds + 0.5)));
  };
  const pace = async (side: keyof typeof open): Promise<void> => {
    open[side].push(await load.call('openLoop', { target: targets[side], perSecond: steadyRate, seconds }));
  };

  say('invocations: warming up');
  for (const side of ['ours', 'bare', 'sdk'] as const)
    await load.call('closedLoop', { target: targets[side], inFlight, warmSeconds: 0, seconds: 3 });
  const sides = [() => saturate('ours'), () => saturate('bare'), () => saturate('sdk')];
  await inTurns(runs, sides, (round) => say(`invocations: run ${round} of ${runs}, ${inFlight} in flight`));
  await inTurns(runs, [() => pace('ours'), () => pace('bare')], (round) =>
    say(`invocations: run ${round} of ${runs}, ${steadyRate} a second`),
  );
  await programs.stopAll();

  const rates = (side: keyof typeof closed): number[] => closed[side].map((result) => result.callsPerSecond);
  const calls = 'calls/s';
  return [
    {
      name: 'invocations.rate',
      unit: calls,
      ours: rates('ours'),
      reference: rates('bare'),
      goal: { of: 'ratio', at: 'least', bound: 0.65 },
    },
    {
      name: 'invocations.rate-against-sdk',
      unit: calls,
      ours: rates('ours'),
      reference: rates('sdk'),
      goal: { of: 'ratio', at: 'least', bound: 1.3 },
    },
    {
      name: 'invocations.p99',
      unit: 'ms',
      ours: closed.ours.map(({ p99 }) => p99),
      reference: closed.bare.map(({ p99 }) => p99),
      goal: { of: 'ratio', at: 'most', bound: 1.5 },
    },
    { name: 'invocations.cpu', unit: 'us/call', ours: spent.ours, reference: spent.bare },
    { name: 'invocations.cpu-against-sdk', unit: 'us/call', ours: spent.ours, reference: spent.sdk },
    {
      // Nagle's algorithm would hold replies until the device's next request: 20 ms at this rate over 100 devices.
      name: 'invocations.steady-p50',
      unit: 'ms',
      ours: open.ours.map(({ p50 }) => p50),
      reference: open.bare.map(({ p50 }) => p50),
      goal: { of: 'value', at: 'most', bound: 10 },
    },
    {
      name: 'invocations.steady-p99',
      unit: 'ms',
      ours: open.ours.map(({ p99 }) => p99),
      reference: open.bare.map(({ p99 }) => p99),
    },
  ];
};

// What faults cost: a hub and a fleet on which twenty were defined and lifted against the same without, and how late a held reply leaves when ten
// thousand are held.
import type { LoadCalls, LoadResult, LoadTarget } from '../load/load.process.ts';
import type { LabCalls } from '../ours/lab.process.ts';
import { serviceToken } from '../ours/service.ts';
import { type Group, inTurns, numbered } from './group.ts';

const devices = 100;
const inFlight = 16;
const seconds = 3;
const defined = 20;

const slowDevices = 2_000;
const perSecond = 500;
/** Its mean is 20.1 s, so that at this rate about 10,000 replies are held at any time. */
const slow = { kind: 'log-normal', median: 19_500, sigma: 0.25 } as const;
/** Until as many are held as ever will be, and then as long again. */
const slowSeconds = 80;

const bodyOf = (responseTimeoutInSeconds: number): string =>
  JSON.stringify({ methodName: 'echo', responseTimeoutInSeconds, connectTimeoutInSeconds: 0, payload: { delay: 5 } });

export const faults: Group = async ({ programs, runs, say }) => {
  const load = programs.start<LoadCalls>('load/load.process');
  const lab = programs.start<LabCalls>('ours/lab.process');
  const hub = await lab.call('open', { fleetWorkers: 1, journalRows: slowSeconds * perSecond + 10_000 });
  const { http } = hub.doors;
  if (http === undefined) throw new Error('the hub opened no plain HTTP door');
  const authorization = serviceToken(hub);
  const target = (ids: readonly string[], responseTimeout: number): LoadTarget => ({
    host: http.host,
    port: http.port,
    paths: ids.map((id) => `/twins/${id}/methods?api-version=2021-04-12`),
    authorization,
    body: bodyOf(responseTimeout),
  });

  await lab.call('addFleet', { name: 'quick', count: devices, id: 'quick-{index:00000}', behaviour: { kind: 'echo' } });
  const quick = target(numbered('quick', devices), 30);
  const rates: Record<'lifted' | 'off' | 'none', number[]> = { lifted: [], off: [], none: [] };
  const spent: Record<keyof typeof rates, number[]> = { lifted: [], off: [], none: [] };
  const saturate = async (side: keyof typeof rates): Promise<void> => {
    const before = await lab.call('cpu');
    const result = await load.call('closedLoop', { target: quick, inFlight, warmSeconds: 0.5, seconds });
    rates[side].push(result.callsPerSecond);
    spent[side].push(((await lab.call('cpu')) - before) / (result.callsPerSecond * (seconds + 0.5)));
  };
  say('faults: warming up');
  await load.call('closedLoop', { target: quick, inFlight, warmSeconds: 0, seconds: 3 });
  const sides = [
    async () => {
      await lab.call('defineFaults', { count: defined, enabled: true });
      await lab.call('liftFaults');
      await saturate('lifted');
    },
    async () => {
      await lab.call('defineFaults', { count: defined, enabled: false });
      await saturate('off');
      await lab.call('liftFaults');
    },
    () => saturate('none'),
  ];
  await inTurns(runs, sides, (round) => say(`faults: run ${round} of ${runs}, ${inFlight} in flight`));

  say(`faults: ${slowDevices} devices, each reply held, ${perSecond} calls a second for ${slowSeconds} s`);
  await lab.call('addFleet', {
    name: 'slow',
    count: slowDevices,
    id: 'slow-{index:00000}',
    behaviour: { kind: 'echo' },
  });
  await lab.call('addFault', { name: 'slow', settings: { kind: 'reply.delay', delay: slow }, on: { fleet: 'slow' } });
  const paced: Promise<LoadResult> = load.call('openLoop', {
    target: target(numbered('slow', slowDevices), 300),
    perSecond,
    seconds: slowSeconds,
    mostCallers: 20_000,
  });
  const held = lab.call('mostInFlight', { seconds: slowSeconds });
  await paced;
  const lateness = await lab.call('lateness', { fault: 'slow', delay: slow });
  const pending = await held;
  await programs.stopAll();

  return [
    {
      name: 'faults.lifted-rate',
      unit: 'calls/s',
      ours: rates.lifted,
      reference: rates.none,
      goal: { of: 'ratio', at: 'least', bound: 0.98 },
    },
    { name: 'faults.lifted-cpu', unit: 'us/call', ours: spent.lifted, reference: spent.none },
    { name: 'faults.off-cpu', unit: 'us/call', ours: spent.off, reference: spent.none },
    { name: 'faults.held', unit: 'replies', ours: [pending], goal: { of: 'value', at: 'least', bound: 10_000 } },
    { name: 'faults.lateness-p50', unit: 'ms', ours: [lateness.p50] },
    { name: 'faults.lateness-p99', unit: 'ms', ours: [lateness.p99], goal: { of: 'value', at: 'most', bound: 5 } },
  ];
};

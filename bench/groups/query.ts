// One comparison over ten thousand twins, asked over HTTP: the first page, and a scan that finds nothing and so must read every twin.
import type { QueriesCalls } from '../ours/queries.process.ts';
import { serviceToken } from '../ours/service.ts';
import type { PlainQueriesCalls } from '../reference/queries.process.ts';
import type { Group } from './group.ts';

const devices = 10_000;
const goal = { of: 'value', at: 'most', bound: 50 } as const;
/** Of so many in a row the median counts for a run. */
const asked = 9;

const texts = {
  'first-page': 'SELECT * FROM devices WHERE tags.floor > 5',
  scan: 'SELECT * FROM devices WHERE properties.desired.limits.temperature.high > 90',
  groups: 'SELECT tags.owner.team, COUNT() AS n FROM devices GROUP BY tags.owner.team',
  sorted: 'SELECT TOP 100 deviceId FROM devices WHERE tags.floor > 5 ORDER BY tags.owner.team DESC',
} as const;
type Text = keyof typeof texts;
/** Results on the page each of them gives. */
const wanted: Readonly<Record<Text, number>> = { 'first-page': 100, scan: 0, groups: 50, sorted: 100 };

const middle = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[values.length >> 1] as number;

export const query: Group = async ({ programs, runs, say }) => {
  const ours = programs.start<QueriesCalls>('ours/queries.process');
  const plain = programs.start<PlainQueriesCalls>('reference/queries.process');
  say(`query: ${devices} devices`);
  const [hub] = await Promise.all([ours.call('open', devices), plain.call('open', devices)]);
  const { http } = hub.doors;
  const url = `http://${http?.host}:${http?.port}/devices/query?api-version=2021-04-12`;
  const headers = { authorization: serviceToken(hub), 'content-type': 'application/json; charset=utf-8' };

  /** Milliseconds from the request to the last byte of the answer. */
  async function ask(name: Text): Promise<number> {
    const begun = performance.now();
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: texts[name] }) });
    const body = await response.text();
    const ms = performance.now() - begun;
    const found = response.ok ? (JSON.parse(body) as unknown[]).length : -1;
    if (found !== wanted[name]) throw new Error(`${texts[name]}: ${response.status}, ${found} results: ${body}`);
    return ms;
  }

  const names = Object.keys(texts) as Text[];
  const measured: Record<Text, number[]> = { 'first-page': [], scan: [], groups: [], sorted: [] };
  const beside: number[] = [];
  const several = async (once: () => Promise<number>): Promise<number> => {
    const values: number[] = [];
    for (let round = 0; round < asked; round++) values.push(await once());
    return middle(values);
  };
  for (let round = 1; round <= runs; round++) {
    say(`query: run ${round} of ${runs}`);
    for (const name of names) measured[name].push(await several(() => ask(name)));
    beside.push(await several(() => plain.call('run', texts.scan)));
  }
  await programs.stopAll();
  return [
    { name: 'query.first-page', unit: 'ms', ours: measured['first-page'], goal },
    { name: 'query.scan', unit: 'ms', ours: measured.scan, reference: beside, goal },
    { name: 'query.groups', unit: 'ms', ours: measured.groups },
    { name: 'query.sorted', unit: 'ms', ours: measured.sorted },
  ];
};

// Queries through the door: item types and continuations as headers, over identities, messages and jobs of a whole hub.
import { expect, test } from 'vitest';
import { type Answer, aHub } from '../hub/a-hub.ts';

async function someDevices() {
  const { ask, create } = await aHub();
  for (const id of ['a', 'b', 'c']) await create(id, { deviceScope: `scope-${id}` });
  await ask('PUT', '/devices/a/modules/m', { body: { deviceId: 'a', moduleId: 'm' } });
  await ask('PATCH', '/twins/b', { body: { tags: { site: 'north' } } });
  await ask('PATCH', '/twins/a/modules/m', { body: { tags: { site: 'north' } } });
  const query = (text: string, headers: Record<string, string> = {}) =>
    ask('POST', '/devices/query', { policy: 'service', body: { query: text }, headers });
  return { ask, query };
}
const seen = ({ status, headers, body }: Answer) => [status, headers['x-ms-item-type'], body];

test('each kind of result has its type', async () => {
  const { ask, query } = await someDevices();
  const twins = await query("SELECT * FROM devices WHERE tags.site = 'north'");
  expect(seen(twins)).toEqual([200, 'Twin', [(await ask('GET', '/twins/b')).body]]);
  expect(twins.headers).not.toHaveProperty('x-ms-continuation');
  const modules = await query("SELECT * FROM devices.modules WHERE moduleId = 'm'");
  expect(seen(modules)).toEqual([200, 'Twin', [(await ask('GET', '/twins/a/modules/m')).body]]);
  const scopes = await query('SELECT deviceId, deviceScope FROM devices ORDER BY deviceScope DESC', {
    'x-ms-max-item-count': '1',
  });
  expect(seen(scopes)).toEqual([200, 'Raw', [{ deviceId: 'c', deviceScope: 'scope-c' }]]);
  expect(scopes.headers['x-ms-continuation']).toMatch(/^[A-Za-z0-9+/=]+$/);
  expect(seen(await query('SELECT COUNT() AS n FROM devices'))).toEqual([200, 'Raw', [{ n: 3 }]]);
  expect(seen(await query('SELECT * FROM devices.jobs'))).toEqual([200, 'DeviceJob', []]);
});

test('a job is for those its condition picks, and its rows can be asked for', async () => {
  const { ask, query } = await someDevices();
  const job = {
    ...{
      jobId: 'j1',
      type: 'scheduleUpdateTwin',
      queryCondition: "tags.site = 'north'",
      maxExecutionTimeInSeconds: 60,
    },
    ...{ updateTwin: { etag: '*', tags: { done: true } }, startTime: null },
  };
  expect((await ask('PUT', '/jobs/v2/j1', { body: job })).status).toBe(200);
  const rows = "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j1' AND devices.jobs.status = 'completed'";
  await expect.poll(async () => ((await query(rows)).body as object[]).length, { timeout: 10_000 }).toBe(1);
  expect(seen(await query(`${rows} AND devices.jobs.createdTimeUtc > '2000'`))).toMatchObject([
    200,
    'DeviceJob',
    [{ deviceId: 'b', jobId: 'j1', jobType: 'scheduleUpdateTwin', status: 'completed' }],
  ]);
  expect(seen(await query('SELECT deviceId FROM devices WHERE tags.done'))).toEqual([200, 'Raw', [{ deviceId: 'b' }]]);
});

test('a problem shows the text with a caret under the place', async () => {
  const { query } = await someDevices();
  const answer = await query('SELECT * FROM devices WHERE tags.site == 1');
  expect([answer.status, answer.error.number, answer.headers['iothub-errorcode']]).toEqual([
    400,
    400004,
    'ArgumentInvalid',
  ]);
  expect(answer.error.message.split('\n').slice(1)).toEqual([
    'SELECT * FROM devices WHERE tags.site == 1',
    '                                       ^',
  ]);
  expect(answer.error.message).toMatch(/^query, line 1, column 40: Expected /);
});

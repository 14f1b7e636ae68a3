// Jobs through a whole hub: REST as clients write it, devices over MQTT, and a restart in the middle.
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { type Hub, type HubOptions, openHub } from '../../../../simulators/hub/hub.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { until } from '../../../support/a-lab.ts';
import { aFolder, aHub, allShut, asker, hubOptions } from '../hub/a-hub.ts';

const listen = { ...allShut, http: 0, mqtt: 0 };
const key = Buffer.from('one key for all devices').toString('base64');
const authentication = { type: 'sas', symmetricKey: { primaryKey: key, secondaryKey: key } };
const paging = 'api-version=2021-04-12';

type Ask = Awaited<ReturnType<typeof aHub>>['ask'];
type JobBody = { readonly status: string; readonly deviceJobStatistics: Readonly<Record<string, number>> };

async function register(ask: Ask, ids: readonly string[], tags: object = {}): Promise<void> {
  for (const id of ids) {
    const { status } = await ask('PUT', `/devices/${id}`, { body: { deviceId: id, authentication } });
    expect(status).toBe(200);
    await ask('PATCH', `/twins/${id}`, { body: { tags } });
  }
}

/** A device that answers every method with its id, or what the test does. */
async function aDevice(
  hub: Hub,
  id: string,
  called: (rid: string, payload: string, client: MqttClient) => void = (rid, _payload, client) =>
    void client.publish(`$iothub/methods/res/200/?$rid=${rid}`, JSON.stringify({ id })),
): Promise<MqttClient> {
  const resource = `hub.localhost/devices/${id}`;
  const client = await connectAsync({
    host: '127.0.0.1',
    port: hub.status.doors.mqtt?.port ?? 0,
    clientId: id,
    username: `hub.localhost/${id}/?api-version=2021-04-12`,
    password: signToken({ resource, key, expiresAt: Date.now() + 600_000 }),
    reconnectPeriod: 0,
  });
  client.on('error', () => {});
  client.on('message', (topic, payload) => called(topic.split('$rid=')[1] ?? '', payload.toString(), client));
  await client.subscribeAsync('$iothub/methods/POST/#');
  onTestFinished(() => void client.end(true));
  return client;
}

const jobOf = async (ask: Ask, id: string): Promise<JobBody> => (await ask('GET', `/jobs/v2/${id}?${paging}`)).body;
const ended = (ask: Ask, id: string): Promise<JobBody> =>
  until(async () => {
    const job = await jobOf(ask, id);
    return ['completed', 'failed', 'cancelled'].includes(job.status) ? job : undefined;
  });

test('a method goes to whom the condition picks, and each result is read by a query', async () => {
  const { hub, ask } = await aHub({ listen });
  await register(ask, ['a', 'b', 'off'], { site: 'north' });
  await register(ask, ['elsewhere'], { site: 'south' });
  const heard: string[] = [];
  await aDevice(hub, 'a', (rid, payload, client) => {
    heard.push(payload);
    client.publish(`$iothub/methods/res/200/?$rid=${rid}`, '{"id":"a"}');
  });
  await aDevice(hub, 'b');
  await aDevice(hub, 'elsewhere', () => heard.push('elsewhere'));

  // The bytes a Node service sends, but for a number that JavaScript cannot hold.
  const call = '{"methodName":"work","payload":{"n":12345678901234567890},"responseTimeoutInSeconds":30}';
  const rest = `"startTime":null,"maxExecutionTimeInSeconds":3600,"queryCondition":"tags.site = 'north'"`;
  const body = `{"jobId":"j","type":"scheduleDeviceMethod","cloudToDeviceMethod":${call},${rest}}`;
  const put = await ask('PUT', `/jobs/v2/j?${paging}`, { body, policy: 'service' });
  expect(put).toMatchObject({
    status: 200,
    body: { jobId: 'j', type: 'scheduleDeviceMethod', status: 'queued', queryCondition: "tags.site = 'north'" },
  });
  expect(await ended(ask, 'j')).toMatchObject({
    status: 'completed',
    maxExecutionTimeInSeconds: 3_600,
    cloudToDeviceMethod: { methodName: 'work' },
    deviceJobStatistics: { deviceCount: 3, succeededCount: 2, failedCount: 1, runningCount: 0, pendingCount: 0 },
  });
  expect(heard).toEqual(['{"n":12345678901234567890}']);

  const query = "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j'";
  const rows = await ask('POST', '/devices/query', { body: { query } });
  expect(rows.headers['x-ms-item-type']).toBe('DeviceJob');
  expect(rows.body).toMatchObject([
    { deviceId: 'a', status: 'completed', outcome: { deviceMethodResponse: { status: 200, payload: { id: 'a' } } } },
    { deviceId: 'b', status: 'completed', outcome: { deviceMethodResponse: { status: 200, payload: { id: 'b' } } } },
    { deviceId: 'off', status: 'failed', error: { code: 'DeviceNotOnline' } },
  ]);
});

test('a twin update reaches every twin, and a wrong etag fails each', async () => {
  const { ask } = await aHub();
  await register(ask, ['a', 'b']);
  const job = (id: string, etag: string) =>
    ask('PUT', `/jobs/v2/${id}`, {
      body: {
        type: 'scheduleUpdateTwin',
        queryCondition: '*',
        updateTwin: { etag, properties: { desired: { x: 1 } } },
      },
    });
  await job('good', '*');
  expect(await ended(ask, 'good')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 2 } });
  for (const id of ['a', 'b']) {
    expect((await ask('GET', `/twins/${id}`)).body).toMatchObject({ properties: { desired: { x: 1, $version: 2 } } });
  }
  await job('stale', 'AAAAAAAAAAA=');
  expect(await ended(ask, 'stale')).toMatchObject({ status: 'completed', deviceJobStatistics: { failedCount: 2 } });
});

test('modules are called when the condition is about them', async () => {
  const { ask } = await aHub();
  await register(ask, ['a']);
  await ask('PUT', '/devices/a/modules/m', { body: { deviceId: 'a', moduleId: 'm' } });
  const body = { type: 'scheduleUpdateTwin', updateTwin: { tags: { seen: true } } };
  const condition = "FROM devices.modules WHERE moduleId = 'm'";
  await ask('PUT', '/jobs/v2/j', { body: { ...body, queryCondition: condition } });
  expect(await ended(ask, 'j')).toMatchObject({ deviceJobStatistics: { deviceCount: 1, succeededCount: 1 } });
  expect((await ask('GET', '/twins/a/modules/m')).body).toMatchObject({ tags: { seen: true } });
});

test('jobs are listed in pages, newest first, as JobResponse', async () => {
  const { ask } = await aHub();
  const body = { type: 'scheduleUpdateTwin', queryCondition: '*', updateTwin: { tags: {} } };
  for (const id of ['j1', 'j2', 'j3']) await ask('PUT', `/jobs/v2/${id}`, { body });
  const page = (continuation?: string) =>
    ask('GET', `/jobs/v2/query?${paging}&jobType=ScheduleUpdateTwin`, {
      headers: {
        'x-ms-max-item-count': '2',
        ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
      },
    });
  const first = await page();
  expect(first.headers['x-ms-item-type']).toBe('JobResponse');
  expect(first.body).toMatchObject([{ jobId: 'j3' }, { jobId: 'j2' }]);
  await ask('PUT', '/jobs/v2/j4', { body });
  const second = await page(first.headers['x-ms-continuation']);
  expect(second.body).toMatchObject([{ jobId: 'j1' }]);
  expect(second.headers).not.toHaveProperty('x-ms-continuation');
  expect((await page('bm9uZQ==')).error).toMatchObject({
    number: 400_004,
    message: expect.stringContaining('x-ms-cont'),
  });
  const odd = await ask('GET', '/jobs/v2/query?jobStatus=finished');
  expect(odd.error).toMatchObject({ number: 400_004, message: expect.stringContaining("jobStatus: 'finished'") });
  expect((await ask('GET', '/jobs/v2/query?jobStatus=scheduled')).body).toEqual([]);
});

test('what is wrong is answered as the service does', async () => {
  const { ask } = await aHub();
  const body = { type: 'scheduleUpdateTwin', queryCondition: '*', updateTwin: { tags: {} } };
  await ask('PUT', '/jobs/v2/j', { body, policy: 'service' });
  expect(await ask('PUT', '/jobs/v2/j', { body })).toMatchObject({ status: 409, error: { number: 409_104 } });
  expect(await ask('GET', '/jobs/v2/none')).toMatchObject({
    status: 404,
    error: { name: 'JobNotFound', number: 404_002 },
  });
  expect(await ask('POST', '/jobs/v2/none/cancel')).toMatchObject({ status: 404 });
  const wrong = await ask('PUT', '/jobs/v2/k', { body: { ...body, queryCondition: 'tags.x == 1' } });
  expect(wrong).toMatchObject({
    status: 400,
    error: { number: 400_004, message: expect.stringContaining('queryCondition: line 1, column 9: ') },
  });
  for (const policy of ['device', 'registryReadWrite', null]) {
    expect((await ask('PUT', '/jobs/v2/k', { body, policy })).status).toBe(401);
    expect((await ask('GET', '/jobs/v2/query', { policy })).status).toBe(401);
  }
});

test('cancelling over the wire ends a job that waits for its devices', async () => {
  const { hub, ask } = await aHub({ listen });
  await register(ask, ['a']);
  let asked = 0;
  await aDevice(hub, 'a', () => {
    asked += 1;
  });
  await ask('PUT', '/jobs/v2/j', {
    body: {
      type: 'scheduleDeviceMethod',
      queryCondition: "deviceId IN ['a']",
      cloudToDeviceMethod: { methodName: 'm' },
    },
  });
  await until(() => asked === 1);
  const cancelled = await ask('POST', '/jobs/v2/j/cancel', { body: '' });
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
});

test('a restart in the middle: every device is called once, but the one that was being called', async () => {
  const folder = aFolder();
  const change = (): Partial<HubOptions> => ({ folder, listen });
  const facts: HubFact[] = [];
  const calls = new Map<string, number>();
  const count = (id: string) => calls.set(id, (calls.get(id) ?? 0) + 1);
  const ids = ['a', 'b', 'slow'];

  const first = await openHub(hubOptions(facts, change()));
  const before = asker(first);
  onTestFinished(() => first.stop());
  await register(before.send, ids);
  const answer = (id: string) => (rid: string, _payload: string, client: MqttClient) => {
    count(id);
    client.publish(`$iothub/methods/res/200/?$rid=${rid}`, 'null');
  };
  await aDevice(first, 'a', answer('a'));
  await aDevice(first, 'b', answer('b'));
  await aDevice(first, 'slow', () => void count('slow'));
  await before.send('PUT', '/jobs/v2/j', {
    body: { type: 'scheduleDeviceMethod', queryCondition: '*', cloudToDeviceMethod: { methodName: 'm' } },
  });
  await until(async () => {
    const { deviceJobStatistics } = await jobOf(before.send, 'j');
    return deviceJobStatistics.succeededCount === 2 && deviceJobStatistics.runningCount === 1;
  });
  await before.close();
  await first.stop();

  const second = await openHub(hubOptions(facts, change()));
  const after = asker(second);
  onTestFinished(async () => {
    await after.close();
    await second.stop();
  });
  expect(await jobOf(after.send, 'j')).toMatchObject({ status: 'running', deviceJobStatistics: { succeededCount: 2 } });
  for (const id of ids) await aDevice(second, id, answer(id));
  expect(await ended(after.send, 'j')).toMatchObject({
    status: 'completed',
    deviceJobStatistics: { succeededCount: 3 },
  });
  expect([...calls]).toEqual([
    ['a', 1],
    ['b', 1],
    ['slow', 2],
  ]);
});

test('a tier lets one job be active at the same time', async () => {
  const { hub, ask } = await aHub({ listen });
  hub.setThrottle({ tier: 'S1', units: 1 });
  await register(ask, ['a']);
  await aDevice(hub, 'a', () => {});
  const body = { type: 'scheduleDeviceMethod', queryCondition: '*', cloudToDeviceMethod: { methodName: 'm' } };
  expect((await ask('PUT', '/jobs/v2/j', { body })).status).toBe(200);
  expect(await ask('PUT', '/jobs/v2/k', { body })).toMatchObject({
    status: 429,
    error: { name: 'ThrottlingMaxActiveJobCountExceeded', number: 429_004 },
  });
});

test('a page of jobs holds at most a thousand, whatever is asked for; a parameter that is given twice is refused', async () => {
  const { ask } = await aHub();
  const page = (size: string) => ask('GET', '/jobs/v2/query', { headers: { 'x-ms-max-item-count': size } });
  expect([(await page('5000')).status, (await page('0')).status]).toEqual([200, 400]);
  expect((await ask('GET', '/jobs/v2/query?jobType=import&jobType=export')).error.number).toBe(400_004);
});

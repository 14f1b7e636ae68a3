// `hubfleet query`, `jobs`, `modules` and `send` as processes on a hub that runs: what scripts may rely on, and the codes they end with.
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseConnectionString } from '../../simulators/tokens/connection-string.ts';
import { signToken } from '../../simulators/tokens/sas-token.ts';
import { temporaryFolder } from '../main/support/temporary.ts';
import { until } from '../support/a-lab.ts';
import { type Running, run, start, withBuild } from './support.ts';

withBuild();

const dataDir = temporaryFolder();
let hub: Running;
let mqtt: { readonly host: string; readonly port: number };
const keys = new Map<string, string>();

beforeAll(async () => {
  const ports = ['--https-port', '0', '--mqtts-port', '0', '--amqps-port', '0'];
  hub = start(dataDir, ['hub', '--json', ...ports]);
  mqtt = JSON.parse(await hub.firstLine).mqtt;
  for (const id of ['pump-1', 'pump-2', 'valve']) {
    const { out } = await run(dataDir, ['devices', 'create', id]);
    keys.set(id, parseConnectionString(out.trim()).sharedAccessKey ?? '');
  }
}, 180_000);
afterAll(async () => {
  hub.process.kill('SIGTERM');
  expect((await hub.finished).code).toBe(0);
});

/** Answers every method, and keeps what the service sends. */
async function aDevice(id: string) {
  const resource = `127.0.0.1/devices/${id}`;
  const client = await connectAsync({
    ...mqtt,
    clientId: id,
    username: `127.0.0.1/${id}/?api-version=2021-04-12`,
    password: signToken({ resource, key: keys.get(id) ?? '', expiresAt: Date.now() + 600_000 }),
    reconnectPeriod: 0,
  });
  client.on('error', () => {});
  onTestFinished(() => void client.end(true));
  const messages: string[] = [];
  client.on('message', (topic, payload) => {
    const rid = /\$rid=(.+)$/.exec(topic)?.[1];
    if (topic.startsWith('$iothub/methods/')) client.publish(`$iothub/methods/res/200/?$rid=${rid}`, payload);
    else messages.push(payload.toString());
  });
  await client.subscribeAsync(['$iothub/methods/POST/#', `devices/${id}/messages/devicebound/#`]);
  return messages;
}

describe('query', () => {
  test('prints rows as JSON, as lines and as a table', async () => {
    const text = "SELECT deviceId FROM devices WHERE deviceId IN ['pump-1', 'pump-2']";
    const array = await run(dataDir, ['query', text, '--json']);
    expect(array).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(array.out)).toEqual([{ deviceId: 'pump-1' }, { deviceId: 'pump-2' }]);
    const lines = await run(dataDir, ['query', text, '--lines', '--top', '1']);
    expect(lines.out).toBe('{"deviceId":"pump-1"}\n');
    const table = await run(dataDir, ['query', 'SELECT * FROM devices']);
    expect(table.out).toMatch(/^deviceId +status +connectionState/);
    expect(table.err).toBe('3 rows\n');
  });

  test('shows the place of a mistake and ends with 1', async () => {
    const { code, out, err } = await run(dataDir, ['query', 'SELECT * FROM devices WHERE = 1']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('line 1, column 29');
    expect(err).toContain(`SELECT * FROM devices WHERE = 1\n${' '.repeat(28)}^`);
  });
});

describe('jobs', () => {
  test('a method for many devices is waited for and its results are shown', async () => {
    await aDevice('pump-1');
    const method = ['--method', 'echo', '--payload', '{"n":1}'];
    const condition = "deviceId IN ['pump-1', 'pump-2']";
    const made = await run(dataDir, ['jobs', 'create', 'echo', '-q', condition, ...method, '--wait', '--json']);
    expect(made.code).toBe(0);
    expect(JSON.parse(made.out)).toMatchObject({
      jobId: 'echo',
      status: 'completed',
      deviceJobStatistics: { deviceCount: 2, succeededCount: 1, failedCount: 1 },
    });
    const shown = await run(dataDir, ['jobs', 'show', 'echo', '--devices', '--json']);
    expect(JSON.parse(shown.out).devices).toMatchObject([
      { deviceId: 'pump-1', outcome: { deviceMethodResponse: { payload: { n: 1 } } } },
      { deviceId: 'pump-2', error: { code: 'DeviceNotOnline' } },
    ]);
    expect((await run(dataDir, ['jobs', 'create', 'echo', '-q', '*', ...method])).err).toContain('409104');
  });

  test('a twin update for later is listed and cancelled', async () => {
    const twin = ['--twin', '{"tags":{"a":1}}', '--start', '2099-01-01T00:00:00Z'];
    expect((await run(dataDir, ['jobs', 'create', 'later', '-q', '*', ...twin])).out).toBe('later: scheduled\n');
    const listed = await run(dataDir, ['jobs', 'list', '--status', 'scheduled', '--json']);
    expect(JSON.parse(listed.out)).toMatchObject([{ jobId: 'later', startTime: '2099-01-01T00:00:00.000Z' }]);
    expect((await run(dataDir, ['jobs', 'cancel', 'later'])).out).toBe('later: cancelled\n');
    const wrong = await run(dataDir, ['jobs', 'create', '-q', 'tags.a ==', ...twin]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('queryCondition');
  });
});

test('modules are created, listed, read and deleted', async () => {
  const created = await run(dataDir, ['modules', 'create', 'valve', 'lid']);
  expect(created.out).toMatch(/^HostName=127\.0\.0\.1;DeviceId=valve;ModuleId=lid;SharedAccessKey=[\w+/]+=*\n$/);
  const listed = await run(dataDir, ['modules', 'list', 'valve', '--json']);
  expect(JSON.parse(listed.out)).toMatchObject([{ deviceId: 'valve', moduleId: 'lid' }]);
  expect(listed.out).not.toContain('symmetricKey');
  expect(JSON.parse((await run(dataDir, ['twin', 'valve/lid', '--json'])).out)).toMatchObject({ moduleId: 'lid' });
  const offline = await run(dataDir, ['invoke', 'valve/lid', 'close', '--json']);
  expect(JSON.parse(offline.out)).toMatchObject({ httpStatus: 404, error: { name: 'DeviceNotOnline' } });
  expect(await run(dataDir, ['modules', 'delete', 'valve/lid'])).toMatchObject({ code: 0, out: 'deleted valve/lid\n' });
});

test('send takes a message to a device, and says when the hub does not take one', async () => {
  const messages = await aDevice('pump-2');
  const sent = await run(dataDir, ['send', 'pump-2', '--body', '{"a":1}', '--property', 'x=1', '--json']);
  expect(sent).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(sent.out)).toMatchObject({ to: 'pump-2', sent: true });
  await until(() => messages.length === 1);
  expect(messages).toEqual(['{"a":1}']);
  const refused = await run(dataDir, ['send', 'nobody', 'hello']);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('404001 DeviceNotFound');
});

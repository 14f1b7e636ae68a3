// Every call of the official service SDK, unmodified: Registry, Client, JobClient, twins of devices and modules, and Entra credentials.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { formatConnectionString } from '../../simulators/tokens/connection-string.ts';
import { callService, type Result } from './service.ts';
import {
  type Agent,
  agentOf,
  type Program,
  portsProblem,
  type RunningHub,
  runProgram,
  startHub,
  stop,
} from './support.ts';

const problem = await portsProblem();
if (problem !== undefined) {
  process.stderr.write(
    `\nSKIPPED: the official service SDK. It needs ports 443, 8883 and 5671 on 127.0.0.1, and ${problem}.\n\n`,
  );
}

describe.skipIf(problem !== undefined)('official service SDK', () => {
  let hub: RunningHub;
  const programs: Program[] = [];
  beforeAll(async () => {
    hub = await startHub(['--ephemeral', '--facts', '--entra-issuer', 'local']);
  });
  afterAll(async () => {
    expect(await hub.stop()).toBe(0);
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => stop(program.child)));
  });

  const service = (...calls: readonly unknown[][]): Promise<Result[]> => callService(hub, calls);
  const values = (results: readonly Result[]) => results.map(({ value, error }) => value ?? error);

  async function aDevice(deviceId: string): Promise<Agent> {
    const [made] = await service(['registry', 'create', { deviceId }]);
    const sharedAccessKey = made?.value.authentication.symmetricKey.primaryKey as string;
    const program = runProgram(new URL('./programs/agent.mjs', import.meta.url), hub, {
      CONNECTION_STRING: formatConnectionString({ hostName: '127.0.0.1', deviceId, sharedAccessKey }),
      TRANSPORT: 'amqp',
    });
    programs.push(program);
    const device = agentOf(program);
    await device.order('open');
    await device.order('listen');
    return device;
  }

  test('registry: devices one by one and in bulk', async () => {
    const results = values(
      await service(
        ['registry', 'create', { deviceId: 'one', status: 'enabled' }],
        ['registry', 'create', { deviceId: 'one' }],
        ['registry', 'get', 'one'],
        ['registry', 'update', { deviceId: 'one', status: 'disabled', statusReason: 'spare' }],
        ['registry', 'addDevices', [{ deviceId: 'two' }, { deviceId: 'three' }]],
        ['registry', 'updateDevices', [{ deviceId: 'two', status: 'disabled' }], true],
        ['registry', 'getRegistryStatistics'],
        ['registry', 'removeDevices', [{ deviceId: 'two' }, { deviceId: 'three' }], true],
        ['registry', 'list'],
        ['registry', 'delete', 'one'],
        ['registry', 'get', 'one'],
      ),
    );
    expect(results[0]).toMatchObject({ deviceId: 'one', status: 'enabled', authentication: { type: 'sas' } });
    expect(results[1]).toMatchObject({ name: 'DeviceAlreadyExistsError' });
    expect(results[3]).toMatchObject({ status: 'disabled', statusReason: 'spare' });
    for (const bulk of [results[4], results[5], results[7]])
      expect(bulk).toMatchObject({ isSuccessful: true, errors: [] });
    expect(results[6]).toMatchObject({ totalDeviceCount: 3, enabledDeviceCount: 1, disabledDeviceCount: 2 });
    expect(results[8]).toMatchObject([{ deviceId: 'one' }]);
    expect(results[10]).toMatchObject({ name: 'DeviceNotFoundError' });
  });

  test('registry: modules and their twins, with etags', async () => {
    const ids = { deviceId: 'gateway', moduleId: 'camera' };
    const results = values(
      await service(
        ['registry', 'create', { deviceId: 'gateway' }],
        ['registry', 'addModule', ids],
        ['registry', 'getModulesOnDevice', 'gateway'],
        ['registry', 'getModule', 'gateway', 'camera'],
        ['registry', 'updateModule', { ...ids, managedBy: 'me' }, true],
        ['registry', 'getModuleTwin', 'gateway', 'camera'],
        ['registry', 'updateModuleTwin', 'gateway', 'camera', { properties: { desired: { on: true } } }, '*'],
        [
          'registry',
          'updateModuleTwin',
          'gateway',
          'camera',
          { properties: { desired: { on: false } } },
          'AAAAAAAAAAE=',
        ],
        ['registry', 'updateTwin', 'gateway', { tags: { room: 5 } }, '*'],
        ['registry', 'updateTwin', 'gateway', { tags: { room: 6 } }, 'AAAAAAAAAAE='],
        ['registry', 'removeModule', 'gateway', 'camera'],
        ['registry', 'getModulesOnDevice', 'gateway'],
      ),
    );
    expect(results[2]).toMatchObject([{ moduleId: 'camera' }]);
    expect(results[3]).toMatchObject({ ...ids, authentication: { symmetricKey: { primaryKey: expect.any(String) } } });
    expect(results[4]).toMatchObject({ managedBy: 'me' });
    expect(results[5]).toMatchObject({ ...ids, properties: { desired: { $version: 1 } } });
    expect(results[6]).toMatchObject({ properties: { desired: { on: true, $version: 2 } } });
    expect(results[8]).toMatchObject({ tags: { room: 5 } });
    for (const stale of [results[7], results[9]]) expect(stale).toMatchObject({ name: 'InvalidEtagError' });
    expect(results[11]).toEqual([]);
  });

  test('registry: configurations', async () => {
    const configuration = {
      id: 'night',
      schemaVersion: '1.0',
      content: { deviceContent: { 'properties.desired.mode': 'night' } },
      targetCondition: "tags.site = 'north'",
      priority: 10,
    };
    const results = values(
      await service(
        ['registry', 'addConfiguration', configuration],
        ['registry', 'getConfiguration', 'night'],
        ['registry', 'updateConfiguration', { ...configuration, priority: 20 }, true],
        ['registry', 'getConfigurations'],
        ['registry', 'removeConfiguration', 'night'],
        ['registry', 'getConfigurations'],
      ),
    );
    expect(results[1]).toMatchObject({ id: 'night', priority: 10, etag: expect.any(String) });
    expect(results[3]).toMatchObject([{ id: 'night', priority: 20 }]);
    expect(results[5]).toEqual([]);
  });

  test('queries give twins page by page, and rows of their own', async () => {
    await service([
      'registry',
      'addDevices',
      [1, 2, 3, 4, 5].map((number) => ({ deviceId: `query-${number}`, status: number < 4 ? 'enabled' : 'disabled' })),
    ]);
    const condition = "WHERE STARTS_WITH(deviceId, 'query-')";
    const results = values(
      await service(
        ['query', `SELECT * FROM devices ${condition}`, 2],
        ['raw', `SELECT COUNT() AS many, status FROM devices ${condition} GROUP BY status`],
        ['raw', `SELECT TOP 1 deviceId FROM devices ${condition} AND status != 'enabled'`],
        ['raw', 'SELECT * FROM devices WHERE tags.a ='],
      ),
    );
    expect(results[0]).toEqual([['query-1', 'query-2'], ['query-3', 'query-4'], ['query-5']]);
    expect(results[1]).toEqual(
      expect.arrayContaining([
        { many: 3, status: 'enabled' },
        { many: 2, status: 'disabled' },
      ]),
    );
    expect(results[2]).toEqual([{ deviceId: 'query-4' }]);
    expect(results[3]).toMatchObject({ name: 'ArgumentError' });
  });

  test('jobs call methods and update twins, and are cancelled', async () => {
    await aDevice('worker-1');
    await aDevice('worker-2');
    const both = "deviceId IN ['worker-1', 'worker-2']";
    const method = { methodName: 'echo', payload: { n: 1 }, responseTimeoutInSeconds: 15 };
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const patch = { etag: '*', properties: { desired: { rate: 7 } } };
    const results = values(
      await service(
        ['jobs', 'scheduleDeviceMethod', 'job-method', both, method],
        ['jobEnds', 'job-method'],
        ['jobs', 'scheduleTwinUpdate', 'job-twin', both, patch],
        ['jobEnds', 'job-twin'],
        ['registry', 'getTwin', 'worker-2'],
        ['jobs', 'scheduleTwinUpdate', 'job-later', both, patch, later, 300],
        ['jobs', 'cancelJob', 'job-later'],
        ['jobEnds', 'job-later'],
        ['jobList', 'scheduleDeviceMethod', 'completed'],
        ['raw', "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'job-method'"],
      ),
    );
    expect(results[1]).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: 2, succeededCount: 2, failedCount: 0, pendingCount: 0, runningCount: 0 },
    });
    expect(results[3]).toMatchObject({ status: 'completed' });
    expect(results[4]).toMatchObject({ properties: { desired: { rate: 7 } } });
    expect(results[5]).toMatchObject({ status: 'scheduled' });
    expect(results[7]).toMatchObject({ status: 'cancelled' });
    expect(results[8]).toEqual(['job-method']);
    const rows = results[9] as { deviceId: string; outcome: unknown }[];
    expect(rows.map(({ deviceId }) => deviceId).sort()).toEqual(['worker-1', 'worker-2']);
    expect(rows[0]?.outcome).toEqual({ deviceMethodResponse: { status: 200, payload: { n: 1 } } });
  });

  test('a message that wants it brings feedback', async () => {
    const device = await aDevice('listener');
    await device.order('messages');
    const results = values(
      await service(['send', 'listener', 'hello', { messageId: 'm-1', ack: 'full' }], ['feedback']),
    );
    expect(results[0]).toBe('sent');
    expect(results[1]).toMatchObject([{ originalMessageId: 'm-1', deviceId: 'listener', statusCode: 'Success' }]);
  }, 60_000);

  test('messages nobody could take are refused with the error class of the SDK', async () => {
    await service(['registry', 'create', { deviceId: 'full' }]);
    const sends = Array.from({ length: 51 }, (_, number) => ['send', 'full', `message ${number}`, {}]);
    const results = await service(['send', 'nobody', 'hello', {}], ...sends);
    expect(results[0]?.error?.name).toBe('DeviceNotFoundError');
    expect(results.slice(1, 51).every(({ value }) => value === 'sent')).toBe(true);
    expect(results[51]?.error?.name).toBe('DeviceMaximumQueueDepthExceededError');
  });

  /** A token of the hub's own issuer for the client that stands for `role`. */
  async function entraToken(role: string): Promise<string> {
    const { token, clients } = hub.entra ?? { token: { url: '', method: '', contentType: '', body: '' }, clients: {} };
    const [client] = Object.entries(clients).find(([, name]) => name === role) ?? [''];
    const body = new URLSearchParams(token.body);
    body.set('client_id', client);
    const answer = await fetch(token.url, {
      method: token.method,
      headers: { 'content-type': token.contentType },
      body,
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  test('an Entra credential opens what its role allows and nothing more', async () => {
    const device = await aDevice('entra');
    await device.order('messages');
    const call = { methodName: 'echo', payload: 1, connectTimeoutInSeconds: 5 };
    const calls = [
      ['registry', 'get', 'entra'],
      ['client', 'invokeDeviceMethod', 'entra', call],
      ['registry', 'updateTwin', 'entra', { tags: { a: 1 } }, '*'],
      ['send', 'entra', 'hello', {}],
    ];
    const as = (token: string) => callService(hub, calls, { HOST: '127.0.0.1', ENTRA_TOKEN: token });
    const contributor = await entraToken('IoT Hub Data Contributor');
    const all = values(await as(contributor));
    expect(all[0]).toMatchObject({ deviceId: 'entra' });
    expect(all[1]).toEqual({ status: 200, payload: 1 });
    expect(all[2]).toMatchObject({ tags: { a: 1 } });
    expect(all[3]).toBe('sent');
    await device.sees('message', ({ data }) => data === 'hello');

    const reader = await as(await entraToken('IoT Hub Data Reader'));
    expect(reader[0]?.value).toMatchObject({ deviceId: 'entra' });
    expect(reader.slice(1).map(({ error }) => error?.name)).toEqual(Array(3).fill('UnauthorizedError'));

    const forged = await as(`${contributor.slice(0, -6)}AAAAAA`);
    expect(forged.slice(0, 3).map(({ error }) => error?.name)).toEqual(Array(3).fill('UnauthorizedError'));
    // Over AMQP the SDK says no more of a token that $cbs refused.
    expect(forged[3]?.error?.message).toBe('AMQP Transport: Could not connect');
  });
});

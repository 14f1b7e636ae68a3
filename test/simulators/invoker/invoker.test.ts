// The invoker against a small HTTP server that answers what the test says: what goes over the wire, and how answers are read.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { refusedIn } from '../../../simulators/invoker/bulk.ts';
import { type Invoker, openInvoker } from '../../../simulators/invoker/invoker.ts';
import { pauseBefore, withRetry } from '../../../simulators/invoker/retry.ts';
import { seeded } from '../../../simulators/random/random.ts';
import { parseToken, verifyToken } from '../../../simulators/tokens/sas-token.ts';
import { until } from '../../support/a-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const key = Buffer.from('a key of a policy').toString('base64');
const connectionString = `HostName=hub.test;SharedAccessKeyName=service;SharedAccessKey=${key}`;

interface Answering {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}
interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}
let server: Server | undefined;
let invoker: Invoker | undefined;

async function anInvoker(answers: Answering | ((seen: Seen) => Answering), clock = new VirtualClock()) {
  const seen: Seen[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      const answer = typeof answers === 'function' ? answers(one) : answers;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  invoker = openInvoker({ connectionString, clock, address: { host: '127.0.0.1', port, tls: false } });
  return { invoker, seen };
}

afterEach(async () => {
  await invoker?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
});

describe('an invocation', () => {
  test('sends the payload as it was written, under the fields the service knows', async () => {
    const { invoker, seen } = await anInvoker({ status: 200, body: '{"status":200,"payload":null}' });
    await invoker.invoke('dev#1', {
      method: 'reboot',
      payload: '{ "big": 12345678901234567890 }',
      responseTimeout: 15,
      connectTimeout: 5,
    });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/twins/dev%231/methods?api-version=2021-04-12',
      body: '{"methodName":"reboot","responseTimeoutInSeconds":15,"connectTimeoutInSeconds":5,"payload":{ "big": 12345678901234567890 }}',
    });
    expect(seen[0]?.headers.host).toBe('hub.test');
  });

  test('leaves out blank timeouts, so that the service defaults count, and sends null for a blank payload', async () => {
    const { invoker, seen } = await anInvoker({ status: 200, body: '{"status":200,"payload":null}' });
    await invoker.invoke('d', { method: 'm', payload: '  ' });
    expect(seen[0]?.body).toBe('{"methodName":"m","payload":null}');
  });

  test.each([
    ['{"status":404,"payload":{"a":[1, 2]}}', 404, '{"a":[1, 2]}'],
    ['{"status":200,"payload":}', 200, ''],
    ['{"status":200,"payload":not json}', 200, 'not json'],
    ['{"payload":"x","status":-1}', -1, '"x"'],
  ])('reads %j, spliced by the hub without a look, as device status %d', async (body, deviceStatus, payload) => {
    const { invoker } = await anInvoker({ status: 200, body });
    expect(await invoker.invoke('d', { method: 'm' })).toMatchObject({ status: 200, deviceStatus, payload });
  });

  test('reads a refusal of the newer form, with its number and a fix', async () => {
    const message = JSON.stringify({ errorCode: 404103, message: 'not online', info: { timeout: '00:00:00' } });
    const { invoker } = await anInvoker({
      status: 404,
      body: JSON.stringify({ Message: message, ExceptionMessage: '' }),
      headers: { 'iothub-errorcode': 'DeviceNotOnline' },
    });
    const { problem } = await invoker.invoke('d', { method: 'm' });
    expect(problem).toMatchObject({ name: 'DeviceNotOnline', number: 404103, message: 'not online' });
    expect(problem?.explanation?.fix).toContain('connect timeout');
  });

  test('reads a refusal of the older form', async () => {
    const { invoker } = await anInvoker({
      status: 401,
      body: JSON.stringify({ Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized', ExceptionMessage: '' }),
    });
    expect((await invoker.getTwin('d')).problem).toMatchObject({
      name: 'IotHubUnauthorizedAccess',
      message: 'Unauthorized',
    });
  });

  test('reads a refusal that is no JSON at all', async () => {
    const { invoker } = await anInvoker({ status: 502, body: '<html>bad gateway</html>' });
    expect((await invoker.getTwin('d')).problem).toMatchObject({
      name: 'HTTP 502',
      message: '<html>bad gateway</html>',
    });
  });
});

describe('its paths', () => {
  const version = 'api-version=2021-04-12';
  test.each<[string, (invoker: Invoker) => Promise<unknown>]>([
    ['GET /twins/d?', (it) => it.getTwin('d')],
    ['GET /twins/d/modules/%24edgeAgent?', (it) => it.getTwin('d/$edgeAgent')],
    ['POST /twins/d/modules/m/methods?', (it) => it.invoke('d/m', { method: 'x' })],
    ['PUT /twins/d/modules/m?', (it) => it.replaceTwin('d/m', { tags: {} })],
    ['PUT /devices/d/modules/m?', (it) => it.createDevice('d/m')],
    ['DELETE /devices/d/modules/m?', (it) => it.deleteDevice('d/m')],
    ['GET /devices/d/modules?', (it) => it.listModules('d')],
    ['GET /devices?top=7&', (it) => it.listDevices(7)],
    ['GET /jobs/v2/j?', (it) => it.getJob('j')],
    ['POST /jobs/v2/j/cancel?', (it) => it.cancelJob('j')],
    ['GET /jobs/v2/query?', (it) => it.listJobs()],
    [
      'GET /jobs/v2/query?jobType=scheduleUpdateTwin&jobStatus=running&',
      (it) => it.listJobs({ type: 'scheduleUpdateTwin', status: 'running' }),
    ],
    ['DELETE /devices/d/commands?', (it) => it.purge('d')],
    ['DELETE /devices/d/modules/m/commands?', (it) => it.purge('d/m')],
    ['GET /configurations?top=5&', (it) => it.listConfigurations(5)],
    ['GET /statistics/service?', (it) => it.statistics('service')],
  ])('%s', async (line, ask) => {
    const { invoker, seen } = await anInvoker({ status: 200, body: '{}' });
    await ask(invoker);
    expect(`${seen[0]?.method} ${seen[0]?.url}`).toBe(line + version);
  });
});

describe('what it sends', () => {
  test('a module is made under its device, a device enabled', async () => {
    const { invoker, seen } = await anInvoker({ status: 200, body: '{}' });
    await invoker.createDevice('d/m');
    await invoker.createDevice('d', { status: 'disabled' });
    expect(seen.map(({ body }) => JSON.parse(body))).toEqual([
      { deviceId: 'd', moduleId: 'm' },
      { deviceId: 'd', status: 'disabled' },
    ]);
  });

  test('twins are replaced under their etag', async () => {
    const { invoker, seen } = await anInvoker({ status: 200, body: '{}' });
    await invoker.replaceTwin('d', { tags: { a: 1 } }, 'AAA=');
    expect(seen[0]).toMatchObject({ body: '{"tags":{"a":1}}', headers: { 'if-match': '"AAA="' } });
  });

  test('a job with a method keeps the payload as it was written', async () => {
    const { invoker, seen } = await anInvoker({ status: 200, body: '{}' });
    await invoker.scheduleJob('j', {
      condition: '*',
      method: { method: 'm', payload: '{ "n": 12345678901234567890 }' },
    });
    expect(seen[0]?.body).toBe(
      '{"jobId":"j","type":"scheduleDeviceMethod","cloudToDeviceMethod":{"methodName":"m","payload":{ "n": 12345678901234567890 }},"queryCondition":"*","startTime":null}',
    );
  });

  test('a job with a twin goes for every version of it', async () => {
    const { invoker, seen } = await anInvoker({ status: 200, body: '{}' });
    const startTime = '2026-01-01T00:00:00Z';
    await invoker.scheduleJob('j', { condition: 'x = 1', twin: { tags: {} }, startTime, maxExecutionTime: 60 });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      jobId: 'j',
      type: 'scheduleUpdateTwin',
      updateTwin: { etag: '*', tags: {} },
      queryCondition: 'x = 1',
      startTime,
      maxExecutionTimeInSeconds: 60,
    });
  });
});

describe('page by page', () => {
  test('follows the continuation until there is none', async () => {
    const pages = [
      { status: 200, body: '[1]', headers: { 'x-ms-continuation': 'next' } },
      { status: 200, body: '[2]' },
    ];
    const { invoker, seen } = await anInvoker(() => pages.shift() ?? { status: 500 });
    const bodies: string[] = [];
    for await (const page of invoker.queryPages('SELECT * FROM devices', 1)) bodies.push(page.body);
    expect(bodies).toEqual(['[1]', '[2]']);
    expect(seen.map(({ headers }) => headers['x-ms-continuation'])).toEqual([undefined, 'next']);
    expect(seen[1]?.headers['x-ms-max-item-count']).toBe('1');
  });

  test('ends with the refusal', async () => {
    const { invoker } = await anInvoker({ status: 400, body: '{}' });
    const pages = [];
    for await (const page of invoker.queryPages('x')) pages.push(page.status);
    expect(pages).toEqual([400]);
  });
});

describe('a bulk call', () => {
  const errors = [{ deviceId: 'd7', errorCode: 'DeviceAlreadyExists' }];

  test.each([
    [{ status: 200, body: '{"isSuccessful":true,"errors":[]}' }, []],
    [{ status: 200, body: '{}' }, []],
    [{ status: 400, body: JSON.stringify({ isSuccessful: false, errors }) }, errors],
    [{ status: 401, body: '{"Message":"ErrorCode:IotHubUnauthorized;No"}' }, undefined],
    [{ status: 500, body: '<html>' }, undefined],
  ])('answered %j names those it refused, or was refused whole', async (answer, refused) => {
    const { invoker } = await anInvoker(answer);
    expect(refusedIn(await invoker.bulk([{ id: 'd7', importMode: 'create' }]))).toEqual(refused);
  });

  test('whose answer says nothing is no success', async () => {
    const { invoker } = await anInvoker({ status: 200, body: '<html>' });
    const answer = await invoker.bulk([]);
    expect(() => refusedIn(answer)).toThrow('a body that is not JSON');
  });
});

describe('a hub that is over its rate', () => {
  const random = seeded(1);

  test('is asked again after as long as it wants', async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const { invoker } = await anInvoker(() => {
      asked += 1;
      return asked < 3 ? { status: 429, headers: { 'retry-after': '20' } } : { status: 200, body: '{}' };
    }, clock);
    const done = withRetry({ clock, random }, () => invoker.getDevice('d'));
    await until(() => clock.pending === 1);
    await clock.advance(19_999);
    expect(asked).toBe(1);
    await clock.advance(5_001);
    await until(() => asked === 2 && clock.pending === 1);
    await clock.advance(25_000);
    expect(await done).toMatchObject({ status: 200 });
  });

  test('is not asked again once nobody wants to know', async () => {
    const clock = new VirtualClock();
    const { invoker } = await anInvoker({ status: 429 }, clock);
    const abort = new AbortController();
    const done = withRetry({ clock, random, signal: abort.signal }, () => invoker.getDevice('d'));
    await until(() => clock.pending === 1);
    abort.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  test('is given up in the end, with its last answer', async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const done = withRetry({ clock, random }, async () => ({ status: 503, body: String(++asked) }));
    await clock.advance(600_000);
    expect(await done).toEqual({ status: 503, body: '10' });
  });

  test('pauses grow, from half to all of twice the one before, up to a minute', () => {
    const least = { next: () => 0, fork: () => least };
    const most = { next: () => 0.999_999, fork: () => most };
    expect([1, 2, 3, 10].map((attempt) => pauseBefore(attempt, undefined, least))).toEqual([500, 1_000, 2_000, 30_000]);
    expect([1, 2, 3, 10].map((attempt) => pauseBefore(attempt, undefined, most))).toEqual([
      1_000, 2_000, 4_000, 60_000,
    ]);
    expect(pauseBefore(1, 10_000, most)).toBe(12_500);
  });
});

describe('its token', () => {
  test('is signed for the host with the policy, and renewed before it ends', async () => {
    const clock = new VirtualClock();
    const { invoker, seen } = await anInvoker({ status: 200, body: '{}' }, clock);
    await invoker.getTwin('d');
    await invoker.getTwin('d');
    await clock.advance(56 * 60_000);
    await invoker.getTwin('d');
    const tokens = seen.map((request) => request.headers.authorization ?? '');
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[2]).not.toBe(tokens[0]);
    const token = parseToken(tokens[0] ?? '');
    expect(token).toMatchObject({ skn: 'service' });
    expect(token && verifyToken(token, key)).toBe(true);
  });
});

describe('what cannot work', () => {
  test('a hub that is not there is told with its address', async () => {
    const nowhere = openInvoker({
      connectionString,
      clock: new VirtualClock(),
      address: { host: '127.0.0.1', port: 9, tls: false },
    });
    await expect(nowhere.getTwin('d')).rejects.toMatchObject({
      code: 'hub.unreachable',
      message: expect.stringContaining('127.0.0.1:9'),
    });
    await nowhere.close();
  });

  test('a device connection string is refused by name', () => {
    const device = `HostName=hub.test;DeviceId=d;SharedAccessKey=${key}`;
    expect(() => openInvoker({ connectionString: device, clock: new VirtualClock() })).toThrow('SharedAccessKeyName');
  });
});

// The invoker against a small HTTP server that answers what the test says: what goes over the wire, and how answers are read.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Invoker, openInvoker } from '../../../simulators/invoker/invoker.ts';
import { parseToken, verifyToken } from '../../../simulators/tokens/sas-token.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const key = Buffer.from('a key of a policy').toString('base64');
const connectionString = `HostName=hub.test;SharedAccessKeyName=service;SharedAccessKey=${key}`;

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}
let server: Server | undefined;
let invoker: Invoker | undefined;

async function anInvoker(
  answer: { status: number; body?: string; headers?: Record<string, string> },
  clock = new VirtualClock(),
) {
  const seen: Seen[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
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
    await invoker.invoke('dev/1 x', {
      method: 'reboot',
      payload: '{ "big": 12345678901234567890 }',
      responseTimeout: 15,
      connectTimeout: 5,
    });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/twins/dev%2F1%20x/methods?api-version=2021-04-12',
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

// What a careless or hostile client can send to the HTTP door: it is answered or cut off, reported, and harms nobody else.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { ensureCertificates } from '../../../../simulators/hub/certificates/certificates.ts';
import { openHttpDoor } from '../../../../simulators/hub/doors/http/open-http-door.ts';
import { until } from '../../../support/a-lab.ts';
import { aHub, allShut } from '../hub/a-hub.ts';
import { httpParts } from './door-parts.ts';

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function say(port: number, bytes: string | Buffer): Promise<string> {
  const socket = await dial(port);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

const portOf = (hub: Awaited<ReturnType<typeof aHub>>['hub']): number => hub.status.doors.http?.port ?? 0;

test('bytes that are not HTTP get 400 in the shape of the service and the peer is named', async () => {
  const { hub, facts } = await aHub();
  const text = await say(portOf(hub), 'hello\r\n\r\n');
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(text).toContain('iothub-errorcode: GenericBadRequest');
  const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
  expect(JSON.parse(body.Message)).toMatchObject({ errorCode: 400000 });
  expect(facts.at(-1)).toMatchObject({
    type: 'input.refused',
    door: 'http',
    peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
});

test('a request with the whole address in it, as proxies write it, is read by its path', async () => {
  const { hub, create } = await aHub();
  await create('pump');
  const port = portOf(hub);
  const head = `Host: x\r\nAuthorization: ${hub.serviceToken('service', 60)}\r\nConnection: close\r\n`;
  const call = `POST http://hub.localhost:${port}/twins/pump/methods HTTP/1.1\r\n${head}Content-Length: 18\r\n\r\n`;
  expect(await say(port, `${call}{"methodName":"m"}`)).toContain('iothub-errorcode: DeviceNotOnline');
  expect(await say(port, `GET http://hub.localhost HTTP/1.1\r\n${head}\r\n`)).toMatch(/^HTTP\/1\.1 200 OK/);
});

test('headers beyond 16 KB get 431', async () => {
  const { hub, facts } = await aHub();
  const text = await say(portOf(hub), `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(text).toMatch(/^HTTP\/1\.1 431 /);
  expect(facts.at(-1)).toMatchObject({ type: 'input.refused' });
});

test('a body announced larger than the limit is refused without being read', async () => {
  const { hub, ask } = await aHub();
  const token = hub.serviceToken('iothubowner', 60);
  const head = `Host: x\r\nAuthorization: ${token}\r\nContent-Type: application/json\r\n`;
  const socket = await dial(portOf(hub));
  socket.write(`PATCH /twins/a HTTP/1.1\r\n${head}Content-Length: 99999999\r\n\r\n{`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(chunk.toString()).toMatch(/^HTTP\/1\.1 413 /);
  expect((await ask('GET', '/')).status).toBe(200);
});

test.each([
  ['a method call', 'POST /twins/pump/methods'],
  ['a twin patch', 'PATCH /twins/pump'],
])('a caller that leaves in the middle of %s is reported and nothing else happens', async (_title, line) => {
  const { hub, facts, ask, create } = await aHub();
  await create('pump');
  const token = hub.serviceToken('iothubowner', 60);
  const socket = await dial(portOf(hub));
  socket.write(
    `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"ta`,
  );
  await until(async () => (await ask('GET', '/')).status === 200);
  socket.destroy();
  await until(
    () => facts.some((fact) => fact.type === 'input.refused'),
    () => facts,
  );
  expect(facts.some((fact) => fact.type === 'invocation.begun' || fact.type === 'twin.patched')).toBe(false);
  expect((await ask('GET', '/twins/pump')).status).toBe(200);
});

test('a caller that leaves before its answer came harms nobody', async () => {
  const { hub, facts, ask, create } = await aHub();
  await create('pump');
  const token = hub.serviceToken('service', 60);
  const body = '{"methodName":"x","connectTimeoutInSeconds":1}';
  const socket = await dial(portOf(hub));
  socket.write(
    `POST /twins/pump/methods HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await until(() => facts.some((fact) => fact.type === 'invocation.begun'));
  socket.destroy();
  await until(() => facts.some((fact) => fact.type === 'invocation.ended'));
  expect((await ask('GET', '/twins/pump')).status).toBe(200);
});

test.each([
  ['headers', 'GET / HTTP/1.1\r\nHost: x\r\n'],
  ['a body', 'PATCH /twins/pump HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"'],
])('a caller that never finishes its %s is let go with 408', async (_title, beginning) => {
  const { facts, parts } = httpParts();
  const door = await openHttpDoor({
    ...parts,
    host: '127.0.0.1',
    port: 0,
    limits: { headers: 50, request: 50, lookEvery: 20 },
  });
  onTestFinished(() => door.stop());
  expect(await say(door.address.port, beginning)).toMatch(/HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(facts.at(-1)).toMatchObject({ type: 'input.refused', detail: expect.stringContaining('timeout') });
});

test('a store that cannot write is answered with 500001, and reading goes on', async () => {
  const { facts, parts, store } = httpParts();
  const door = await openHttpDoor({ ...parts, host: '127.0.0.1', port: 0 });
  onTestFinished(() => door.stop());
  parts.registry.put('pump', {}, undefined);
  store.close();
  const headers = { authorization: parts.access.serviceToken('iothubowner', 60) };
  const url = `http://127.0.0.1:${door.address.port}/twins/pump`;
  const patch = await fetch(url, { method: 'PATCH', headers, body: '{"tags":{"a":1}}' });
  expect([patch.status, patch.headers.get('iothub-errorcode')]).toEqual([500, 'ServerError']);
  expect(await (await fetch(url, { headers })).json()).toMatchObject({ version: 2, tags: {} });
  expect(facts.some((fact) => fact.type === 'twin.patched')).toBe(false);
});

test('stopping does not wait for a connection that never says anything, not even its TLS handshake', async () => {
  const { parts } = httpParts();
  const { serverKey: key, serverCertificate: certificate } = await ensureCertificates({
    hostName: 'hub.localhost',
    clock: parts.clock,
    randomBytes,
  });
  for (const tls of [undefined, { key, certificate }]) {
    const door = await openHttpDoor({ ...parts, host: '127.0.0.1', port: 0, ...(tls === undefined ? {} : { tls }) });
    const socket = await dial(door.address.port);
    const gone = once(socket, 'close');
    await door.stop();
    await gone;
  }
});

test('random bytes, and random bytes where a request had good ones, never stop the hub', async () => {
  const { hub, ask, create } = await aHub();
  await create('pump');
  const token = hub.serviceToken('iothubowner', 600);
  const good = (body: string) =>
    `PATCH /twins/pump HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${token}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const junk = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const spoiled = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }))
    .map(([body, place, bytes]) => {
      const request = Buffer.from(good(body));
      Buffer.from(bytes).copy(request, place % request.length);
      return request;
    });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        junk,
        spoiled,
        fc.json().map((body) => Buffer.from(good(body))),
      ),
      async (bytes) => {
        const socket = await dial(portOf(hub));
        const answer = new Promise<string>((resolve) => {
          let text = '';
          socket.on('data', (chunk: Buffer) => {
            text += chunk.toString('latin1');
          });
          socket.on('close', () => resolve(text));
        });
        socket.end(bytes);
        const text = await answer;
        // Nothing at all is right for a request that was cut short; a 500 never is.
        if (text !== '') expect(text).toMatch(/^HTTP\/1\.1 [24]\d\d /);
      },
    ),
    { numRuns: 300 },
  );
  expect((await ask('GET', '/devices/pump')).status).toBe(200);
});

test('any JSON at all as the body of any route gets an answer that is not 500', async () => {
  const { ask, create } = await aHub();
  const routes = [
    ['PATCH', '/twins/pump'],
    ['PUT', '/twins/pump'],
    ['PUT', '/devices/pump'],
    ['POST', '/devices'],
    ['POST', '/devices/query'],
    ['POST', '/twins/pump/methods'],
  ] as const;
  await create('pump');
  const names = fc.constantFrom(
    'tags',
    'properties',
    'desired',
    'reported',
    'id',
    'importMode',
    'authentication',
    'symmetricKey',
    'primaryKey',
    'status',
    'query',
    'methodName',
    'payload',
    '$version',
    '__proto__',
  );
  const values = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 2 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(names, tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  await fc.assert(
    fc.asyncProperty(values, async (value) => {
      const body = JSON.stringify(value);
      const headers = { 'if-match': '*' };
      const answers = await Promise.all(routes.map(([method, path]) => ask(method, path, { headers, body })));
      for (const { status } of answers) expect(status).toBeLessThan(500);
    }),
    { numRuns: 120 },
  );
});

test('over TLS the certificate leads to the CA and TLS 1.2 is still spoken', async () => {
  const { hub } = await aHub({ listen: { ...allShut, http: 0, https: 0 } });
  const { https } = hub.status.doors;
  const { pem: ca } = hub.status.ca;
  const agent = new Agent({ connect: { ca, servername: 'hub.localhost' } });
  onTestFinished(() => agent.destroy());
  const answer = await request(`https://127.0.0.1:${https?.port}/statistics/devices`, {
    dispatcher: agent,
    headers: { authorization: hub.serviceToken('registryRead', 60) },
  });
  expect(answer.statusCode).toBe(200);
  expect(await answer.body.json()).toMatchObject({ totalDeviceCount: 0 });

  const socket = connectTls({
    host: '127.0.0.1',
    port: https?.port ?? 0,
    ca,
    servername: 'hub.localhost',
    maxVersion: 'TLSv1.2',
  });
  await once(socket, 'secureConnect');
  expect([socket.authorized, socket.getProtocol()]).toEqual([true, 'TLSv1.2']);
  socket.destroy();
});

test('a client that does not trust the CA is reported', async () => {
  const { hub, facts } = await aHub({ listen: { ...allShut, http: 0, https: 0 } });
  const socket = connectTls({
    host: '127.0.0.1',
    port: hub.status.doors.https?.port ?? 0,
    servername: 'hub.localhost',
  });
  await expect(once(socket, 'secureConnect')).rejects.toThrow(/self-signed|unable to/);
  const plain = connect(hub.status.doors.https?.port ?? 0, '127.0.0.1');
  plain.on('error', () => {});
  plain.write('GET / HTTP/1.1\r\n\r\n');
  await until(
    () => facts.find((fact) => fact.type === 'input.refused' && fact.detail.startsWith('TLS handshake failed')),
    () => facts,
  );
  plain.destroy();
});

test('what fails before a request is read costs that request with 500, and no other', async () => {
  const { parts, store } = httpParts();
  let broken = true;
  const { checkService } = parts.access;
  const access: typeof parts.access = {
    ...parts.access,
    checkService: (...asked) => {
      if (broken) throw new Error('nobody thought of this');
      return checkService(...asked);
    },
  };
  const door = await openHttpDoor({ ...parts, access, host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await door.stop();
    store.close();
  });
  const call = 'POST /twins/d/methods HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}';
  expect(await say(door.address.port, call)).toMatch(/^HTTP\/1\.1 500 [\s\S]*nobody thought of this/);
  broken = false;
  expect(await say(door.address.port, call)).toMatch(/^HTTP\/1\.1 401 /);
});

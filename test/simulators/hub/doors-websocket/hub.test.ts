// WebSockets through a whole hub: MQTT clients on the HTTP ports, and REST beside them.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { selfSignedDevice } from '../../../../simulators/certificates/issue.ts';
import type { HubOptions } from '../../../../simulators/hub/hub.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { aHub, allShut } from '../hub/a-hub.ts';
import { dial, handshake, saidTo, soon } from './sockets-bench.ts';

const host = 'hub.localhost';
type Made = Awaited<ReturnType<typeof made>>;

async function made(change: Partial<HubOptions> = {}) {
  const { hub, facts, ask, create } = await aHub({ listen: { ...allShut, http: 0, https: 0, mqtt: 0 }, ...change });
  const { body } = await create('pump');
  const { symmetricKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication;
  return { hub, facts, ask, create, key: symmetricKey.primaryKey };
}

async function device({ hub, key }: Made, port: number, more: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync({
    host: '127.0.0.1',
    port,
    path: '/$iothub/websocket',
    clientId: 'pump',
    username: `${host}/pump/?api-version=2021-04-12`,
    password: signToken({ resource: `${host}/devices/pump`, key, expiresAt: Date.now() + 60_000 }),
    reconnectPeriod: 0,
    ca: hub.status.ca.pem,
    servername: host,
    ...more,
  });
  client.on('error', () => {});
  onTestFinished(() => void client.end(true));
  return client;
}

const closeOf = (client: MqttClient): Promise<void> => new Promise((resolve) => client.once('close', () => resolve()));

test.each([
  ['ws', false],
  ['wss', true],
] as const)('a device over %s answers methods and sends messages', async (protocol, tls) => {
  const bench = await made();
  const { doors } = bench.hub.status;
  const client = await device(bench, (tls ? doors.https : doors.http)?.port ?? 0, { protocol });
  expect(bench.facts.find(({ type }) => type === 'device.connected')).toMatchObject({ protocol: 'mqtt-ws', tls });
  client.on('message', (topic, payload) => {
    client.publish(`$iothub/methods/res/200/?$rid=${topic.split('$rid=')[1]}`, payload);
  });
  await client.subscribeAsync('$iothub/methods/POST/#');
  const called = await bench.ask('POST', '/twins/pump/methods', {
    body: { methodName: 'm', payload: 'x'.repeat(100_000) },
  });
  expect([called.status, (called.body as { payload: string }).payload.length]).toEqual([200, 100_000]);
  await client.publishAsync('devices/pump/messages/events/a=b', Buffer.alloc(200_000), { qos: 1 });
  expect(bench.facts.find(({ type }) => type === 'message.received')).toMatchObject({ body: { bytes: 200_000 } });
  const closed = closeOf(client);
  await client.endAsync();
  await closed;
  await soon(() => bench.facts.at(-1)).toMatchObject({ type: 'device.disconnected', reason: 'client' });
});

test('a device over wss is let in by its certificate, and is not without', async () => {
  const bench = await made();
  const pair = await selfSignedDevice({ id: 'lamp' }, { now: Date.now(), randomBytes });
  const print = { primaryThumbprint: pair.thumbprints.sha1, secondaryThumbprint: null };
  await bench.create('lamp', { authentication: { type: 'selfSigned', x509Thumbprint: print } });
  const port = bench.hub.status.doors.https?.port ?? 0;
  const lamp = { protocol: 'wss', clientId: 'lamp', username: `${host}/lamp/?api-version=2021-04-12` } as const;
  const noToken = { ...lamp, password: undefined as never };
  await device(bench, port, { ...noToken, cert: pair.certificate, key: pair.key });
  expect(bench.facts.at(-1)).toMatchObject({ type: 'device.connected', device: 'lamp', tls: true });
  await expect(device(bench, port, noToken)).rejects.toMatchObject({ code: 5 });
});

test('one identity has one connection, whichever door it comes through', async () => {
  const bench = await made();
  const { doors } = bench.hub.status;
  const first = await device(bench, doors.http?.port ?? 0, { protocol: 'ws' });
  const gone = closeOf(first);
  await device(bench, doors.mqtt?.port ?? 0, { protocol: 'mqtt' });
  await gone;
  expect(bench.facts.find(({ type }) => type === 'device.disconnected')).toMatchObject({ reason: 'replaced' });
  expect(bench.hub.counts().connected).toBe(1);
});

test('a refused upgrade is answered in the shape of the service and reported', async () => {
  const { hub, facts } = await made();
  const port = hub.status.doors.http?.port ?? 0;
  const answer = await saidTo(await dial(port), handshake({ 'Sec-WebSocket-Protocol': 'chat' }));
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(answer).toContain('iothub-errorcode: GenericBadRequest');
  const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { Message: string };
  expect(JSON.parse(body.Message)).toMatchObject({ message: expect.stringContaining("'chat'") });
  expect(facts.at(-1)).toMatchObject({
    type: 'input.refused',
    door: 'websocket',
    detail: expect.stringContaining("'chat'"),
  });
  expect(await saidTo(await dial(port), handshake({}, 'GET /elsewhere'))).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
});

test('the hub stops without waiting for anybody: devices on WebSockets, and others that only shook hands', async () => {
  // In virtual time what would cut them off later never comes.
  const bench = await made({ clock: new VirtualClock(), listen: { ...allShut, http: 0 } });
  const port = bench.hub.status.doors.http?.port ?? 0;
  const client = await device(bench, port, { protocol: 'ws' });
  const idle = new WebSocket(`ws://127.0.0.1:${port}/$iothub/websocket`, 'mqtt');
  await once(idle, 'open');
  const deaf = await dial(port);
  deaf.write(handshake());
  await once(deaf, 'data');
  const ends = [closeOf(client), once(idle, 'close'), once(deaf, 'close')];
  await bench.hub.stop();
  await Promise.all(ends);
  expect(bench.facts.findLast(({ type }) => type === 'device.disconnected')).toMatchObject({ reason: 'shutdown' });
});

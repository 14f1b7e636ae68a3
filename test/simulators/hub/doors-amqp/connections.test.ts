// Who may speak on a connection, for how long, and what one device's trouble means for the others.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { issueDevice, makeAuthority } from '../../../../simulators/certificates/issue.ts';
import type { Pair } from '../../../../simulators/certificates/pair.ts';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { identity } from '../parts.ts';
import { type AmqpProblem, dataOf } from './amqp-client.ts';
import { type Bench, type BenchOptions, hostName, openDoor } from './door-bench.ts';
import { amqp, beginFrame, frameOf, header, openFrame } from './raw-client.ts';

let bench: Bench;
const open = async (options: BenchOptions = {}): Promise<Bench> => {
  bench = await openDoor(options);
  return bench;
};
afterEach(() => bench.stop());

const problem = (refused: Promise<unknown>): Promise<AmqpProblem> =>
  refused.then(
    () => {
      throw new Error('was let in');
    },
    (error: AmqpProblem) => error,
  );

describe('SASL', () => {
  test.each(['ANONYMOUS', 'MSSBCBS'])('%s is let in and puts its tokens afterwards', async (mechanism) => {
    await open();
    const client = await bench.client({ mechanism });
    expect((await client.putToken(bench.token('d'), `${hostName}/devices/d`)).status).toBe(200);
    await client.sender('/devices/d/messages/events');
  });

  test('PLAIN with a token of the device opens its links and no others, and takes no further tokens', async () => {
    await open();
    const client = await bench.client({ username: 'd@sas.myhub', password: bench.token('d') });
    await client.sender('/devices/d/messages/events');
    expect(await problem(client.sender('/devices/e/messages/events'))).toMatchObject({ errorCode: 401003 });
    expect(await problem(client.sender('$cbs'))).toMatchObject({ condition: 'amqp:not-allowed' });
  });

  test('PLAIN with a policy opens the links of a service', async () => {
    await open();
    const client = await bench.client({ username: 'service@sas.root.myhub', password: bench.serviceToken('service') });
    await client.sender('/messages/devicebound');
    await client.receiver('/messages/servicebound/feedback');
  });

  test('PLAIN for a module', async () => {
    await open();
    const client = await bench.client({ username: 'd/m@sas.myhub', password: bench.token('d/m') });
    await client.sender('/devices/d/modules/m/messages/events');
    expect(await problem(client.sender('/devices/d/messages/events'))).toMatchObject({ errorCode: 401003 });
  });

  test.each<[string, () => { username: string; password: string }]>([
    ['a token of another device', () => ({ username: 'd@sas.myhub', password: bench.token('e') })],
    ['an expired token', () => ({ username: 'd@sas.myhub', password: bench.token('d', -5) })],
    ['no token', () => ({ username: 'd@sas.myhub', password: 'secret' })],
    ['a device the hub does not have', () => ({ username: 'nobody@sas.myhub', password: bench.token('nobody') })],
    ['another hub', () => ({ username: 'd@sas.other', password: bench.token('d') })],
    ['a name without a hub', () => ({ username: 'd', password: bench.token('d') })],
    [
      'another policy than the token',
      () => ({ username: 'iothubowner@sas.root.myhub', password: bench.serviceToken('service') }),
    ],
  ])('PLAIN with %s fails', async (_title, credentials) => {
    await open();
    const client = bench.unopened(credentials());
    await expect(client.opened).rejects.toMatchObject({ condition: 'amqp:unauthorized-access' });
    expect(await bench.facts.next('input.refused')).toMatchObject({ door: 'amqp' });
  });

  test('EXTERNAL without a certificate fails', async () => {
    await open();
    const client = bench.unopened({ mechanism: 'EXTERNAL' });
    await expect(client.opened).rejects.toMatchObject({ condition: 'amqp:unauthorized-access' });
  });

  test('a client may send everything at once, without waiting for the outcome', async () => {
    await open();
    const raw = await bench.raw();
    const init = frameOf(0x41, [amqp.wrap_symbol('ANONYMOUS')], undefined, 0, 1);
    raw.send(header(3), init, header(0), openFrame(), beginFrame());
    await raw.frame(0x11);
    expect(raw.headers.map((bytes) => bytes[4])).toEqual([3, 0]);
    expect((await raw.frame(0x10)).fields.slice(2, 5).map((field) => field.value)).toEqual([65_536, 4_095, 240_000]);
  });

  test.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['AMQP 0-9-1', Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1])],
    ['a mechanism nobody offered', Buffer.concat([header(3), frameOf(0x41, [amqp.wrap_symbol('X')], undefined, 0, 1)])],
  ])('%s is answered and closed', async (_title, bytes) => {
    await open();
    const raw = await bench.raw();
    raw.send(bytes);
    await raw.closed;
    expect(raw.headers).toHaveLength(1);
    await bench.facts.next('input.refused');
  });
});

describe('certificates', () => {
  let authority: Pair;
  let server: Pair;
  let device: Pair;
  beforeAll(async () => {
    const tools = { now: Date.now(), randomBytes };
    authority = await makeAuthority(tools);
    [server, device] = await Promise.all([
      issueDevice(authority, { id: 'server' }, tools),
      issueDevice(authority, { id: 'x' }, tools),
    ]);
  });

  test.each([undefined, 'EXTERNAL'])('open the links of their device, with the mechanism %s', async (mechanism) => {
    const ca = authority.certificate;
    await open({ tls: { key: server.key, cert: server.certificate, ca }, authorities: [ca] });
    const made = identity('x');
    const none = { primaryKey: null, secondaryKey: null };
    bench.devices.set('x', {
      ...made,
      authentication: { ...made.authentication, type: 'certificateAuthority', symmetricKey: none },
    });
    const shown = { tls: true, key: device.key, cert: device.certificate };
    const client = await bench.client({ ...shown, ...(mechanism === undefined ? {} : { mechanism }) });
    await client.sender('/devices/x/messages/events');
    expect(await bench.facts.next('device.connected')).toMatchObject({ device: 'x', protocol: 'amqp', tls: true });
    expect(await problem(client.sender('/devices/d/messages/events'))).toMatchObject({ errorCode: 401003 });
  });
});

describe('many devices on one connection', () => {
  test('each is connected by itself, and one that is bad loses its own links only', async () => {
    await open();
    const ids = Array.from({ length: 40 }, (_, index) => `many-${index}`);
    const client = await bench.device(...ids);
    await Promise.all(
      ids.map(async (id) => {
        const session = client.session();
        const sender = await client.sender(`/devices/${id}/methods/devicebound`, {}, session);
        const { receiver } = await client.receiver(`/devices/${id}/methods/devicebound`, {}, session);
        receiver.on('message', ({ message }) => {
          const { correlation_id, body } = message ?? {};
          sender.send({ correlation_id, application_properties: { 'IoThub-status': 200 }, body } as never);
        });
      }),
    );
    expect(bench.connections.size).toBe(40);
    const answers = await Promise.all(ids.map((id) => bench.invoke(id, { payload: id })));
    expect(answers.map((answer) => (answer as { payload: Buffer }).payload.toString())).toEqual(
      ids.map((id) => JSON.stringify(id)),
    );
    // One without a token, one that is deleted, one that sends rubbish.
    expect(await problem(client.sender('/devices/d/twin'))).toMatchObject({ condition: 'amqp:unauthorized-access' });
    bench.connections.find(deviceId('many-7'))?.close('deleted');
    const rubbish = await client.sender('/devices/many-8/messages/events');
    expect(await client.send(rubbish, Buffer.from([0, 1, 2]), 0)).toBe('rejected amqp:decode-error 400012');
    expect(bench.connections.size).toBe(39);
    const after = await Promise.all(ids.map((id) => bench.invoke(id)));
    expect(after.filter((answer) => 'status' in answer && answer.status === 200)).toHaveLength(39);
    expect(after[7]).toMatchObject({ name: 'DeviceNotOnline' });
    client.connection.close();
    await bench.facts.next('device.disconnected', ({ device }) => device === 'many-39');
    expect(bench.connections.size).toBe(0);
  });

  test('a session that ends takes its devices with it', async () => {
    await open();
    const client = await bench.device('d', 'e');
    const [one, two] = [client.session(), client.session()];
    await client.sender('/devices/d/messages/events', {}, one);
    await client.sender('/devices/e/messages/events', {}, two);
    one.close();
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd', reason: 'client' });
    expect(bench.connections.find(deviceId('e'))).toBeDefined();
  });

  test('a token that is refused is told, with the device it was put for', async () => {
    await open();
    const client = await bench.client();
    expect(await client.putToken(bench.token('nobody'), `${hostName}%2Fdevices%2Fd%2Fmodules%2Fm`)).toMatchObject({
      status: 401,
      text: expect.stringContaining('401002'),
    });
    const fact = await bench.facts.next('device.refused');
    expect(fact).toMatchObject({ device: 'd/m', protocol: 'amqp', code: 'amqp:unauthorized-access' });
  });

  test('more tokens than a connection may hold are refused', async () => {
    await open({ mostTokens: 2 });
    const client = await bench.device('d', 'e');
    expect(await client.putToken(bench.token('f'), `${hostName}/devices/f`)).toMatchObject({
      status: 403,
      text: expect.stringContaining('403005'),
    });
    expect((await client.putToken(bench.token('d', 7_200), `${hostName}/devices/d`)).status).toBe(200);
  });
});

describe('a device that connects again', () => {
  test('elsewhere takes over: the old links end, the old connection stays', async () => {
    await open();
    const old = await bench.device('d', 'e');
    const held = await old.receiver('/devices/d/messages/devicebound');
    await old.sender('/devices/e/messages/events');
    const fresh = await bench.device('d');
    await fresh.sender('/devices/d/messages/events');
    expect(await held.ended).toMatchObject({ condition: 'amqp:link:stolen', errorCode: 400027 });
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd', reason: 'replaced' });
    expect(bench.connections.size).toBe(2);
    const again = await old.sender('/devices/e/messages/events');
    expect(await old.send(again, { body: Buffer.from('x') })).toBe('accepted');
  });

  test('on the same connection keeps its newest pair', async () => {
    await open();
    const client = await bench.device('d');
    const first = await client.receiver('/devices/d/twin');
    const second = await client.receiver('/devices/d/twin');
    expect(await first.ended).toMatchObject({ condition: 'com.microsoft:link-creation-conflict', errorCode: 409002 });
    const sender = await client.sender('/devices/d/twin');
    sender.send({ correlation_id: 'x', message_annotations: { operation: 'GET' }, body: ' ' } as never);
    expect(dataOf((await second.inbox.next()).message)).toContain('reported');
    expect(bench.facts.of('device.connected')).toHaveLength(1);
  });

  test('is disconnected when its last link is detached, and tells its client and model', async () => {
    await open();
    const client = await bench.device('d');
    const properties = { 'com.microsoft:client-version': 'sdk/1', 'com.microsoft:model-id': 'dtmi:a;1' };
    const sender = await client.sender('/devices/d/messages/events', { properties });
    const other = await client.sender('/devices/d/twin');
    expect(await bench.facts.next('device.connected')).toMatchObject({ device: 'd', client: 'sdk/1' });
    expect(bench.connections.activity(deviceId('d')).modelId).toBe('dtmi:a;1');
    sender.close();
    await new Promise((resolve) => sender.once('sender_close', resolve));
    expect(bench.connections.size).toBe(1);
    other.close();
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd', reason: 'client' });
  });

  test('over the limit of new connections is refused', async () => {
    await open();
    const client = await bench.device('d');
    bench.throttling.set({ tier: 'S1', units: 1 });
    let refused: unknown;
    while (refused === undefined) {
      while (bench.throttling.take('connections') === undefined);
      const sender = await client.sender('/devices/d/messages/events').catch((error: unknown) => {
        refused = error;
      });
      if (!sender) break;
      sender.close();
      await new Promise((resolve) => sender.once('sender_close', resolve));
    }
    expect(refused).toMatchObject({ condition: 'com.microsoft:device-container-throttled', errorCode: 429001 });
  });
});

describe('time', () => {
  /** A virtual clock that begins at the real time: tokens and sockets agree on it. */
  const started = () => new VirtualClock(Math.floor(systemClock().now()));

  test('a token that is not renewed takes the links of its device, a renewed one keeps them', async () => {
    const clock = started();
    await open({ clock });
    const client = await bench.client();
    for (const id of ['d', 'e']) await client.putToken(bench.token(id, 60), `${hostName}/devices/${id}`);
    const lost = await client.receiver('/devices/d/messages/devicebound');
    const kept = await client.receiver('/devices/e/twin');
    await client.putToken(bench.token('e', 600), `${hostName}/devices/e`);
    await clock.advance(61_500);
    expect(bench.connections.size).toBe(2);
    await clock.advance(3_000);
    expect(await lost.ended).toMatchObject({ condition: 'amqp:unauthorized-access', errorCode: 401003 });
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd', reason: 'token-expired' });
    expect(kept.receiver.is_open()).toBe(true);
    expect(bench.connections.size).toBe(1);
    // A new token, and the device is back on the same connection.
    await client.putToken(bench.token('d', 600), `${hostName}/devices/d`);
    await client.receiver('/devices/d/messages/devicebound');
    expect(bench.connections.size).toBe(2);
  });

  test("a service's links end with its token", async () => {
    const clock = started();
    await open({ clock });
    const service = await bench.service('service', 60);
    const feedback = await service.receiver('/messages/servicebound/feedback');
    await clock.advance(63_500);
    expect(await feedback.ended).toMatchObject({ condition: 'amqp:unauthorized-access' });
  });

  test('a password that expires ends its connection', async () => {
    const clock = started();
    await open({ clock });
    const client = await bench.client({ username: 'd@sas.myhub', password: bench.token('d', 60) });
    await client.sender('/devices/d/messages/events');
    await clock.advance(63_500);
    expect(await client.ended).toMatchObject({ condition: 'amqp:unauthorized-access', errorCode: 401003 });
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd', reason: 'token-expired' });
  });

  test('silence ends a connection; one that asks for heartbeats gets them', async () => {
    const clock = started();
    await open({ clock });
    const raw = await bench.raw();
    raw.send(header(0), openFrame([amqp.wrap_uint(65_536), amqp.wrap(10), amqp.wrap_uint(60_000)]), beginFrame());
    await raw.frame(0x11);
    const before = raw.socket.bytesRead;
    for (let round = 0; round < 4; round++) await clock.advance(30_000);
    while (raw.socket.bytesRead < before + 8) await new Promise((resolve) => raw.socket.once('data', resolve));
    await clock.advance(480_000);
    await raw.closed;
    expect(clock.pending).toBe(0);
  });

  test('a connection that says nothing is let go after 30 s', async () => {
    const clock = started();
    await open({ clock });
    const raw = await bench.raw();
    raw.send(header(0));
    while (raw.headers.length === 0) await new Promise((resolve) => raw.socket.once('data', resolve));
    await clock.advance(30_000);
    await raw.closed;
    expect((await bench.facts.next('input.refused')).detail).toContain('no open');
  });
});

test('a hub that stops says so on every connection', async () => {
  await open();
  const client = await bench.device('d');
  await client.sender('/devices/d/messages/events');
  await bench.door.stop();
  expect(await client.ended).toMatchObject({ condition: 'amqp:connection:forced', errorCode: 503001 });
  expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd', reason: 'shutdown' });
});

test('messages larger than a frame come in and go out in pieces', async () => {
  await open();
  const client = await bench.client({ frame: 2_048 });
  await client.putToken(bench.token('d'), 'd');
  const events = await client.sender('/devices/d/messages/events');
  const large = 'ä'.repeat(100_000);
  expect(await client.send(events, { body: Buffer.from(large) })).toBe('accepted');
  expect((await bench.facts.next('message.received')).body.bytes).toBe(200_000);
  bench.messages.send({
    body: Buffer.from(large.slice(0, 30_000)),
    system: { to: '/devices/d/messages/devicebound' },
    application: {},
  });
  const { inbox } = await client.receiver('/devices/d/messages/devicebound');
  expect(dataOf((await inbox.next()).message)).toBe(large.slice(0, 30_000));
});

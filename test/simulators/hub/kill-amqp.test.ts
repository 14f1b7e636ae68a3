// What the hub cuts of an AMQP connection, seen by the device at the other end, and what the hub itself knows afterwards.
import type { Sender } from 'rhea';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KillTarget } from '../../../simulators/vocabulary/fault-specs.ts';
import { deviceId, faultName } from '../../../simulators/vocabulary/ids.ts';
import { type AmqpClient, AmqpProblem, dataOf, type Session } from './doors-amqp/amqp-client.ts';
import { type Bench, openDoor } from './doors-amqp/door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openDoor();
});
afterEach(() => bench.stop());

const by = faultName('cutter');
const grip = (id = 'd') => {
  const connection = bench.connections.find(deviceId(id));
  if (connection === undefined) throw new Error(`${id} is not connected`);
  return connection;
};
const gone = (id = 'd') => bench.facts.next('device.disconnected', ({ device }) => device === id);
const ended = (sender: Sender) =>
  new Promise<AmqpProblem>((resolve) => {
    sender.once('sender_error', () => resolve(new AmqpProblem(sender.error as never)));
  });

/** A device that answers its method calls with 200, by links that can be looked at. */
async function methods(client: AmqpClient, id = 'd', session?: Session) {
  const address = `/devices/${id}/methods/devicebound`;
  const sender = await client.sender(address, {}, session);
  const receiving = await client.receiver(address, {}, session);
  receiving.receiver.on('message', ({ message }) => {
    if (!sender.is_open()) return;
    const correlation_id = message?.correlation_id;
    sender.send({ correlation_id, application_properties: { 'IoThub-status': 200 }, body: message?.body } as never);
  });
  return { sender, ended: ended(sender), receiving };
}

describe('a link', () => {
  test.each(['method-request-link', 'method-response-link'] as const)(
    'that carries methods: the %s is detached, the device listens no more, and does again once it is back',
    async (what) => {
      const client = await bench.device('d');
      await client.sender('/devices/d/messages/events');
      const first = await methods(client);
      expect(await bench.invoke('d')).toMatchObject({ status: 200 });
      grip().kill(what, by, 'as asked');
      const problem = await (what === 'method-request-link' ? first.receiving.ended : first.ended);
      expect(problem).toMatchObject({ condition: 'amqp:link:detach-forced', errorCode: 503001 });
      expect(problem.message).toContain('as asked');
      expect(grip()).toMatchObject({ open: true, listensForMethods: false });
      expect(await bench.invoke('d')).toMatchObject({ name: 'DeviceNotOnline' });
      await methods(client);
      expect(await bench.invoke('d')).toMatchObject({ status: 200 });
      expect(await bench.facts.next('fault.struck')).toMatchObject({ fault: by, device: 'd' });
      expect(bench.facts.of('device.disconnected')).toEqual([]);
    },
  );

  test.each(['twin-request-link', 'twin-response-link'] as const)('of the twin: the %s', async (what) => {
    const client = await bench.device('d');
    await client.sender('/devices/d/messages/events');
    const sender = await client.sender('/devices/d/twin');
    const lost = ended(sender);
    const receiving = await client.receiver('/devices/d/twin');
    grip().kill(what, by, '');
    const problem = await (what === 'twin-request-link' ? lost : receiving.ended);
    expect(problem.condition).toBe('amqp:link:detach-forced');
    const [again, answers] = [await client.sender('/devices/d/twin'), await client.receiver('/devices/d/twin')];
    again.send({ correlation_id: 'x', message_annotations: { operation: 'GET' }, body: ' ' } as never);
    expect(dataOf((await answers.inbox.next()).message)).toContain('desired');
  });

  test('of telemetry: the next one takes messages', async () => {
    const client = await bench.device('d');
    await methods(client);
    const lost = ended(await client.sender('/devices/d/messages/events'));
    grip().kill('telemetry-link', by, '');
    expect((await lost).condition).toBe('amqp:link:detach-forced');
    const again = await client.sender('/devices/d/messages/events');
    expect(await client.send(again, { body: 'still there' })).toBe('accepted');
  });

  test('of messages: one that was not settled is delivered again on the next', async () => {
    const client = await bench.device('d');
    await methods(client);
    const first = await client.receiver('/devices/d/messages/devicebound', { autoaccept: false });
    const to = '/devices/d/messages/devicebound';
    bench.messages.send({ body: Buffer.from('command'), system: { to }, application: {} });
    expect(dataOf((await first.inbox.next()).message)).toBe('command');
    grip().kill('message-link', by, '');
    expect((await first.ended).condition).toBe('amqp:link:detach-forced');
    expect(grip().listensForMessages).toBe(false);
    const second = await client.receiver('/devices/d/messages/devicebound');
    expect(dataOf((await second.inbox.next()).message)).toBe('command');
  });

  test.each([
    ['cbs-request-link', true],
    ['cbs-response-link', false],
  ] as const)('for tokens: the %s goes, and the device stays', async (what, sending) => {
    const client = await bench.client();
    const sender = await client.sender('$cbs');
    const lost = ended(sender);
    const receiving = await client.receiver('$cbs');
    await client.putToken(bench.token('d'), 'myhub.localhost/devices/d');
    await methods(client);
    grip().kill(what, by, '');
    const problem = await (sending ? lost : receiving.ended);
    expect(problem.condition).toBe('amqp:link:detach-forced');
    expect(await bench.invoke('d')).toMatchObject({ status: 200 });
  });

  test('cut twice is told of as what is not there', async () => {
    const client = await bench.device('d');
    await methods(client);
    grip().kill('message-link', by, '');
    expect((await bench.facts.next('fault.struck')).what).toBe('found none to cut: message link');
    expect(await bench.invoke('d')).toMatchObject({ status: 200 });
  });

  test('that was the last of its device ends the connection, and the fact names the fault', async () => {
    const client = await bench.device('d');
    await client.sender('/devices/d/messages/events');
    grip().kill('telemetry-link', by, 'as asked');
    expect(await gone()).toMatchObject({ reason: 'fault', detail: 'as asked', faults: [by] });
    expect(bench.connections.size).toBe(0);
  });

  test("of one device is not another device's on the same connection", async () => {
    const client = await bench.device('d', 'e');
    const [first] = [await methods(client, 'd'), await methods(client, 'e')];
    grip('d').kill('method-request-link', by, '');
    await first.receiving.ended;
    expect(await bench.invoke('d')).toMatchObject({ name: 'DeviceNotOnline' });
    expect(await bench.invoke('e')).toMatchObject({ status: 200 });
  });
});

describe('more than a link', () => {
  test('a session ends for every device in it, and not for one in another', async () => {
    const client = await bench.device('d', 'e', 'f');
    const own = client.session();
    await methods(client, 'd');
    await methods(client, 'e');
    await methods(client, 'f', own);
    const session = new Promise<AmqpProblem>((resolve) => {
      client.connection.on('session_error', ({ session: ended }) => resolve(new AmqpProblem(ended?.error as never)));
    });
    grip('d').kill('session', by, 'as asked');
    expect(await session).toMatchObject({ condition: 'amqp:link:detach-forced', errorCode: 503001 });
    for (const id of ['d', 'e']) expect(await gone(id)).toMatchObject({ reason: 'fault', faults: [by] });
    expect(await bench.invoke('f')).toMatchObject({ status: 200 });
    await methods(client, 'd', own);
    expect(await bench.invoke('d')).toMatchObject({ status: 200 });
  });

  test('a session gives back what was not settled on it; the next one has all of its credit', async () => {
    const client = await bench.device('d');
    const own = client.session();
    const first = await client.receiver('/devices/d/messages/devicebound', { autoaccept: false }, own);
    const to = '/devices/d/messages/devicebound';
    for (const body of ['one', 'two'])
      bench.messages.send({ body: Buffer.from(body), system: { to }, application: {} });
    expect(dataOf((await first.inbox.next()).message)).toBe('one');
    expect(dataOf((await first.inbox.next()).message)).toBe('two');
    grip().kill('session', by, '');
    expect(await gone()).toMatchObject({ reason: 'fault', faults: [by] });
    expect(bench.messages.count(deviceId('d'))).toBe(2);
    const next = client.session();
    const second = await client.receiver('/devices/d/messages/devicebound', {}, next);
    expect(dataOf((await second.inbox.next()).message)).toBe('one');
    expect(dataOf((await second.inbox.next()).message)).toBe('two');
    const telemetry = await client.sender('/devices/d/messages/events', {}, next);
    const sent = Array.from({ length: 450 }, () => client.send(telemetry, { body: 'x' }));
    expect(new Set(await Promise.all(sent))).toEqual(new Set(['accepted']));
  });

  test('what is sent on a session that the hub ended is passed over', async () => {
    const client = await bench.device('d', 'e');
    const other = client.session();
    await methods(client, 'e', other);
    const sender = await client.sender('/devices/d/messages/events');
    grip('d').kill('session', by, '');
    for (let turn = 0; turn < 5; turn++) sender.send({ body: `into the void ${turn}` } as never);
    await gone('d');
    expect(await bench.invoke('e')).toMatchObject({ status: 200 });
    expect(bench.facts.of('message.received')).toEqual([]);
    expect(bench.facts.of('input.refused')).toEqual([]);
  });

  test('the connection is closed with an error, and each device on it is told of', async () => {
    const client = await bench.device('d', 'e');
    await methods(client, 'd');
    await methods(client, 'e');
    const inFlight = bench.invoke('e');
    grip('d').kill('connection', by, 'as asked');
    expect(await client.ended).toMatchObject({ condition: 'amqp:connection:forced', errorCode: 503001 });
    for (const id of ['d', 'e']) expect(await gone(id)).toMatchObject({ reason: 'fault', faults: [by] });
    expect(await inFlight).toMatchObject({ name: 'DeviceConnectionClosedRemotely' });
    expect(bench.connections.size).toBe(0);
  });

  test('TCP is reset under all of them', async () => {
    const client = await bench.device('d', 'e');
    await methods(client, 'd');
    await methods(client, 'e');
    const { socket } = client.connection as unknown as { socket: NodeJS.EventEmitter };
    const reset = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
    grip('d').kill('tcp', by, '');
    expect((await reset).code).toBe('ECONNRESET');
    for (const id of ['d', 'e']) expect(await gone(id)).toMatchObject({ reason: 'fault', faults: [by] });
  });
});

test('a kick detaches the links of its device as stolen, fails its calls, and leaves the others on the connection', async () => {
  const client = await bench.device('d', 'e');
  const first = await methods(client, 'd');
  await methods(client, 'e');
  first.receiving.receiver.removeAllListeners('message');
  const called = bench.invoke('d');
  await bench.facts.next('invocation.begun', ({ device }) => device === 'd');
  grip('d').kick(by, 'kicked');
  expect(await called).toMatchObject({ name: 'ConnectionForcefullyClosedOnNewConnection' });
  expect((await first.receiving.ended).condition).toBe('amqp:link:stolen');
  expect(await gone('d')).toMatchObject({ reason: 'fault', detail: 'kicked', faults: [by] });
  expect(await bench.invoke('e')).toMatchObject({ status: 200 });
  await methods(client, 'd');
  expect(await bench.invoke('d')).toMatchObject({ status: 200 });
});

test('a grip whose connection is gone does nothing any more', async () => {
  const client = await bench.device('d');
  await methods(client);
  const old = grip();
  old.kick(by, '');
  await methods(client);
  expect(old.open).toBe(false);
  for (const what of ['tcp', 'session', 'method-request-link'] satisfies KillTarget[]) old.kill(what, by, '');
  old.kick(by, '');
  expect(await bench.invoke('d')).toMatchObject({ status: 200 });
  expect(bench.facts.of('device.disconnected')).toHaveLength(1);
});

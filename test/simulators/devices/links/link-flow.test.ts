// The bytes of one device on an AMQP connection: its own where it shares it, all of them where it does not.
import rhea from 'rhea';
import { expect, test } from 'vitest';
import { faultName } from '../../../../simulators/vocabulary/ids.ts';
import { seconds } from '../../../../simulators/vocabulary/units.ts';
import { holding } from '../flow/gates.ts';
import { type AnAmqpFleet, anAmqpFleet, quiet, until } from './an-amqp-device.ts';

const uuid = (byte: number): Buffer => Buffer.alloc(16, byte);

/** Two devices, open, on one connection or on two. */
async function twoDevices(devicesPerConnection: number) {
  const fleet = anAmqpFleet({ devicesPerConnection });
  const one = await fleet.open('pump-1');
  const two = await fleet.open('pump-2');
  return { fleet, one, two };
}

/** Calls a device; it answers 200 as soon as it hears. */
async function called(fleet: AnAmqpFleet, id: string, { ear, connection }: Awaited<ReturnType<AnAmqpFleet['open']>>) {
  const before = ear.requests.length;
  fleet.hub.call(`/devices/${id}`, 'm', '', uuid(before));
  await until(() => ear.requests.length > before);
  const request = ear.requests[before];
  if (request) connection.reply(request, 200, `"${id} ${before}"`);
}
const bodies = (fleet: AnAmqpFleet) => fleet.hub.answers.map(({ body }) => body);

test('what a device sends waits at its gate in order, while another on the same connection is answered', async () => {
  const { fleet, one, two } = await twoDevices(10);
  expect(fleet.hub.streams).toHaveLength(1);
  const { gate, sizes } = holding();
  const undo = one.connection.flow.tap({ up: gate });
  await called(fleet, 'pump-1', one);
  await called(fleet, 'pump-1', one);
  await called(fleet, 'pump-2', two);
  await until(() => fleet.hub.answers.length > 0);
  await quiet();
  expect(bodies(fleet)).toEqual(['"pump-2 0"']);
  expect(sizes).toHaveLength(2);
  undo();
  await called(fleet, 'pump-1', one);
  await until(() => fleet.hub.answers.length === 4);
  expect(bodies(fleet)).toEqual(['"pump-2 0"', '"pump-1 0"', '"pump-1 1"', '"pump-1 2"']);
  for (const { connection } of [one, two]) connection.drop();
});

test('what a device is sent waits at its gate: calls, patches, messages and answers, by the bytes of their bodies', async () => {
  const { fleet, one, two } = await twoDevices(10);
  const { gate, sizes, release } = holding();
  one.connection.flow.tap({ down: gate });
  fleet.hub.call('/devices/pump-1', 'm', '"12345"', uuid(1));
  fleet.hub.notify('/devices/pump-1', '{"$version":9}');
  fleet.hub.sendRaw('/devices/pump-1/messages/devicebound', { body: rhea.message.data_section(Buffer.from('hello')) });
  const twin = one.connection.getTwin();
  await called(fleet, 'pump-2', two);
  expect((await two.connection.getTwin()).desiredVersion).toBe(3);
  await until(() => sizes.length === 4);
  expect(one.ear).toMatchObject({ requests: [], patches: [], messages: [] });
  release(4);
  expect((await twin).desiredVersion).toBe(3);
  expect(one.ear.requests.map(({ payload }) => payload)).toEqual(['"12345"']);
  expect([one.ear.patches.length, one.ear.messages.length]).toEqual([1, 1]);
  expect(sizes.slice(0, 2)).toEqual([7, 14]);
  for (const { connection } of [one, two]) connection.drop();
});

test('a silent device that leaves a shared connection stays attached at the hub until the silence is over', async () => {
  const { fleet, one, two } = await twoDevices(10);
  const { flow } = one.connection;
  const over: string[] = [];
  flow.onceOver(() => over.push('over'));
  const speak = flow.silence();
  await called(fleet, 'pump-2', two);
  fleet.hub.call('/devices/pump-1', 'm', '', uuid(1));
  one.connection.drop();
  await until(() => fleet.hub.answers.length === 1);
  await quiet();
  expect([one.ear.requests, fleet.hub.detached, over]).toEqual([[], [], []]);
  speak();
  await until(() => fleet.hub.detached.length === 6);
  expect(fleet.hub.detached.every(({ address }) => address.startsWith('/devices/pump-1/'))).toBe(true);
  expect([over, one.ear.requests, one.ear.heard]).toEqual([['over'], [], ['opened']]);
  await called(fleet, 'pump-2', two);
  two.connection.drop();
});

test('the last device to leave a shared connection in its silence keeps the stream open until it is over', async () => {
  const fleet = anAmqpFleet({ devicesPerConnection: 10 });
  const { connection } = await fleet.open('pump-1');
  const speak = connection.flow.silence();
  connection.drop();
  await quiet();
  expect(fleet.hub.streams[0]?.destroyed).toBe(false);
  speak();
  await until(() => fleet.hub.streams[0]?.destroyed === true);
  expect(fleet.clock.pending).toBe(0);
});

test('a silent device hears neither of a detached link nor of its new token, and gives up on that by itself', async () => {
  const { fleet, one, two } = await twoDevices(10);
  const speak = one.connection.flow.silence();
  fleet.hub.link('/devices/pump-1/methods/devicebound', 'to-device').close({ condition: 'amqp:link:stolen' });
  const renewal = one.connection.renew();
  expect(await two.connection.renew()).toBe(true);
  await quiet();
  expect([one.ear.heard, fleet.hub.tokens.length]).toEqual([['opened'], 3]);
  await fleet.clock.advance(seconds(30));
  expect(await renewal).toBe(true);
  expect(one.ear.heard).toEqual(['opened', 'closed: the hub did not answer the new token within 30 s']);
  expect(two.ear.heard).toEqual(['opened']);
  speak();
  await quiet();
  expect(() => fleet.hub.link('/devices/pump-1/twin', 'to-device')).toThrow('no link');
  two.connection.drop();
});

test('a device that begins in a silence is not let in, and comes in when it may speak', async () => {
  const fleet = anAmqpFleet({ devicesPerConnection: 10 });
  const two = await fleet.open('pump-2');
  const one = fleet.connect('pump-1');
  const speak = one.connection.flow.silence();
  await quiet();
  expect([one.ear.heard, fleet.hub.tokens.length]).toEqual([[], 1]);
  speak();
  await until(() => one.ear.heard.length > 0);
  expect([one.ear.heard, fleet.hub.tokens.length]).toEqual([['opened'], 2]);
  for (const { connection } of [one, two]) connection.drop();
});

test('what a device said before it hung up leaves behind its gate, and its goodbye after that', async () => {
  const { fleet, one, two } = await twoDevices(10);
  const { gate, release } = holding();
  one.connection.flow.tap({ up: gate });
  await called(fleet, 'pump-1', one);
  one.connection.hangUp();
  await quiet();
  expect([fleet.hub.answers, fleet.hub.detached]).toEqual([[], []]);
  release(2);
  await until(() => fleet.hub.detached.length === 6);
  expect(bodies(fleet)).toEqual(['"pump-1 0"']);
  two.connection.drop();
});

test('a reset ends a shared connection for all devices on it', async () => {
  const { fleet, one, two } = await twoDevices(10);
  const { flow } = one.connection;
  const over: string[] = [];
  flow.onceOver(() => over.push('over'));
  one.connection.reset(faultName('cut'));
  one.connection.reset(faultName('cut'));
  await until(() => two.ear.heard.length === 2);
  expect(one.ear.heard).toEqual(['opened']);
  expect(two.ear.endings).toEqual([{ detail: 'connection reset', refused: false, faults: ['cut'] }]);
  expect(over).toEqual(['over']);
  await until(() => fleet.hub.streams[0]?.destroyed === true);
  expect(fleet.clock.pending).toBe(0);
});

test('the end of a shared connection ends the flows on it, whatever they hold', async () => {
  const { fleet, one, two } = await twoDevices(10);
  const { gate, release } = holding();
  const undo = one.connection.flow.tap({ up: gate });
  await called(fleet, 'pump-1', one);
  fleet.hub.streams[0]?.destroy();
  await until(() => one.ear.heard.length === 2 && two.ear.heard.length === 2);
  release();
  undo();
  await quiet();
  expect(fleet.hub.answers).toEqual([]);
});

test('a device alone on its connection has all of the stream to itself', async () => {
  const { fleet, one, two } = await twoDevices(1);
  const speak = one.connection.flow.silence();
  fleet.hub.call('/devices/pump-1', 'm', '', uuid(1));
  await called(fleet, 'pump-2', two);
  await until(() => fleet.hub.answers.length === 1);
  one.connection.drop();
  await quiet();
  expect([one.ear.requests, fleet.hub.streams[0]?.destroyed]).toEqual([[], false]);
  speak();
  await until(() => fleet.hub.streams[0]?.destroyed === true);
  two.connection.drop();
});

test('a device alone in its silence gives up on the hub by the idle time-out; the hub hears of it when the silence is over', async () => {
  const fleet = anAmqpFleet({ keepAliveSeconds: 60 });
  const { ear, connection } = await fleet.open('pump-1');
  const speak = connection.flow.silence();
  await fleet.clock.advance(seconds(120));
  await until(() => ear.endings.length === 1);
  await quiet();
  expect(ear.endings).toEqual([{ detail: 'the hub was silent for 120 s', refused: false }]);
  expect(fleet.hub.streams[0]?.destroyed).toBe(false);
  speak();
  await until(() => fleet.hub.streams[0]?.destroyed === true);
  expect(fleet.clock.pending).toBe(0);
});

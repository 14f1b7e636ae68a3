import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { type Bench, openDoor, soon } from './door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openDoor();
});
afterEach(() => bench.stop());

const valid = () => [
  bench.greeting('e'),
  generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] }),
  generate({ cmd: 'publish', topic: '$iothub/twin/GET/?$rid=1', payload: ' ', qos: 0, retain: false, dup: false }),
  generate({
    cmd: 'publish',
    topic: 'devices/e/messages/events/',
    payload: 'hello',
    qos: 1,
    messageId: 2,
    retain: false,
    dup: false,
  }),
  generate({
    cmd: 'publish',
    topic: '$iothub/methods/res/200/?$rid=1',
    payload: '{}',
    qos: 0,
    retain: false,
    dup: false,
  }),
  generate({ cmd: 'subscribe', messageId: 4, subscriptions: [{ topic: 'devices/e/messages/devicebound/#', qos: 1 }] }),
  generate({ cmd: 'puback', messageId: 1 }),
  generate({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['$iothub/twin/res/#'] }),
  generate({ cmd: 'pingreq' }),
];

/** A stream of valid packets with bytes exchanged, cut out or put in; some begin with a good CONNECT. */
const stream = (packets: Buffer[]) => {
  const change = fc.tuple(fc.nat(), fc.nat(6), fc.uint8Array({ maxLength: 6 }));
  return fc
    .tuple(
      fc.boolean(),
      fc.array(
        fc.oneof(
          fc.constantFrom(...packets),
          fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      fc.array(change, { maxLength: 3 }),
    )
    .map(([greeted, parts, changes]) => {
      let bytes = Buffer.concat(parts);
      for (const [where, cut, put] of changes) {
        const at = where % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + cut)]);
      }
      return greeted ? Buffer.concat([packets[0] as Buffer, bytes]) : bytes;
    });
};

test('1,500 malformed streams end their own sockets only, while a device goes on working', async () => {
  const client = await bench.client('d');
  await client.subscribeAsync('$iothub/methods/POST/#');
  client.on('message', (topic, payload) => {
    client.publish(`$iothub/methods/res/200/?$rid=${topic.split('$rid=')[1]}`, payload);
  });
  const to = '/devices/e/messages/devicebound';
  for (let number = 0; number < 40; number++) {
    expect(bench.messages.send({ body: Buffer.from(`${number}`), system: { to }, application: {} })).toBeUndefined();
  }
  const streams = fc.sample(stream(valid()), { numRuns: 1_500, seed: 7 });
  let calls = 0;
  for (let at = 0; at < streams.length; at += 25) {
    const knocks = streams.slice(at, at + 25).map(async (bytes) => {
      const { socket, closed } = await bench.socket();
      socket.end(bytes);
      await closed;
    });
    const called = await bench.invoke('d', { payload: at });
    expect(called).toMatchObject({ status: 200 });
    calls += 1;
    await Promise.all(knocks);
  }
  expect(calls).toBe(60);
  expect(client.connected).toBe(true);
  expect(bench.facts.of('device.disconnected').filter(({ device }) => device === 'd')).toEqual([]);
  // Each stream left a trace: refused, or let in and gone again.
  const traces = bench.facts.all.filter(({ type }) => type === 'input.refused' || type === 'device.refused');
  expect(traces.length).toBeGreaterThan(1_000);
  await soon(() => bench.connections.size).toBe(1);
  // Every message is settled once or still waits: none lost, none doubled, and those that left without PUBACK can be had again.
  const settled = bench.facts.of('message.settled').map(({ sequence }) => sequence);
  expect(new Set(settled).size).toBe(settled.length);
  expect(settled.length + bench.messages.count(deviceId('e'))).toBe(40);
  expect(settled.length).toBeGreaterThan(0);
  const left = new Set<number>();
  for (let next = bench.messages.receive(deviceId('e')); next; next = bench.messages.receive(deviceId('e'))) {
    left.add(next.sequence);
  }
  expect(left.size).toBe(40 - settled.length);
}, 20_000);

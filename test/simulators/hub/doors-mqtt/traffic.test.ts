import { generate } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { identity } from '../parts.ts';
import { type Bench, nextMessage, openDoor } from './door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openDoor();
});
afterEach(() => bench.stop());

const greeted = async (id = 'd', clean = true) => {
  const socket = await bench.socket();
  socket.send(bench.greeting(id, { clean }));
  return { ...socket, connack: await socket.packet('connack') };
};
const subscribe = (...topics: [string, 0 | 1 | 2][]) =>
  generate({ cmd: 'subscribe', messageId: 7, subscriptions: topics.map(([topic, qos]) => ({ topic, qos })) });
const publish = (topic: string, payload: string | Buffer = '', qos: 0 | 1 | 2 = 0, retain = false) =>
  generate({ cmd: 'publish', topic, payload, qos, retain, dup: false, ...(qos ? { messageId: 9 } : {}) });

describe('direct methods', () => {
  test('go to the device with their bytes unchanged and come back with its status and bytes', async () => {
    const client = await bench.client();
    await client.subscribeAsync('$iothub/methods/POST/#');
    const heard = nextMessage(client, '$iothub/methods/POST/');
    const called = bench.invoke('d', { methodName: 'reboot', payload: { b: 1, a: 'é' } });
    const { topic, body } = await heard;
    expect(topic).toBe('$iothub/methods/POST/reboot/?$rid=1');
    expect(body).toBe('{"b":1,"a":"é"}');
    client.publish('$iothub/methods/res/404/?$rid=1', '{"done": 12345678901234567890}');
    expect(await called).toMatchObject({ status: 404, payload: Buffer.from('{"done": 12345678901234567890}') });
  });

  test('without a payload have an empty body, and may be answered with QoS 1 and an empty body', async () => {
    const client = await bench.client();
    await client.subscribeAsync('$iothub/methods/POST/#', { qos: 1 });
    const heard = nextMessage(client, '$iothub/methods/POST/');
    const called = bench.invoke('d');
    expect(await heard).toEqual({ topic: '$iothub/methods/POST/m/?$rid=1', body: '' });
    await client.publishAsync('$iothub/methods/res/200/?$rid=1', '', { qos: 1 });
    expect(await called).toEqual({ status: 200, payload: Buffer.alloc(0) });
  });

  test('wait for the subscription within the connect timeout', async () => {
    const client = await bench.client();
    const called = bench.invoke('d', { connectTimeoutInSeconds: 10 });
    const heard = nextMessage(client, '$iothub/methods/POST/');
    await client.subscribeAsync('$iothub/methods/POST/#');
    await heard;
    client.publish('$iothub/methods/res/200/?$rid=1', 'null');
    expect(await called).toMatchObject({ status: 200 });
  });

  test('are 404103 again after the device unsubscribed', async () => {
    const client = await bench.client();
    await client.subscribeAsync('$iothub/methods/POST/#');
    await client.unsubscribeAsync('$iothub/methods/POST/#');
    expect(await bench.invoke('d')).toMatchObject({ name: 'DeviceNotOnline' });
  });

  test('fail at once when the device goes or comes again', async () => {
    const first = await bench.client();
    await first.subscribeAsync('$iothub/methods/POST/#');
    const replaced = bench.invoke('d');
    const second = await bench.client();
    expect((await replaced) as Refusal).toMatchObject({ name: 'ConnectionForcefullyClosedOnNewConnection' });
    await second.subscribeAsync('$iothub/methods/POST/#');
    const lost = bench.invoke('d');
    second.stream.destroy();
    expect(await lost).toMatchObject({ name: 'DeviceConnectionClosedRemotely' });
  });

  test('a thousand at once over one socket each find their answer', async () => {
    const client = await bench.client();
    await client.subscribeAsync('$iothub/methods/POST/#');
    client.on('message', (topic, payload) => {
      client.publish(`$iothub/methods/res/200/?$rid=${topic.split('$rid=')[1]}`, payload);
    });
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => bench.invoke('d', { payload: index, responseTimeoutInSeconds: 30 })),
    );
    expect(answers.map((answer) => (answer instanceof Refusal ? answer.name : Number(answer.payload)))).toEqual(
      Array.from({ length: 1_000 }, (_, index) => index),
    );
  });
});

describe('twins', () => {
  test('GET answers the whole twin with the request id as it came', async () => {
    const client = await bench.client();
    await client.subscribeAsync('$iothub/twin/res/#');
    const heard = nextMessage(client, '$iothub/twin/res/');
    client.publish('$iothub/twin/GET/?$rid=0b9d-%41', ' ');
    expect(await heard).toEqual({
      topic: '$iothub/twin/res/200/?$rid=0b9d-%41',
      body: '{"desired":{"$version":1},"reported":{"$version":1}}',
    });
    expect(bench.facts.of('twin.fetched')).toMatchObject([{ device: 'd' }]);
  });

  test('PATCH answers 204 with the new version', async () => {
    const client = await bench.client();
    await client.subscribeAsync('$iothub/twin/res/#', { qos: 1 });
    const heard = nextMessage(client, '$iothub/twin/res/');
    await client.publishAsync('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"a":1}', { qos: 1 });
    expect(await heard).toEqual({ topic: '$iothub/twin/res/204/?$rid=1&$version=2', body: '' });
    expect(bench.twins.reports.get('d')).toEqual(['{"a":1}']);
  });

  test.each<[string, string | Buffer, number, object]>([
    ['a rule is broken', '"bad"', 400, { errorCode: 400004, message: 'a bad key', info: { key: 'a.b' } }],
    ['it is no UTF-8', Buffer.from([0xff]), 400, { errorCode: 400006 }],
    ['it cannot be kept', '"full"', 500, { errorCode: 500001 }],
  ])('PATCH answers with a body that has an errorCode when %s', async (_, patch, status, expected) => {
    const client = await bench.client();
    await client.subscribeAsync('$iothub/twin/res/#');
    const heard = nextMessage(client, '$iothub/twin/res/');
    client.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', patch);
    const { topic, body } = await heard;
    expect(topic).toBe(`$iothub/twin/res/${status}/?$rid=1`);
    expect(JSON.parse(body)).toMatchObject({
      ...expected,
      trackingId: expect.stringMatching(/^[0-9A-F]{32}-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/),
      timestampUtc: expect.stringMatching(/Z$/),
    });
    expect(client.connected).toBe(true);
  });

  test('a request by a device that does not listen for the answer is pointed out', async () => {
    const client = await bench.client();
    await client.publishAsync('$iothub/twin/GET/?$rid=1', '', { qos: 1 });
    expect(await bench.facts.next('hint.given')).toMatchObject({ text: expect.stringContaining('$iothub/twin/res/#') });
  });

  test('desired patches reach those who subscribed', async () => {
    const client = await bench.client();
    const connection = bench.connections.find(client.options.clientId as never);
    expect(connection?.sendDesired('{"a":1,"$version":4}', 4)).toBe(false);
    await client.subscribeAsync('$iothub/twin/PATCH/properties/desired/#');
    const heard = nextMessage(client, '$iothub/twin/PATCH/');
    expect(connection?.sendDesired('{"a":1,"$version":4}', 4)).toBe(true);
    expect(await heard).toEqual({
      topic: '$iothub/twin/PATCH/properties/desired/?$version=4',
      body: '{"a":1,"$version":4}',
    });
    await client.endAsync();
    await bench.facts.next('device.disconnected');
    expect(connection?.sendDesired('{}', 5)).toBe(false);
  });
});

describe('messages', () => {
  test('are received with QoS 0 and 1, with and without properties', async () => {
    const client = await bench.client();
    client.publish('devices/d/messages/events/', 'one');
    await client.publishAsync('devices/d/messages/events/a=b&%24.ct=json', 'two', { qos: 1 });
    expect(bench.facts.of('message.received').map(({ device, body, will }) => [device, body.text, will])).toEqual([
      ['d', 'one', undefined],
      ['d', 'two', undefined],
    ]);
  });

  test('with the retain flag are received, and the flag pointed out', async () => {
    const client = await bench.client();
    await client.publishAsync('devices/d/messages/events/', 'x', { qos: 1, retain: true });
    expect(bench.facts.of('message.received')).toHaveLength(1);
    expect(bench.facts.of('hint.given')).toMatchObject([{ text: expect.stringContaining('mqtt-retain') }]);
  });

  test('of 256 KB are received, properties counted; one byte more ends the connection', async () => {
    const client = await bench.client();
    await client.publishAsync('devices/d/messages/events/a=b', Buffer.alloc(262_142), { qos: 1 });
    expect(bench.facts.of('message.received')).toMatchObject([{ body: { bytes: 262_142 } }]);
    client.publish('devices/d/messages/events/a=b', Buffer.alloc(262_143));
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ reason: 'protocol-error' });
    expect(bench.facts.of('input.refused')).toMatchObject([{ detail: expect.stringContaining('262145 bytes') }]);
  });
});

describe('subscriptions', () => {
  test('the documented filters are granted, QoS 2 as 1, all others refused with 0x80', async () => {
    const { send, packet } = await greeted();
    send(
      subscribe(
        ['$iothub/methods/POST/#', 0],
        ['$iothub/twin/res/#', 2],
        ['devices/e/messages/devicebound/#', 1],
        ['devices/d/messages/devicebound/#', 1],
        ['#', 0],
      ),
    );
    expect((await packet('suback')).granted).toEqual([0, 1, 0x80, 1, 0x80]);
    expect(await bench.facts.next('hint.given')).toMatchObject({ text: expect.stringContaining('devices/e/') });
  });

  test('the sixth is refused', async () => {
    const { send, packet } = await greeted();
    send(subscribe(...Array.from({ length: 6 }, () => ['$iothub/twin/res/#', 0] as [string, 0])));
    expect((await packet('suback')).granted).toEqual([0, 0, 0, 0, 0, 0x80]);
  });

  test('without clean session outlive the connection', async () => {
    const first = await greeted('d', false);
    expect(first.connack.sessionPresent).toBe(false);
    first.send(subscribe(['$iothub/methods/POST/#', 0]));
    await first.packet('suback');
    first.socket.destroy();
    await bench.facts.next('device.disconnected');
    const waiting = bench.invoke('d', { connectTimeoutInSeconds: 10 });
    const second = await greeted('d', false);
    expect(second.connack.sessionPresent).toBe(true);
    expect((await second.packet('publish')).topic).toBe('$iothub/methods/POST/m/?$rid=1');
    second.send(publish('$iothub/methods/res/200/?$rid=1'));
    expect(await waiting).toMatchObject({ status: 200 });
  });

  test('of an identity that was deleted are not those of a new one with its id', async () => {
    const first = await greeted('d', false);
    first.send(subscribe(['$iothub/methods/POST/#', 0]));
    await first.packet('suback');
    bench.devices.set('d', { ...identity('d'), generationId: '2' });
    expect((await greeted('d', false)).connack.sessionPresent).toBe(false);
  });

  test('are forgotten by a clean session', async () => {
    const first = await greeted('d', false);
    first.send(subscribe(['$iothub/methods/POST/#', 0]));
    await first.packet('suback');
    expect((await greeted('d', true)).connack.sessionPresent).toBe(false);
    expect(await bench.invoke('d')).toMatchObject({ name: 'DeviceNotOnline' });
    expect((await greeted('d', false)).connack.sessionPresent).toBe(false);
  });
});

describe('what ends a connection', () => {
  test.each<[string, () => Buffer, string]>([
    ['QoS 2', () => publish('devices/d/messages/events/', 'x', 2), 'QoS 2'],
    ['a topic the service does not have', () => publish('a/b', 'x'), "'a/b'"],
    ["another device's topic", () => publish('devices/e/messages/events/', 'x'), "'devices/e/messages/events/'"],
    ['a method status that is no number', () => publish('$iothub/methods/res/ok/?$rid=1'), 'res/ok'],
    ['a second CONNECT', () => bench.greeting(), 'a second connect'],
    ['a packet of the server', () => generate({ cmd: 'pingresp' }), 'pingresp is not for a device'],
    ['PUBREL', () => generate({ cmd: 'pubrel', messageId: 1 }), 'pubrel'],
    ['reserved bits', () => Buffer.from([0xc1, 0]), 'header flag'],
    ['a subscription to nothing', () => Buffer.from([0x82, 2, 0, 1]), 'unreadable'],
    ['a length without end', () => Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]), 'unreadable'],
    ['a length of 256 MB', () => Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0]), '268435455 bytes'],
  ])('%s', async (_, bytes, detail) => {
    const other = await bench.client('e');
    const { send, closed } = await greeted();
    send(bytes());
    await closed;
    expect(await bench.facts.next('input.refused')).toMatchObject({
      door: 'mqtt',
      device: 'd',
      detail: expect.stringContaining(detail),
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
    expect(bench.facts.of('device.disconnected')).toMatchObject([{ device: 'd', reason: 'protocol-error' }]);
    await other.publishAsync('devices/e/messages/events/', 'still here', { qos: 1 });
  });

  test('a packet that stops half-way', async () => {
    const { send, socket } = await greeted();
    send(publish('devices/d/messages/events/', 'hello').subarray(0, 20));
    socket.end();
    expect(await bench.facts.next('input.refused')).toMatchObject({ detail: expect.stringContaining('into a packet') });
    expect(bench.facts.of('message.received')).toEqual([]);
  });

  test('a burst of large calls does not cost a device its connection', async () => {
    const client = await bench.client();
    const payload = 'x'.repeat(131_000);
    const calls = Array.from({ length: 100 }, () => bench.invoke('d', { payload, connectTimeoutInSeconds: 30 }));
    client.on('message', (topic) => client.publish(`$iothub/methods/res/200/${topic.slice(topic.indexOf('?'))}`, '1'));
    await client.subscribeAsync('$iothub/methods/POST/#');
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ status: 200 });
    expect(client.connected).toBe(true);
  });

  test('a device that does not read is let go before it fills the memory', async () => {
    const { send, socket } = await greeted();
    send(subscribe(['$iothub/twin/PATCH/properties/desired/#', 0]));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const connection = bench.connections.find('d' as never);
    const patch = `"${'x'.repeat(100_000)}"`;
    for (let sent = 0; sent < 500 && connection?.sendDesired(patch, 1); sent++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await bench.facts.next('input.refused')).toMatchObject({
      detail: expect.stringContaining('wait to be read'),
    });
  });
});

test('the first packet must be CONNECT', async () => {
  for (const bytes of [
    publish('a', 'b'),
    generate({ cmd: 'pingreq' }),
    subscribe(['#', 0]),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ]) {
    const { send, closed } = await bench.socket();
    send(bytes);
    await closed;
  }
  expect(bench.facts.of('input.refused')).toHaveLength(4);
  expect(bench.facts.of('input.refused')[0]).toMatchObject({ detail: 'the first packet was publish, not connect' });
});

test('packets cut anywhere, and many in one piece, are the same', async () => {
  const bytes = Buffer.concat([
    bench.greeting(),
    subscribe(['$iothub/twin/res/#', 0]),
    publish('$iothub/twin/GET/?$rid=1', ' '),
    publish('devices/d/messages/events/', 'hello', 1),
    generate({ cmd: 'pingreq' }),
  ]);
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const { send, packet, packets } = await bench.socket();
    for (let at = 0; at < bytes.length; at += size) {
      send(bytes.subarray(at, at + size));
      if (size < 64) await new Promise((resolve) => setImmediate(resolve));
    }
    await packet('pingresp');
    expect(packets.map(({ cmd }) => cmd)).toEqual(['connack', 'suback', 'publish', 'puback', 'pingresp']);
  }
  expect(bench.facts.of('message.received')).toHaveLength(6);
});

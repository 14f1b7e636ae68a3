// Messages both ways over MQTT: what their topics carry, when they come, when they come again.
import { generate, type IPublishPacket } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMqttDoor } from '../../../../simulators/hub/doors/mqtt/open-mqtt-door.ts';
import type { SystemProperties } from '../../../../simulators/hub/messages/messages.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { identity } from '../parts.ts';
import { type Bench, nextMessage, openDoor, soon } from './door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openDoor();
});
afterEach(() => bench.stop());

const filter = 'devices/d/messages/devicebound/#';
const subscribe = (topic: string, qos: 0 | 1) =>
  generate({ cmd: 'subscribe', messageId: 3, subscriptions: [{ topic, qos }] });
const puback = (messageId: number) => generate({ cmd: 'puback', messageId });
const greeted = async (id = 'd', clean = true) => {
  const socket = await bench.socket();
  socket.send(bench.greeting(id, { clean }));
  await socket.packet('connack');
  const publishes = () => socket.packets.filter((packet): packet is IPublishPacket => packet.cmd === 'publish');
  return {
    ...socket,
    publishes,
    count: (expected: number) => soon(() => publishes().length).toBe(expected),
    /** Everything sent before was taken when this resolves. */
    async settled() {
      const before = socket.packets.filter(({ cmd }) => cmd === 'pingresp').length;
      socket.send(generate({ cmd: 'pingreq' }));
      await soon(() => socket.packets.filter(({ cmd }) => cmd === 'pingresp').length).toBe(before + 1);
    },
  };
};
const send = (text: string, system: SystemProperties = {}, application: Record<string, string> = {}, to = 'd') => {
  const refusal = bench.messages.send({
    body: Buffer.from(text),
    system: { to: `/devices/${to.replace('/', '/modules/')}/messages/devicebound`, ...system },
    application,
  });
  if (refusal) throw new Error(refusal.message);
};
const waiting = (id = 'd') => bench.messages.count(deviceId(id));

describe('from the device', () => {
  test('carry system and application properties, a will its type, a retained one its flag', async () => {
    const client = await bench.client('d', {
      will: { topic: 'devices/d/messages/events/room=7', payload: Buffer.from('gone'), qos: 1, retain: false },
    });
    await client.publishAsync('devices/d/messages/events/%24.mid=m%201&%24.ct=application%2Fjson&alarm=a%26b', '{}', {
      qos: 1,
    });
    await client.publishAsync('devices/d/messages/events/', 'kept', { qos: 1, retain: true });
    client.stream.destroy();
    await bench.facts.next('device.disconnected');
    expect(
      bench.facts.of('message.received').map(({ body, properties, will }) => [body.text, properties, will]),
    ).toEqual([
      ['{}', { messageId: 'm 1', contentType: 'application/json', alarm: 'a&b' }, undefined],
      ['kept', { 'mqtt-retain': 'true' }, undefined],
      ['gone', { room: '7', 'iothub-MessageType': 'Will' }, true],
    ]);
  });

  test("of a module are its own, its outputs named, and never its device's", async () => {
    const client = await bench.client('d/m');
    await client.publishAsync('devices/d/modules/m/messages/events/%24.on=alerts/', 'x', { qos: 1 });
    expect(bench.facts.of('message.received')).toMatchObject([{ device: 'd/m', properties: { outputName: 'alerts' } }]);
    client.publish('devices/d/messages/events/', 'x');
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd/m', reason: 'protocol-error' });
    expect(await bench.facts.next('hint.given')).toMatchObject({
      text: expect.stringContaining('devices/d/modules/m/messages/events/'),
    });
  });
});

describe('to the device', () => {
  test('come with their properties in the topic and are completed by PUBACK', async () => {
    const { send: write, publishes, count, settled } = await greeted();
    write(subscribe(filter, 1));
    send('hello', { messageId: 'a/1', ack: 'full', contentType: 'text/plain' }, { colour: 'dark red' });
    await count(1);
    const [first] = publishes();
    expect(first).toMatchObject({ qos: 1, dup: false, retain: false, payload: Buffer.from('hello') });
    const [, bag] = (first?.topic ?? '').split('devices/d/messages/devicebound/');
    expect(Object.fromEntries(new URLSearchParams(bag))).toEqual({
      '$.mid': 'a/1',
      '$.to': '/devices/d/messages/deviceBound',
      '$.ct': 'text/plain',
      'iothub-ack': 'full',
      colour: 'dark red',
    });
    expect(waiting()).toBe(1);
    write(puback(first?.messageId ?? 0));
    await settled();
    expect(waiting()).toBe(0);
    expect(bench.facts.of('message.settled')).toMatchObject([{ device: 'd', outcome: 'completed' }]);
  });

  test('at QoS 0 are completed when they are sent', async () => {
    const client = await bench.client();
    send('one');
    expect(bench.facts.of('message.delivered')).toEqual([]);
    const heard = nextMessage(client, 'devices/d/messages/devicebound/');
    await client.subscribeAsync(filter, { qos: 0 });
    expect((await heard).body).toBe('one');
    expect(waiting()).toBe(0);
  });

  test('ten are on their way at once, in order, and each acknowledgement lets another follow', async () => {
    const { send: write, publishes, count, settled } = await greeted();
    for (let number = 0; number < 25; number++) send(String(number));
    write(subscribe(filter, 1));
    await count(10);
    await settled();
    expect(publishes()).toHaveLength(10);
    for (let acknowledged = 0; acknowledged < 25; acknowledged++) {
      await count(Math.min(25, 10 + acknowledged));
      write(puback(publishes()[acknowledged]?.messageId ?? 0));
    }
    await settled();
    expect(publishes().map(({ payload }) => String(payload))).toEqual(
      Array.from({ length: 25 }, (_, at) => String(at)),
    );
    expect(waiting()).toBe(0);
  });

  test('that were not acknowledged come again in the session that goes on: same packet id, DUP, before any SUBSCRIBE', async () => {
    const first = await greeted('d', false);
    first.send(subscribe(filter, 1));
    send('a');
    send('b');
    await first.count(2);
    const [a, b] = first.publishes();
    first.send(puback(a?.messageId ?? 0));
    await first.settled();
    first.socket.destroy();
    await bench.facts.next('device.disconnected');
    send('c');
    const second = await greeted('d', false);
    await second.count(2);
    expect(second.publishes()).toMatchObject([
      { payload: Buffer.from('b'), dup: true, messageId: b?.messageId },
      { payload: Buffer.from('c'), dup: false },
    ]);
    expect(second.publishes()[1]?.messageId).not.toBe(b?.messageId);
    for (const { messageId } of second.publishes()) second.send(puback(messageId ?? 0));
    await second.settled();
    expect(waiting()).toBe(0);
    expect(bench.facts.of('message.delivered').map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 1, 1]);
  });

  test('go to the connection that replaces another', async () => {
    const first = await greeted('d', false);
    first.send(subscribe(filter, 1));
    send('a');
    await first.count(1);
    const second = await greeted('d', false);
    await second.count(1);
    expect(second.publishes()).toMatchObject([{ dup: true }]);
    second.send(puback(second.publishes()[0]?.messageId ?? 0));
    await second.settled();
    expect(waiting()).toBe(0);
  });

  test('wait for SUBSCRIBE in a clean session, and are no duplicates to it', async () => {
    const first = await greeted('d', false);
    first.send(subscribe(filter, 1));
    send('a');
    await first.count(1);
    first.socket.destroy();
    await bench.facts.next('device.disconnected');
    const second = await greeted('d', true);
    await second.settled();
    expect(second.publishes()).toEqual([]);
    second.send(subscribe(filter, 1));
    await second.count(1);
    expect(second.publishes()).toMatchObject([{ dup: false }]);
    const cmds = second.packets.map(({ cmd }) => cmd);
    expect(cmds.indexOf('suback')).toBeLessThan(cmds.indexOf('publish'));
  });

  test('stop with UNSUBSCRIBE', async () => {
    const client = await bench.client();
    await client.subscribeAsync(filter, { qos: 1 });
    expect(bench.connections.find(deviceId('d'))?.listensForMessages).toBe(true);
    await client.unsubscribeAsync(filter);
    expect(bench.connections.find(deviceId('d'))?.listensForMessages).toBe(false);
    send('a');
    expect(bench.facts.of('message.delivered')).toEqual([]);
    expect(waiting()).toBe(1);
  });

  test("of an identity made anew are not delivered as duplicates of the old one's", async () => {
    const first = await greeted('d', false);
    first.send(subscribe(filter, 1));
    send('a');
    await first.count(1);
    bench.devices.set('d', { ...identity('d'), generationId: '2' });
    const second = await greeted('d', false);
    await second.settled();
    expect(second.publishes()).toEqual([]);
  });

  test('an acknowledgement nobody waits for is passed over', async () => {
    const { send: write, settled } = await greeted();
    write(puback(77));
    await settled();
    expect(bench.facts.of('device.disconnected')).toEqual([]);
  });

  test('whose properties no topic can hold are rejected, and the next one comes', async () => {
    const client = await bench.client();
    // 30,000 bytes of message are 90,000 of topic.
    send('huge', {}, { umlauts: 'ä'.repeat(15_000) });
    send('small');
    const heard = nextMessage(client, 'devices/d/messages/devicebound/');
    await client.subscribeAsync(filter, { qos: 1 });
    expect((await heard).body).toBe('small');
    expect(bench.facts.of('message.settled')[0]).toMatchObject({ outcome: 'rejected' });
    expect(await bench.facts.next('hint.given')).toMatchObject({ text: expect.stringContaining('65535 bytes') });
  });

  test('a message of 64 KB arrives whole', async () => {
    const client = await bench.client();
    const heard = nextMessage(client, 'devices/d/messages/devicebound/');
    await client.subscribeAsync(filter, { qos: 1 });
    send('x'.repeat(65_000));
    expect((await heard).body).toHaveLength(65_000);
    await soon(() => waiting()).toBe(0);
  });
});

test('a store that cannot be written costs no device its connection, and is pointed out', async () => {
  const full = () => {
    throw new Error('disk full');
  };
  const { received, receive, reject } = bench.messages;
  const messages = { received, receive, reject, complete: full, release: full };
  const door = await openMqttDoor({ ...bench.parts, messages, host: '127.0.0.1', port: 0 });
  try {
    const client = await bench.client('d', { port: door.address.port });
    const heard = nextMessage(client, 'devices/d/messages/devicebound/');
    await client.subscribeAsync(filter, { qos: 1 });
    send('a');
    await heard;
    expect(await bench.facts.next('hint.given')).toMatchObject({ text: 'A message could not be completed: disk full' });
    await client.publishAsync('devices/d/messages/events/', 'still here', { qos: 1 });
  } finally {
    await door.stop();
  }
});

describe('to a module', () => {
  test.each(['devices/d/modules/m/messages/devicebound/#', 'devices/d/modules/m/#'])('come by %s', async (topic) => {
    const client = await bench.client('d/m');
    const heard = nextMessage(client, 'devices/d/modules/m/messages/devicebound/');
    await client.subscribeAsync(topic, { qos: 1 });
    send('x', {}, {}, 'd/m');
    expect((await heard).topic).toContain('%24.to='.replace('%24', '$'));
  });

  test.each(['devices/d/modules/m/inputs/#', 'devices/d/modules/m/#'])('for an input come by %s', async (topic) => {
    const client = await bench.client('d/m');
    const heard = nextMessage(client, 'devices/d/modules/m/inputs/');
    await client.subscribeAsync(topic, { qos: 1 });
    send('x', { inputName: 'alerts' }, { a: 'b' }, 'd/m');
    expect((await heard).topic).toMatch(/^devices\/d\/modules\/m\/inputs\/alerts\/[^/]*a=b$/);
  });

  test('wait when only inputs were asked for, and the developer is told', async () => {
    const client = await bench.client('d/m');
    await client.subscribeAsync('devices/d/modules/m/inputs/#', { qos: 1 });
    send('x', {}, {}, 'd/m');
    expect(await bench.facts.next('hint.given')).toMatchObject({
      device: 'd/m',
      text: expect.stringContaining('messages/devicebound/#'),
    });
    expect(waiting('d/m')).toBe(1);
    const heard = nextMessage(client, 'devices/d/modules/m/messages/devicebound/');
    await client.subscribeAsync('devices/d/modules/m/messages/devicebound/#', { qos: 1 });
    await heard;
  });

  test('never reach its device, nor another module', async () => {
    const [device, other] = [await bench.client('d'), await bench.client('d/$edgeAgent')];
    await device.subscribeAsync(filter, { qos: 1 });
    await other.subscribeAsync('devices/d/modules/$edgeAgent/#', { qos: 1 });
    for (const client of [device, other]) client.on('message', (topic) => expect.fail(topic));
    send('x', {}, {}, 'd/m');
    await device.publishAsync('devices/d/messages/events/', '', { qos: 1 });
    await other.publishAsync('devices/d/modules/$edgeAgent/messages/events/', '', { qos: 1 });
    expect(waiting('d/m')).toBe(1);
  });
});

describe('in virtual time', () => {
  let clock: VirtualClock;
  beforeEach(async () => {
    await bench.stop();
    clock = new VirtualClock();
    bench = await openDoor({ clock });
  });

  test('a message that is not acknowledged for 60 s comes again with the same packet id; a late PUBACK settles nothing twice', async () => {
    const { send: write, publishes, count, settled } = await greeted();
    write(subscribe(filter, 1));
    send('a');
    await count(1);
    await clock.advance(59_999);
    expect(publishes()).toHaveLength(1);
    await clock.advance(1);
    await count(2);
    const [first, again] = publishes();
    expect(again).toMatchObject({ dup: true, messageId: first?.messageId });
    write(puback(again?.messageId ?? 0));
    write(puback(again?.messageId ?? 0));
    await settled();
    expect(waiting()).toBe(0);
    expect(bench.facts.of('message.settled')).toHaveLength(1);
  });

  test('ten that are never acknowledged come again as well, and hold up nobody once they have expired', async () => {
    const { send: write, publishes, count, settled } = await greeted();
    write(subscribe(filter, 1));
    for (let index = 0; index < 10; index++) send(`m${index}`, { expiresAt: clock.now() + 90_000 });
    send('last', { expiresAt: clock.now() + 600_000 });
    await count(10);
    await clock.advance(60_000);
    await count(20);
    expect(publishes().filter(({ dup }) => dup)).toHaveLength(10);
    await settled(); // a ping, so that silence does not end the connection
    await clock.advance(60_000);
    await count(21);
    expect(publishes().at(-1)?.payload.toString()).toBe('last');
    expect(bench.facts.of('message.settled')).toHaveLength(10);
  });

  test("one that expired in the device's hands and is acknowledged afterwards is pointed out", async () => {
    const { send: write, publishes, count } = await greeted();
    write(subscribe(filter, 1));
    send('a', { expiresAt: clock.now() + 1_000 });
    await count(1);
    await clock.advance(60_000);
    expect(bench.facts.of('message.settled')).toMatchObject([{ outcome: 'expired' }]);
    write(puback(publishes()[0]?.messageId ?? 0));
    expect(await bench.facts.next('hint.given')).toMatchObject({ text: expect.stringContaining('412002') });
  });
});

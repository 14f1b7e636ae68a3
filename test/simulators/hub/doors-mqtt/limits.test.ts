// What a tier's limits do to devices over MQTT, and what a developer is told that the service would leave unsaid.
import { generate } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { type Bench, hostName, openDoor, soon } from './door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  // In virtual time no bucket fills up again behind a test's back.
  bench = await openDoor({ clock: new VirtualClock() });
});
afterEach(() => bench.stop());

const greeted = async (id = 'd', more: Parameters<Bench['greeting']>[1] = {}) => {
  const socket = await bench.socket();
  socket.send(bench.greeting(id, more));
  return { ...socket, connack: await socket.packet('connack') };
};
const publish = (topic: string, messageId = 0) =>
  generate({ cmd: 'publish', topic, payload: '{}', qos: messageId ? 1 : 0, messageId, retain: false, dup: false });
/** Uses up what may be done at once. */
const exhaust = (kind: 'connections' | 'telemetry' | 'twin reads' | 'twin updates') => {
  bench.throttling.set({ tier: 'S1', units: 1 });
  while (bench.throttling.take(kind) === undefined);
};

describe('limits', () => {
  test('of connections are a CONNACK 3', async () => {
    exhaust('connections');
    const { connack, closed } = await greeted();
    expect(connack).toMatchObject({ returnCode: 3, sessionPresent: false });
    await closed;
    expect(bench.facts.of('device.refused')).toMatchObject([
      { device: 'd', code: 3, detail: expect.stringContaining('429001') },
    ]);
    expect(bench.facts.of('throttle.hit').at(-1)).toMatchObject({ kind: 'connections', device: 'd' });
  });

  test('are not asked by those who would be refused anyway', async () => {
    exhaust('connections');
    expect((await greeted('nobody')).connack.returnCode).toBe(5);
  });

  test('of telemetry end the connection, since no packet can refuse a message', async () => {
    const { send, closed, packets } = await greeted();
    send(publish('devices/d/messages/events/', 1));
    await soon(() => packets.at(-1)?.cmd).toBe('puback');
    exhaust('telemetry');
    send(publish('devices/d/messages/events/', 2));
    await closed;
    expect(packets.filter(({ cmd }) => cmd === 'puback')).toHaveLength(1);
    expect(bench.facts.of('device.disconnected')).toMatchObject([
      { reason: 'protocol-error', detail: expect.stringContaining('429001') },
    ]);
  });

  test.each([
    ['twin reads', '$iothub/twin/GET/?$rid=a'],
    ['twin updates', '$iothub/twin/PATCH/properties/reported/?$rid=a'],
  ] as const)('of %s are a 429 with its JSON, and the connection stays', async (kind, topic) => {
    const { send, packet } = await greeted();
    send(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] }));
    await packet('suback');
    exhaust(kind);
    send(publish(topic));
    const answer = await packet('publish');
    expect(answer.topic).toBe('$iothub/twin/res/429/?$rid=a');
    expect(JSON.parse(String(answer.payload))).toMatchObject({ errorCode: 429001 });
    send(generate({ cmd: 'pingreq' }));
    await packet('pingresp');
    expect(bench.twins.reports.get('d')).toBeUndefined();
  });
});

describe('hints', () => {
  test.each<[string, string, Parameters<Bench['greeting']>[1], number, string]>([
    ['no api-version', 'd', { username: `${hostName}/d/?DeviceClientType=x` }, 0, 'no api-version'],
    ['an old api-version', 'd', { username: `${hostName}/d/?api-version=2016-02-03` }, 0, '2016-02-03 is older'],
    ['an api-version that is none', 'd', { username: `${hostName}/d/?api-version=latest` }, 0, 'latest is older'],
    [
      'an id that was percent-encoded',
      'a',
      { clientId: 'a%3Ab.c', username: `${hostName}/a%3Ab.c/?api-version=2021-04-12` },
      5,
      "as it is: 'a:b.c'",
    ],
    [
      'an id with characters no id can have',
      'd',
      { username: `${hostName}/d d/?api-version=2021-04-12` },
      4,
      "'d d' cannot be an id",
    ],
    [
      'a module name nobody can have',
      'd',
      { username: `${hostName}/d/m m/?api-version=2021-04-12` },
      4,
      "'m m' cannot",
    ],
    [
      'a will of another',
      'd',
      { will: { topic: 'devices/e/messages/events/', payload: Buffer.alloc(0) } },
      0,
      'The will is ignored',
    ],
  ])('%s', async (_, id, more, code, text) => {
    const known = bench.devices.get('d');
    if (known) bench.devices.set('a:b.c', known);
    const { connack } = await greeted(id, more);
    expect(connack.returnCode).toBe(code);
    expect(await bench.facts.next('hint.given')).toMatchObject({ text: expect.stringContaining(text) });
  });

  test.each([
    ['devices/e/messages/events/', 'd', 'go to devices/d/messages/events/'],
    ['devices/d/messages/devicebound/', 'd', 'go to devices/d/messages/events/'],
    ['devices/d/messages/events/', 'd/m', 'go to devices/d/modules/m/messages/events/'],
    ['$iothub/methods/res/ok/?$rid=1', 'd', '$iothub/methods/res/{status}/?$rid='],
    ['$iothub/twin/GET/', 'd', '$iothub/twin/GET/?$rid='],
    ['home/kitchen', 'd', 'no topics of your own choosing'],
  ])('a message to %s by %s', async (topic, id, text) => {
    const { send, closed } = await greeted(id);
    send(publish(topic));
    await closed;
    expect(await bench.facts.next('hint.given')).toMatchObject({ device: id, text: expect.stringContaining(text) });
    expect(bench.facts.of('input.refused')).toHaveLength(1);
  });

  test.each([
    ['reboot_now.v-2*', false],
    ['a#b', true],
    ['a%20b', true],
    ['a+b', true],
  ])('the method name %s is pointed out: %s', async (methodName, told) => {
    const { send, packet } = await greeted();
    send(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/methods/POST/#', qos: 0 }] }));
    await packet('suback');
    const called = bench.invoke('d', { methodName });
    expect((await packet('publish')).topic).toBe(`$iothub/methods/POST/${methodName}/?$rid=1`);
    send(publish('$iothub/methods/res/200/?$rid=1'));
    await called;
    expect(bench.facts.of('hint.given').map(({ text }) => text.includes(methodName))).toEqual(told ? [true] : []);
  });
});

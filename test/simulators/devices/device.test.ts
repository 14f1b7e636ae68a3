// A device against a tiny broker: what leaves it, what it makes of what comes, and how its link ends and comes back.
import { afterEach, expect, test } from 'vitest';
import { parseToken, verifyToken } from '../../../simulators/tokens/sas-token.ts';
import type { FaultTouch } from '../../../simulators/vocabulary/facts.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';
import { TinyBroker } from '../../support/tiny-broker.ts';
import { type ADevice, aDevice, key, strikingReplies } from './a-device.ts';

const made: ADevice[] = [];
const theDevice: typeof aDevice = (changes) => {
  const one = aDevice(changes);
  made.push(one);
  return one;
};

afterEach(async () => {
  for (const { device, clock, broker } of made.splice(0)) {
    device.stop();
    await clock.advance(5_000);
    expect(clock.pending, 'timers left behind').toBe(0);
    expect(broker.sessions.filter((session) => !session.closed)).toEqual([]);
  }
});

test('it introduces itself as the SDKs do, with a token signed at connect', async () => {
  const { online, broker, clock } = theDevice();
  await online();
  const { connect } = broker.last;
  expect(connect).toMatchObject({ clientId: 'pump-1', clean: false, keepalive: 240, protocolVersion: 4 });
  expect(connect?.username).toBe('hub.example/pump-1/?api-version=2021-04-12&DeviceClientType=hubfleet%2F1.2.3');
  const token = parseToken(String(connect?.password));
  expect(token && verifyToken(token, key)).toBe(true);
  expect(token).toMatchObject({ sr: 'hub.example%2Fdevices%2Fpump-1' });
  expect(Math.abs((token?.se ?? 0) - (clock.now() / 1_000 + 3_600))).toBeLessThan(2);
});

test('a device with a certificate shows it when it dials, sends no password and has no token to renew', async () => {
  const certificate = { certificate: 'the certificate', key: 'its key' };
  const shown: unknown[] = [];
  const broker = new TinyBroker();
  const one = aDevice(
    {
      dial: (pair) => {
        shown.push(pair);
        return broker.dial();
      },
      tokenLifetimeSeconds: 60,
    },
    { key: '', certificate },
  );
  await one.online();
  await one.clock.advance(600_000);
  expect(shown).toEqual([certificate]);
  expect(broker.last.connect?.username).toMatch(/^hub\.example\/pump-1\//);
  expect(broker.last.connect?.password).toBeUndefined();
  one.device.stop();
  await one.clock.advance(5_000);
  expect(one.clock.pending).toBe(0);
});

test('it subscribes to methods, twin answers and desired patches in one packet, then reads its twin', async () => {
  const { online, broker, device, states } = theDevice();
  broker.twin = { desired: { interval: 10, $version: 4 }, reported: { mode: { fan: 'low' }, $version: 9 } };
  await online();
  expect(broker.last.received.map((packet) => packet.cmd)).toEqual(['connect', 'subscribe', 'publish']);
  expect([...broker.last.filters]).toEqual([
    '$iothub/methods/POST/#',
    '$iothub/twin/res/#',
    '$iothub/twin/PATCH/properties/desired/#',
    'devices/pump-1/messages/devicebound/#',
  ]);
  expect(device.snapshot()).toEqual({
    id: 'pump-1',
    state: 'online',
    connects: 1,
    desired: { interval: 10 },
    desiredVersion: 4,
    reported: { mode: { fan: 'low' } },
    reportedVersion: 9,
  });
  expect(states()).toEqual(['waiting', 'connecting', 'online']);
});

test('a start with a delay dials no earlier', async () => {
  const { device, clock, broker } = theDevice();
  device.start(800);
  await clock.advance(799);
  expect(broker.sessions).toHaveLength(0);
  await clock.advance(1);
  expect(broker.sessions).toHaveLength(1);
});

test('desired patches merge, null deletes, and a version it knows already is dropped', async () => {
  const { online, broker, device, clock } = theDevice();
  broker.twin = { desired: { a: 1, b: { c: 2, d: 3 }, $version: 4 }, reported: { $version: 1 } };
  await online();
  const patch = (version: number, body: object) =>
    broker.last.publish(
      `$iothub/twin/PATCH/properties/desired/?$version=${version}`,
      JSON.stringify({ ...body, $version: version }),
    );
  patch(4, { a: 'old news' });
  patch(5, { b: { c: null }, e: [1] });
  patch(5, { e: 'again' });
  await clock.advance(1);
  expect(device.snapshot()).toMatchObject({ desired: { a: 1, b: { d: 3 }, e: [1] }, desiredVersion: 5 });
});

test('a desired patch that overtakes the twin is kept when newer and dropped when the twin holds it', async () => {
  const { device, broker, clock } = theDevice();
  broker.twinStatus = undefined;
  device.start(0);
  await clock.advance(1);
  broker.last.publish('$iothub/twin/PATCH/properties/desired/?$version=3', '{"a":3,"$version":3}');
  broker.last.publish('$iothub/twin/PATCH/properties/desired/?$version=4', '{"a":4,"$version":4}');
  broker.last.publish(
    '$iothub/twin/res/200/?$rid=1',
    '{"desired":{"a":3,"b":1,"$version":3},"reported":{"$version":1}}',
  );
  await clock.advance(1);
  expect(device.snapshot()).toMatchObject({ desired: { a: 4, b: 1 }, desiredVersion: 4 });
});

test('reboot answers, reports, goes dark for its time and comes back', async () => {
  const { online, broker, device, clock, states, of } = theDevice();
  await online();
  broker.last.call('reboot', 'a1', 'null');
  await clock.advance(1);
  const first = broker.last;
  expect(first.replies).toEqual([{ topic: '$iothub/methods/res/200/?$rid=a1', payload: '"Reboot started"' }]);
  const report = first.published.at(-1);
  expect(report?.topic).toMatch(/^\$iothub\/twin\/PATCH\/properties\/reported\/\?\$rid=/);
  const lastReboot = (JSON.parse(report?.payload ?? '') as { iothubDM: { reboot: { lastReboot: string } } }).iothubDM
    .reboot.lastReboot;
  expect(new Date(lastReboot).getTime()).toBeLessThanOrEqual(clock.now());
  expect(device.snapshot()).toMatchObject({ state: 'dark', reported: { iothubDM: { reboot: { lastReboot } } } });
  expect(first.closed).toBe(true);
  expect(first.saidGoodbye).toBe(false);
  await clock.advance(4_990);
  expect(device.state).toBe('dark');
  await clock.advance(20);
  expect(device.state).toBe('online');
  expect(broker.sessions).toHaveLength(2);
  expect(states().slice(-3)).toEqual(['dark: rebooting', 'connecting', 'online']);
  expect(of('method.handled')).toMatchObject([{ rid: 'a1', method: 'reboot', outcome: 'answered', status: 200 }]);
});

test('a second reboot asked while the first is under way is answered too', async () => {
  const { online, broker, device, clock } = theDevice();
  await online();
  broker.last.call('reboot', '1');
  broker.last.call('reboot', '2');
  await clock.advance(1);
  expect(broker.last.replies.map(({ topic }) => topic)).toEqual([
    '$iothub/methods/res/200/?$rid=1',
    '$iothub/methods/res/200/?$rid=2',
  ]);
  expect(device.state).toBe('dark');
  await clock.advance(6_000);
  expect(device.snapshot()).toMatchObject({ state: 'online', connects: 2 });
});

test('the reply of rebootDevice leaves before the device goes dark', async () => {
  const { online, broker, device, clock } = theDevice({
    behaviour: { kind: 'rebootDevice', work: 20_000, dark: 1_000 },
  });
  await online();
  broker.last.call('rebootDevice', 'f');
  await clock.advance(19_990);
  expect(broker.last.replies).toEqual([]);
  await clock.advance(20);
  expect(broker.last.replies).toEqual([
    { topic: '$iothub/methods/res/200/?$rid=f', payload: '{"Response":"This is the response from the device"}' },
  ]);
  expect(device.state).toBe('dark');
  expect(Object.keys(device.snapshot().reported)).toEqual(['rebootTime']);
});

test('a reply still owed when the link goes is lost, at once and once', async () => {
  const { online, broker, clock, of } = theDevice({ behaviour: { kind: 'rebootDevice', work: 20_000, dark: 0 } });
  await online();
  broker.last.call('rebootDevice', 'f');
  await clock.advance(10);
  broker.last.stream.destroy();
  await clock.advance(10);
  expect(of('method.handled')).toMatchObject([{ rid: 'f', outcome: 'lost' }]);
  await clock.advance(30_000);
  expect(of('method.handled')).toHaveLength(1);
  expect(broker.sessions.flatMap((session) => session.replies)).toEqual([]);
});

test('a reboot from outside ends what the device was doing', async () => {
  const { online, broker, device, clock, of } = theDevice({
    behaviour: { kind: 'rebootDevice', work: 20_000, dark: 0 },
  });
  await online();
  broker.last.call('rebootDevice', 'f');
  await clock.advance(10);
  device.reboot(2_000);
  device.reboot(60_000);
  expect(device.state).toBe('dark');
  expect(of('method.handled')).toMatchObject([{ outcome: 'lost' }]);
  await clock.advance(30_000);
  expect(device.state).toBe('online');
  expect(broker.sessions.flatMap((session) => session.replies)).toEqual([]);
  expect(device.snapshot().reported).toEqual({});
  expect(of('device.failed')).toEqual([]);
});

test('stop says goodbye and stays off; start comes back', async () => {
  const { online, broker, device, clock } = theDevice();
  await online();
  device.stop();
  await clock.advance(100_000);
  expect(broker.last).toMatchObject({ saidGoodbye: true, closed: true });
  expect(device.state).toBe('off');
  device.start(0);
  await clock.advance(1);
  expect(device.snapshot()).toMatchObject({ state: 'online', connects: 2 });
});

test('a lost link comes back along the back-off, which starts over once a connection has lasted', async () => {
  const { online, broker, clock, states } = theDevice();
  await online();
  const connectsAfter = async (ms: number) => {
    await clock.advance(ms);
    return broker.sessions.length;
  };
  await clock.advance(1_000);
  broker.last.stream.destroy();
  expect(await connectsAfter(499)).toBe(1);
  expect(await connectsAfter(2)).toBe(2);
  broker.last.stream.destroy(); // thrown out again at once
  expect(await connectsAfter(998)).toBe(2);
  expect(await connectsAfter(3)).toBe(3);
  await clock.advance(60_000);
  broker.last.stream.destroy();
  expect(await connectsAfter(499)).toBe(3);
  expect(await connectsAfter(2)).toBe(4);
  expect(states()).toContain('waiting: the hub closed the connection');
});

test.each([
  [1, 'unacceptable protocol version'],
  [2, 'identifier rejected'],
  [3, 'server unavailable'],
  [4, 'bad user name or password'],
  [5, 'not authorized'],
])('CONNACK %i is said in words, and tried again later', async (code, words) => {
  const { device, broker, clock, states } = theDevice();
  broker.connack = code;
  device.start(0);
  await clock.advance(10);
  expect(states()).toEqual(['waiting', 'connecting', `waiting: refused: ${words} (${code})`]);
  broker.connack = 0;
  await clock.advance(500);
  expect(device.state).toBe('online');
});

test('without a reconnect policy a refused or lost device has failed, until it is started again', async () => {
  const { device, broker, clock, states } = theDevice({ reconnect: { kind: 'none' } });
  broker.connack = 5;
  device.start(0);
  await clock.advance(60_000);
  expect(states().at(-1)).toBe('failed: refused: not authorized (5)');
  expect(broker.sessions).toHaveLength(1);
  broker.connack = 0;
  device.start(0);
  await clock.advance(1);
  expect(device.state).toBe('online');
});

test('a refused subscription is a refusal', async () => {
  const { device, broker, clock, states } = theDevice();
  broker.suback = 0x80;
  device.start(0);
  await clock.advance(10);
  expect(states().at(-1)).toMatch(/^waiting: refused: subscription/);
});

test('a hub that never answers is given up after a minute', async () => {
  const { device, broker, clock, states } = theDevice();
  broker.connack = undefined;
  device.start(0);
  await clock.advance(59_999);
  expect(device.state).toBe('connecting');
  await clock.advance(10);
  expect(states().at(-1)).toBe('waiting: the hub did not answer within 60 s');
});

test('an address nobody listens at is a lost link with the reason in it', async () => {
  const { device, clock, states } = theDevice({
    dial: () => {
      throw new Error('no such network');
    },
  });
  device.start(0);
  await clock.advance(10);
  expect(states().at(-1)).toBe('waiting: no such network');
});

test('silence is broken by a ping each keep-alive period, and a hub that does not answer one is left', async () => {
  const { online, broker, device, clock, states } = theDevice({ keepAliveSeconds: 60 });
  await online();
  await clock.advance(59_000);
  const pings = () => broker.sessions[0]?.received.filter((packet) => packet.cmd === 'pingreq').length;
  expect(pings()).toBe(0);
  await clock.advance(2_000);
  expect(pings()).toBe(1);
  await clock.advance(300_000);
  expect(pings()).toBe(6);
  broker.pings = false;
  await clock.advance(100_000);
  expect(states()).toContain('waiting: Keepalive timeout');
  expect(device.snapshot().connects).toBeGreaterThan(1);
});

test('the token is renewed at 85% of its life by a new connection, after what is under way was answered', async () => {
  const { online, broker, clock, states, of } = theDevice({
    behaviour: { kind: 'rebootDevice', work: 20_000, dark: 0 },
    tokenLifetimeSeconds: 600,
  });
  await online();
  await clock.advance(500_000);
  broker.last.call('rebootDevice', 'f');
  await clock.advance(11_000);
  expect(broker.sessions).toHaveLength(1);
  await clock.advance(10_000);
  expect(broker.sessions).toHaveLength(2);
  const [old, renewed] = broker.sessions;
  expect(old?.replies).toHaveLength(1);
  expect(old?.received.slice(-2).map((packet) => packet.cmd)).toEqual(['unsubscribe', 'disconnect']);
  expect(of('method.handled')).toMatchObject([{ outcome: 'answered' }]);
  expect(states().slice(-2)).toEqual(['connecting: renewing the token', 'online']);
  const expiry = (password: unknown) => parseToken(String(password))?.se ?? 0;
  expect(expiry(renewed?.connect?.password) - expiry(old?.connect?.password)).toBeGreaterThanOrEqual(520);
});

test('a call that was on its way when the renewal began is still answered', async () => {
  const { online, broker, clock } = theDevice({ behaviour: { kind: 'echo' }, tokenLifetimeSeconds: 600 });
  await online();
  const first = broker.last;
  // The hub sends it just before it takes the UNSUBSCRIBE.
  first.stream.prependListener('data', (bytes: Buffer) => {
    if (bytes[0] === 0xa2) first.call('x', '7', '{"a":1}');
  });
  await clock.advance(511_000);
  expect(first.replies).toEqual([{ topic: '$iothub/methods/res/200/?$rid=7', payload: '{"a":1}' }]);
  expect(broker.sessions).toHaveLength(2);
});

test('a call that comes before the subscriptions are answered, in a session that goes on, is answered too', async () => {
  const one = theDevice({ behaviour: { kind: 'reboot', dark: 1_000 } });
  const { broker, clock } = one;
  await one.online();
  broker.last.stream.destroy();
  await clock.advance(499);
  const before = broker.sessions.length;
  broker.onSubscribe = (session) => session.call('reboot', '9');
  await clock.advance(10);
  expect(broker.sessions).toHaveLength(before + 1);
  expect(broker.last.replies).toEqual([{ topic: '$iothub/methods/res/200/?$rid=9', payload: '"Reboot started"' }]);
  expect(broker.last.published.some(({ topic }) => topic.includes('/properties/reported/'))).toBe(true);
  expect(one.of('method.handled')).toMatchObject([{ outcome: 'answered' }]);
  expect(one.of('device.failed')).toEqual([]);
});

test('change goes on with another behaviour on the same link', async () => {
  const { online, broker, device, clock, settings } = theDevice();
  await online();
  device.change({ ...settings, behaviour: { kind: 'echo' } });
  broker.last.call('anything', '1', '{"a": [1, 2]}');
  await clock.advance(1);
  expect(broker.last.replies).toEqual([{ topic: '$iothub/methods/res/200/?$rid=1', payload: '{"a": [1, 2]}' }]);
  expect(broker.sessions).toHaveLength(1);
});

const slow: FaultTouch = { fault: faultName('slow'), leg: 'inDevice' };
const dead: FaultTouch = { fault: faultName('dead'), leg: 'inDevice' };

test('a reply that a fault holds leaves when the fault says so, and the device reboots after it', async () => {
  const one = theDevice({
    faults: strikingReplies((passage) => {
      passage.touches = [slow];
      one.clock.after(800, () => passage.pass());
    }),
  });
  await one.online();
  one.broker.last.call('reboot', '1');
  await one.clock.advance(799);
  expect(one.broker.last.replies).toEqual([]);
  expect(one.device.state).toBe('online');
  await one.clock.advance(2);
  expect(one.broker.last.replies).toHaveLength(1);
  expect(one.device.state).toBe('dark');
  expect(one.of('method.handled')).toMatchObject([{ outcome: 'answered', touches: [slow] }]);
});

test('a reply that a fault keeps for good leaves the device hanging on its link', async () => {
  const { online, broker, device, clock, of } = theDevice({
    faults: strikingReplies((passage) => {
      passage.touches = [dead];
      passage.hang();
    }),
  });
  await online();
  broker.last.call('reboot', '1');
  await clock.advance(60_000);
  expect(broker.last.replies).toEqual([]);
  expect(device.state).toBe('online');
  expect(of('method.handled')).toMatchObject([{ outcome: 'silent', touches: [dead] }]);
});

test('a twin that cannot be read or reported is told, and the device goes on', async () => {
  const { online, broker, device, clock, of } = theDevice();
  broker.twinStatus = undefined;
  await online();
  await clock.advance(30_000);
  broker.reportStatus = 400;
  broker.last.call('reboot', '1');
  await clock.advance(1);
  expect(device.state).toBe('dark');
  expect(of('device.failed').map(({ detail }) => detail)).toEqual([
    'reading the twin: no answer within 30 s',
    'method reboot: reporting properties: the hub refused with 400: the patch is too deep',
  ]);
});

test.each([
  ['a desired patch that is no JSON', '$iothub/twin/PATCH/properties/desired/?$version=9', '{"a":'],
  ['a desired patch that is a list', '$iothub/twin/PATCH/properties/desired/?$version=9', '[1]'],
  ['a desired patch without a version', '$iothub/twin/PATCH/properties/desired/', '{"a":1}'],
  ['a method without a request id', '$iothub/methods/POST/reboot/', ''],
  ['a method without a name', '$iothub/methods/POST//?$rid=1', ''],
  ['a topic nobody subscribed to', 'devices/other/messages/events/', 'x'],
])('%s is told and changes nothing', async (_what, topic, payload) => {
  const { online, broker, device, clock, of } = theDevice();
  await online();
  const before = device.snapshot();
  broker.last.publish(topic, payload);
  await clock.advance(1);
  expect(of('device.failed')).toHaveLength(1);
  expect(device.snapshot()).toEqual(before);
  broker.last.call('nope', '2');
  await clock.advance(1);
  expect(broker.last.replies.map(({ topic: reply }) => reply)).toEqual(['$iothub/methods/res/404/?$rid=2']);
});

test('a twin answer that is no twin is told, and late or unknown answers are passed over', async () => {
  const { online, broker, clock, of, device } = theDevice();
  broker.twin = [1, 2];
  await online();
  expect(of('device.failed')).toMatchObject([
    { detail: 'reading the twin: the hub sent a document that is not a twin' },
  ]);
  broker.last.publish('$iothub/twin/res/200/?$rid=ffff', '{}');
  await clock.advance(1);
  expect(of('device.failed')).toHaveLength(1);
  expect(device.state).toBe('online');
});

test('bytes that are no MQTT end the connection and nothing else', async () => {
  const { online, broker, clock, device, states } = theDevice();
  await online();
  broker.last.sendBytes(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await clock.advance(1);
  expect(states().at(-1)).toMatch(/^waiting: /);
  await clock.advance(2_000);
  expect(device.state).toBe('online');
});

test('a second CONNACK, a QoS 2 message and a stray acknowledgement harm nobody', async () => {
  const { online, broker, clock, device } = theDevice();
  await online();
  broker.last.send({ cmd: 'puback', messageId: 99 });
  broker.last.send({
    cmd: 'publish',
    topic: '$iothub/methods/POST/reboot/?$rid=1',
    payload: '',
    qos: 2,
    messageId: 4,
    dup: false,
    retain: false,
  });
  broker.last.send({ cmd: 'pubrel', messageId: 4 });
  await clock.advance(1);
  expect(device.state).toBe('online');
  broker.last.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  await clock.advance(2_000);
  expect(device.state).toBe('online');
});

import { randomBytes } from 'node:crypto';
import { connect as connectTls } from 'node:tls';
import { connectAsync } from 'mqtt';
import { generate } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureCertificates } from '../../../../simulators/hub/certificates/certificates.ts';
import { openMqttDoor } from '../../../../simulators/hub/doors/mqtt/open-mqtt-door.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { type Bench, hostName, openDoor } from './door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openDoor();
});
afterEach(() => bench.stop());

const knock = async (id = 'd', more: Parameters<Bench['greeting']>[1] = {}) => {
  const socket = await bench.socket();
  socket.send(bench.greeting(id, more));
  return { ...socket, connack: await socket.packet('connack') };
};

describe('let in', () => {
  test.each<[string, Parameters<Bench['greeting']>[1]]>([
    ['with the user name of an SDK', {}],
    ['with the older form of user name', { username: `${hostName}/d/api-version=2016-11-14&DeviceClientType=x` }],
    ['with the host in another case', { username: `${hostName.toUpperCase()}/d/?api-version=2021-04-12` }],
    ['without a keep-alive', { keepalive: 0 }],
    ['with a will', { will: { topic: 'devices/d/messages/events/', payload: Buffer.from('gone') } }],
  ])('%s', async (_, more) => {
    const { connack } = await knock('d', more);
    expect(connack).toMatchObject({ returnCode: 0, sessionPresent: false });
    expect(await bench.facts.next('device.connected')).toMatchObject({ device: 'd', protocol: 'mqtt', tls: false });
    expect(bench.facts.of('hint.given')).toEqual([]);
  });

  test('with every character an id may have', async () => {
    const id = "a:b.c+%_#*?!(),=@;$'-";
    const { connack } = await knock(id);
    expect(connack.returnCode).toBe(0);
    expect(await bench.facts.next('device.connected')).toMatchObject({ device: id, client: 'test/1' });
  });

  test('with the key of a policy that has device connect', async () => {
    const policy = bench.policies.find(({ name }) => name === 'device');
    const password = signToken({
      resource: `${hostName}/devices/d`,
      key: policy?.primaryKey ?? '',
      policy: 'device',
      expiresAt: bench.clock.now() + 60_000,
    });
    expect((await knock('d', { password: Buffer.from(password) })).connack.returnCode).toBe(0);
  });

  test('without an api-version, and told that Azure may do less', async () => {
    expect((await knock('d', { username: `${hostName}/d` })).connack.returnCode).toBe(0);
    expect(await bench.facts.next('hint.given')).toMatchObject({
      device: 'd',
      text: expect.stringContaining('api-version'),
    });
  });

  test('with a will of 64 KB that comes in pieces', async () => {
    const { send, packet, closed } = await bench.socket();
    const topic = 'devices/d/messages/events/';
    const greeting = bench.greeting('d', {
      will: { topic, payload: Buffer.alloc(65_000, 'w'), qos: 1, retain: false },
    });
    send(greeting.subarray(0, 30_000));
    // Its packets come in after the first piece, so that the door has looked at that by then.
    const other = await bench.client('e');
    await other.publishAsync('devices/e/messages/events/', '', { qos: 1 });
    send(greeting.subarray(30_000));
    expect(await Promise.race([packet('connack'), closed])).toMatchObject({ returnCode: 0 });
  });

  test('with the model it names in its user name', async () => {
    const username = `${hostName}/d/?api-version=2021-04-12&model-id=dtmi:com:example:Pump;1`;
    await bench.client('d', { username });
    expect(bench.connections.activity(deviceId('d'))).toMatchObject({ modelId: 'dtmi:com:example:Pump;1' });
  });

  test('with a will for a topic it may not use: the will is ignored, and said so', async () => {
    const { connack, socket } = await knock('d', { will: { topic: 'elsewhere', payload: Buffer.from('gone') } });
    expect(connack.returnCode).toBe(0);
    socket.destroy();
    await bench.facts.next('device.disconnected');
    expect(bench.facts.of('hint.given')).toMatchObject([{ text: expect.stringContaining('will') }]);
    expect(bench.facts.of('message.received')).toEqual([]);
  });
});

describe('refused with a CONNACK code, a fact, and an end', () => {
  test.each<[string, number, string, Parameters<Bench['greeting']>[1], string, string]>([
    ['an unknown device', 5, 'nobody', {}, 'device.refused', 'no such device'],
    ['a disabled device', 5, 'off', {}, 'device.refused', 'disabled'],
    [
      'a wrong key',
      5,
      'd',
      { password: Buffer.from(signToken({ resource: `${hostName}/devices/d`, key: 'AAAA', expiresAt: 4e12 })) },
      'device.refused',
      '401002',
    ],
    [
      'an expired token',
      5,
      'd',
      { password: Buffer.from(signToken({ resource: `${hostName}/devices/d`, key: 'AAAA', expiresAt: 1_000 })) },
      'device.refused',
      'expired at 1970-01-01T00:00:01.000Z',
    ],
    ['no token', 5, 'd', { password: undefined as unknown as Buffer }, 'device.refused', 'missing'],
    ['a password that is none', 5, 'd', { password: Buffer.from('secret') }, 'device.refused', '401003'],
    ['another host', 5, 'd', { username: 'other.localhost/d/?api-version=1' }, 'device.refused', 'other.localhost'],
    ['a module the device does not have', 5, 'd/x', {}, 'device.refused', 'no such module'],
    ['a module of a device that is not there', 5, 'x/m', {}, 'device.refused', 'no such device'],
    ["a module with its device's client id", 2, 'd/m', { clientId: 'd' }, 'device.refused', "client id 'd'"],
    [
      "a module with its device's own token",
      5,
      'd/m',
      { password: Buffer.from(signToken({ resource: `${hostName}/devices/d`, key: 'AAAA', expiresAt: 4e12 })) },
      'device.refused',
      '401003',
    ],
    ["another device's client id", 2, 'd', { clientId: 'e' }, 'device.refused', "client id 'e'"],
    ['no client id', 2, 'd', { clientId: '' }, 'device.refused', "client id ''"],
    ['a user name that is none', 4, 'd', { username: 'd' }, 'input.refused', "user name 'd'"],
    ['an id no device can have', 4, 'd', { username: `${hostName}/d d/?api-version=1` }, 'input.refused', 'user name'],
    [
      'no user name',
      4,
      'd',
      { username: undefined as unknown as string, password: undefined as unknown as Buffer },
      'input.refused',
      'missing',
    ],
    ['MQTT 3.1', 1, 'd', { protocolId: 'MQIsdp', protocolVersion: 3 }, 'input.refused', 'MQIsdp level 3'],
    ['MQTT 5', 1, 'd', { protocolVersion: 5 }, 'input.refused', 'MQTT level 5'],
  ])('%s: %d', async (_, code, id, more, type, detail) => {
    const { connack, closed } = await knock(id, more);
    expect(connack).toMatchObject({ returnCode: code, sessionPresent: false });
    await closed;
    const fact = bench.facts.all.find((one) => one.type === type);
    expect(fact).toMatchObject({ detail: expect.stringContaining(detail) });
    expect(bench.facts.of('device.connected')).toEqual([]);
  });

  test('a level nobody knows is answered with 1 too', async () => {
    const bytes = bench.greeting();
    bytes[bytes.indexOf('MQTT') + 4] = 9;
    const socket = await bench.socket();
    socket.send(bytes);
    expect((await socket.packet('connack')).returnCode).toBe(1);
    await socket.closed;
  });
});

describe('the end of a connection', () => {
  test('DISCONNECT: client, and no will', async () => {
    const { send, closed } = await knock('d', {
      will: { topic: 'devices/d/messages/events/', payload: Buffer.from('w') },
    });
    send(generate({ cmd: 'disconnect' }));
    await closed;
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ device: 'd', reason: 'client' });
    expect(bench.facts.of('message.received')).toEqual([]);
  });

  test('no DISCONNECT: lost, and the will is a message', async () => {
    const { socket } = await knock('d', {
      will: { topic: 'devices/d/messages/events/a=b', payload: Buffer.from('gone') },
    });
    socket.destroy();
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ reason: 'lost' });
    expect(bench.facts.of('message.received')).toMatchObject([
      { device: 'd', will: true, body: { text: 'gone', bytes: 4 } },
    ]);
  });

  test('the same id connects again: the old one is replaced', async () => {
    const old = await knock();
    const fresh = await knock();
    await old.closed;
    expect(await bench.facts.next('device.disconnected')).toMatchObject({ reason: 'replaced' });
    fresh.send(generate({ cmd: 'pingreq' }));
    expect(await fresh.packet('pingresp')).toBeDefined();
    expect(bench.connections.size).toBe(1);
  });

  test('the hub stops: shutdown, and the port is free again', async () => {
    const { closed } = await knock();
    await bench.door.stop();
    await closed;
    expect(bench.facts.of('device.disconnected')).toMatchObject([{ reason: 'shutdown' }]);
  });
});

describe('in virtual time', () => {
  let clock: VirtualClock;
  beforeEach(async () => {
    await bench.stop();
    clock = new VirtualClock();
    bench = await openDoor({ clock });
  });

  test.each([
    [60, 90],
    [1_000, 1_500],
    [1_500, 1_767],
    [0, 1_767],
  ])('a keep-alive of %d s ends %d s after the last packet', async (keepalive, limit) => {
    const { send, packet } = await knock('d', { keepalive, password: Buffer.from(bench.token('d', 100_000)) });
    await clock.advance(50_000);
    send(generate({ cmd: 'pingreq' }));
    await packet('pingresp');
    await clock.advance(limit * 1_000 - 1);
    expect(bench.facts.of('device.disconnected')).toEqual([]);
    await clock.advance(1);
    expect(bench.facts.of('device.disconnected')).toMatchObject([
      { reason: 'keep-alive', detail: `silent for ${limit} s` },
    ]);
    expect(clock.pending).toBe(0);
  });

  test('a token that ends ends its connection, 2 s later', async () => {
    await knock('d', { password: Buffer.from(bench.token('d', 60)) });
    await clock.advance(61_999);
    expect(bench.facts.of('device.disconnected')).toEqual([]);
    await clock.advance(1);
    expect(bench.facts.of('device.disconnected')).toMatchObject([{ reason: 'token-expired' }]);
  });

  test('a socket that says nothing is let go after 30 s', async () => {
    const { closed } = await bench.socket();
    // Ours is connected before the door has heard of it.
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(29_999);
    expect(bench.facts.all).toEqual([]);
    await clock.advance(1);
    await closed;
    expect(bench.facts.all).toMatchObject([{ type: 'input.refused', detail: 'no CONNECT within 30 s' }]);
  });

  test('one that sends a byte now and then is let go just the same', async () => {
    const { send, closed } = await bench.socket();
    const bytes = bench.greeting();
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let second = 0; second < 30; second++) {
      send(bytes.subarray(second, second + 1));
      await clock.advance(1_000);
    }
    await closed;
    expect(bench.facts.of('input.refused')).toMatchObject([{ detail: 'no CONNECT within 30 s' }]);
  });
});

describe('over TLS', () => {
  test('a client that trusts the CA is let in; plain bytes and an old protocol are not, and nobody notices', async () => {
    await bench.stop();
    const made = await ensureCertificates({ hostName, clock: bench.clock, randomBytes });
    bench = await openDoor({ tls: { key: made.serverKey, cert: made.serverCertificate, ca: made.caPem } });
    const client = await bench.client('d', { protocol: 'mqtts', ca: made.caPem, servername: hostName });
    expect(await bench.facts.next('device.connected')).toMatchObject({ tls: true });
    await expect(
      connectAsync({
        host: '127.0.0.1',
        port: bench.port,
        protocol: 'mqtts',
        servername: hostName,
        reconnectPeriod: 0,
      }),
    ).rejects.toThrow(/certificate/);

    const plain = await bench.socket();
    plain.send(bench.greeting('e'));
    await plain.closed;
    expect(await bench.facts.next('input.refused', ({ detail }) => detail.startsWith('TLS handshake'))).toBeDefined();
    const old = connectTls({
      host: '127.0.0.1',
      port: bench.port,
      ca: made.caPem,
      servername: hostName,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    await new Promise((resolve) => old.on('error', resolve));

    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const version = await new Promise((resolve, reject) => {
        const socket = connectTls({
          host: '127.0.0.1',
          port: bench.port,
          ca: made.caPem,
          servername: hostName,
          maxVersion,
        });
        socket.on('secureConnect', () => {
          resolve(socket.getProtocol());
          socket.destroy();
        });
        socket.on('error', reject);
      });
      expect(version).toBe(maxVersion);
    }
    await client.publishAsync('devices/d/messages/events/', 'still here', { qos: 1 });
    expect(bench.facts.of('device.disconnected')).toEqual([]);
  });
});

describe('opening a door', () => {
  test('on a taken port is refused with the port named', async () => {
    await expect(openMqttDoor({ ...bench.parts, host: '127.0.0.1', port: bench.port })).rejects.toMatchObject({
      code: 'port.taken',
      message: `port: ${bench.port} on 127.0.0.1 is taken by another program`,
    });
  });

  test('in plain text beyond the loopback is refused', async () => {
    await expect(openMqttDoor({ ...bench.parts, host: '0.0.0.0', port: 0 })).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('0.0.0.0'),
    });
  });
});

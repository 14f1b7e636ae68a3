// What the hub cuts of an MQTT connection, and of TCP below every kind of stream; grips as faults get them from a whole hub.
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../../simulators/clock/system.ts';
import { openHub } from '../../../simulators/hub/hub.ts';
import { signToken } from '../../../simulators/tokens/sas-token.ts';
import type { KillTarget } from '../../../simulators/vocabulary/fault-specs.ts';
import { killTargets } from '../../../simulators/vocabulary/fault-specs.ts';
import { deviceId, faultName } from '../../../simulators/vocabulary/ids.ts';
import type { ConnectedPassage, ConnectionGrip, FaultHooks } from '../../../simulators/vocabulary/passages.ts';
import { allShut, asker, hubOptions } from './hub/a-hub.ts';
import { Facts } from './parts.ts';

const by = faultName('cutter');

/** A hub with a door of each kind, a device `d`, and the grip of each connection of it in the order in which they came. */
async function aHub() {
  const facts = new Facts();
  const grips: ConnectionGrip[] = [];
  const take = (passage: ConnectedPassage): void => {
    grips.push(passage.connection);
    passage.pass();
  };
  const faults: FaultHooks = {
    at: (stage) => (stage === 'connected' ? (take as never) : undefined),
    noteEvent: undefined,
  };
  const listen = { ...allShut, http: 0, https: 0, mqtt: 0, mqtts: 0 };
  const hub = await openHub(hubOptions([], { listen, faults, emit: facts.emit, hostName: 'hub.localhost' }));
  const ask = asker(hub);
  const clients: MqttClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.end(true);
    await ask.close();
    await hub.stop();
  });
  const { body } = await ask.send('PUT', '/devices/d', { body: { deviceId: 'd' } });
  const key = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication.symmetricKey
    .primaryKey;
  const resource = 'hub.localhost/devices/d';
  const password = signToken({ resource, key, expiresAt: systemClock().now() + 3_600_000 });
  /** A client that is connected, and what ended it. */
  const client = async (door: 'mqtt' | 'mqtts' | 'http' | 'https', more: IClientOptions = {}) => {
    const { port } = hub.status.doors[door] ?? { port: 0 };
    const scheme = { mqtt: 'mqtt', mqtts: 'mqtts', http: 'ws', https: 'wss' }[door];
    const path = door.startsWith('http') ? '/$iothub/websocket' : '';
    let error: NodeJS.ErrnoException | undefined;
    const mqtt = connect(`${scheme}://127.0.0.1:${port}${path}`, {
      clientId: 'd',
      username: 'hub.localhost/d/?api-version=2021-04-12',
      password,
      reconnectPeriod: 0,
      rejectUnauthorized: false,
      // A WebSocket keeps to itself how its socket ended.
      createWebsocket(url, protocols) {
        const socket = new WebSocket(url, protocols, { rejectUnauthorized: false });
        const heard = (given: NodeJS.ErrnoException) => {
          error ??= given;
        };
        socket.on('upgrade', (answer) => answer.socket.on('error', heard));
        return socket;
      },
      ...more,
    });
    clients.push(mqtt);
    mqtt.on('error', (given) => {
      error ??= given as NodeJS.ErrnoException;
    });
    const closed = new Promise<NodeJS.ErrnoException | undefined>((resolve) =>
      mqtt.once('close', () => resolve(error)),
    );
    await new Promise((resolve) => mqtt.once('connect', resolve));
    return { mqtt, closed };
  };
  const grip = (): ConnectionGrip => {
    const newest = grips.at(-1);
    if (newest === undefined) throw new Error('nobody connected');
    return newest;
  };
  return { facts, hub, ask, client, grip };
}

test.each(['mqtt', 'mqtts', 'http', 'https'] as const)('TCP is reset below %s', async (door) => {
  const { client, grip, facts } = await aHub();
  const { closed } = await client(door);
  grip().kill('tcp', by, 'as asked');
  expect((await closed)?.code).toBe('ECONNRESET');
  const fact = await facts.next('device.disconnected');
  expect(fact).toMatchObject({ device: deviceId('d'), reason: 'fault', detail: 'as asked', faults: [by] });
});

test('over MQTT each other target is the connection, which ends without a reset', async () => {
  const { client, grip, facts, ask } = await aHub();
  const others = killTargets.filter((what) => what !== 'tcp') satisfies readonly KillTarget[];
  for (const [turn, what] of others.entries()) {
    const { closed } = await client(turn % 2 === 0 ? 'mqtt' : 'http');
    grip().kill(what, by, what);
    expect(await closed, what).toBe(undefined);
    expect(grip().open).toBe(false);
    await facts.next('device.disconnected', ({ detail }) => detail === what);
  }
  const { body } = await ask.send('GET', '/devices/d');
  expect(body).toMatchObject({ connectionState: 'Disconnected' });
});

test('a kick fails the calls that wait on the connection as a newer connection would, and speaks the will', async () => {
  const { client, grip, facts, ask } = await aHub();
  const will = { topic: 'devices/d/messages/events/', payload: Buffer.from('gone'), qos: 1 as const, retain: false };
  const { mqtt, closed } = await client('mqtt', { will });
  await mqtt.subscribeAsync('$iothub/methods/POST/#');
  const called = ask.send('POST', '/twins/d/methods', { body: { methodName: 'm', responseTimeoutInSeconds: 30 } });
  await facts.next('invocation.begun');
  grip().kick(by, 'kicked');
  expect((await called).error.number).toBe(400027);
  expect(await closed).toBe(undefined);
  expect(await facts.next('device.disconnected')).toMatchObject({ reason: 'fault', faults: [by] });
  expect((await facts.next('message.received')).will).toBe(true);
});

// A door on a free port of 127.0.0.1 with everything behind it, and clients to knock with.
import { randomBytes } from 'node:crypto';
import { connect as connectSocket, type Socket } from 'node:net';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { expect } from 'vitest';
import type { Clock } from '../../../../simulators/clock/clock.ts';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { defaultPolicies, openAccess } from '../../../../simulators/hub/access/access.ts';
import { openConnections } from '../../../../simulators/hub/connections/connections.ts';
import { type MqttDoorOptions, openMqttDoor } from '../../../../simulators/hub/doors/mqtt/open-mqtt-door.ts';
import { openMessages } from '../../../../simulators/hub/messages/messages.ts';
import { openMethods } from '../../../../simulators/hub/methods/methods.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openThrottling } from '../../../../simulators/hub/throttling/throttling.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Facts, identity, PlainTwins } from '../parts.ts';

export const hostName = 'myhub.localhost';

export async function openDoor(
  options: { clock?: Clock; tls?: MqttDoorOptions['tls']; tokenGrace?: number; authorities?: readonly string[] } = {},
) {
  const clock = options.clock ?? systemClock();
  const facts = new Facts();
  const { emit } = facts;
  const devices = new Map(
    ['d', 'e', 'f', "odd 'id'", "a:b.c+%_#*?!(),=@;$'-"].map((id) => [id, identity(id)] as const),
  );
  for (const [device, module] of [
    ['d', 'm'],
    ['d', '$edgeAgent'],
  ] as const) {
    devices.set(`${device}/${module}`, { ...identity(device), moduleId: module });
  }
  devices.set('off', identity('off', 'disabled'));
  const find = (id: string) => devices.get(id);
  const policies = defaultPolicies(randomBytes);
  const access = openAccess({ clock, hostName, find, policies, authorities: options.authorities ?? [] });
  const connections = openConnections({ clock, emit });
  const methods = openMethods({ clock, emit, find, connections });
  const twins = new PlainTwins();
  const throttling = openThrottling({ clock, emit });
  const store = openStore(undefined, clock.now());
  const messages = openMessages({ clock, emit, store, randomBytes, find, connections, throttling });
  const parts = { clock, emit, find, twins, access, connections, methods, messages, throttling, hostName };
  const shared = { ...parts, host: '127.0.0.1', port: 0 };
  const tokenGrace = options.tokenGrace === undefined ? {} : { tokenGrace: options.tokenGrace };
  const door = await openMqttDoor({ ...shared, tls: options.tls, ...tokenGrace });
  const { port } = door.address;
  const clients: MqttClient[] = [];
  const sockets: Socket[] = [];

  const token = (id: string, seconds = 3_600): string => {
    const key = devices.get(id)?.authentication.symmetricKey.primaryKey ?? randomBytes(32).toString('base64');
    const resource = `${hostName}/devices/${id.replace('/', '/modules/')}`;
    return signToken({ resource, key, expiresAt: clock.now() + seconds * 1_000 });
  };
  const username = (id: string) => `${hostName}/${id}/?api-version=2021-04-12&DeviceClientType=test%2F1`;

  return {
    clock,
    devices,
    facts,
    connections,
    methods,
    messages,
    throttling,
    twins,
    door,
    parts,
    policies,
    port,
    token,
    /** An MQTT client as a device would use one. */
    async client(id = 'd', more: IClientOptions = {}): Promise<MqttClient> {
      const client = await connectAsync({
        host: '127.0.0.1',
        port,
        clientId: id,
        username: username(id),
        password: token(id),
        reconnectPeriod: 0,
        ...more,
      });
      client.on('error', () => {});
      clients.push(client);
      return client;
    },
    /** A CONNECT as bytes. */
    greeting: (id = 'd', more: Partial<IConnectPacket> = {}): Buffer =>
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        keepalive: 60,
        clientId: id,
        username: username(id),
        password: Buffer.from(token(id)),
        ...more,
      }),
    /** A bare socket: what it got, packet by packet, and a promise of its end. */
    async socket() {
      const socket = connectSocket({ host: '127.0.0.1', port });
      sockets.push(socket);
      const packets: Packet[] = [];
      const waiting: (() => void)[] = [];
      const reader = parser();
      reader.on('packet', (packet) => {
        packets.push(packet);
        for (const wake of waiting.splice(0)) wake();
      });
      socket.on('data', (bytes) => reader.parse(bytes));
      socket.on('error', () => {});
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      closed.then(() => {
        for (const wake of waiting.splice(0)) wake();
      });
      await new Promise((resolve) => socket.once('connect', resolve));
      return {
        socket,
        packets,
        closed,
        send: (bytes: Buffer) => socket.write(bytes),
        /** The first packet of that kind; rejects when the socket ends without. */
        async packet<Cmd extends Packet['cmd']>(cmd: Cmd): Promise<Extract<Packet, { cmd: Cmd }>> {
          for (;;) {
            const found = packets.find((packet) => packet.cmd === cmd);
            if (found) return found as Extract<Packet, { cmd: Cmd }>;
            if (socket.destroyed) throw new Error(`closed before ${cmd}`);
            await new Promise<void>((resolve) => waiting.push(resolve));
          }
        },
      };
    },
    invoke: (id: string, fields: object = {}) =>
      methods.invoke(
        deviceId(id),
        Buffer.from(JSON.stringify({ methodName: 'm', responseTimeoutInSeconds: 5, ...fields })),
      ),
    async stop() {
      for (const client of clients) client.end(true);
      for (const socket of sockets) socket.destroy();
      methods.stop();
      await door.stop();
      messages.stop();
      store.close();
    },
  };
}

export type Bench = Awaited<ReturnType<typeof openDoor>>;

/** The next message a client gets on a topic that begins with `prefix`. */
export const nextMessage = (client: MqttClient, prefix: string): Promise<{ topic: string; body: string }> =>
  new Promise((resolve) => {
    const heard = (topic: string, payload: Buffer) => {
      if (!topic.startsWith(prefix)) return;
      client.off('message', heard);
      resolve({ topic, body: payload.toString() });
    };
    client.on('message', heard);
  });

/** Waits until the value is as expected, on a busy machine too. */
export const soon = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });

// One listener for devices that speak MQTT 3.1.1, over TLS or, on the loopback only, in plain text.
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock } from '../../../clock/clock.ts';
import { Waits } from '../../../clock/waits.ts';
import { LabError } from '../../../vocabulary/errors.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import { type Millis, seconds } from '../../../vocabulary/units.ts';
import type { Access } from '../../access/access.ts';
import type { Connections } from '../../connections/connections.ts';
import type { Methods } from '../../methods/methods.ts';
import type { Identity } from '../../registry/registry.ts';
import type { Twins } from '../../twins/twins.ts';
import { DeviceSocket } from './device-socket.ts';
import type { DoorTools } from './door-tools.ts';
import { sessionsOf } from './subscriptions.ts';

export interface MqttDoorOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly find: (id: string) => Identity | undefined;
  readonly twins: Twins;
  readonly access: Access;
  readonly connections: Connections;
  readonly methods: Methods;
  readonly hostName: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM texts; left out: plain text, and then `host` must be the loopback. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string } | undefined;
  /** How long a connection outlives its token, ms. @default 2 s, enough for clocks a little apart; the service shows about 10 minutes */
  readonly tokenGrace?: Millis;
}

export interface MqttDoor {
  readonly address: { readonly host: string; readonly port: number };
  /** Closes the listener and every connection; resolves when the port is free. */
  stop(): Promise<void>;
}

const greetingTime: Millis = seconds(30);
const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Throws LabError port.taken, port.forbidden or input.invalid. */
export async function openMqttDoor(options: MqttDoorOptions): Promise<MqttDoor> {
  const { clock, emit, host, port, tls, connections } = options;
  if (!tls && !loopback.has(host)) {
    throw new LabError('input.invalid', `host: plain MQTT listens on 127.0.0.1 or ::1 only, not on ${host}`);
  }
  const tools: DoorTools = {
    ...options,
    tls: tls !== undefined,
    tokenGrace: options.tokenGrace ?? seconds(2),
    sessions: sessionsOf(connections),
    greetings: new Waits(clock, greetingTime),
    open: new Set(),
  };
  // Sockets in their TLS handshake are nobody's yet, and must not outlive the door.
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    new DeviceSocket(socket, tools);
  };
  const refuseHandshake = (error: Error, socket: Socket) => {
    const peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    emit({ type: 'input.refused', at: clock.now(), door: 'mqtt', peer, detail: `TLS handshake: ${error.message}` });
    socket.destroy();
  };
  const server = tls
    ? createTlsServer({ ...tls, minVersion: 'TLSv1.2', handshakeTimeout: greetingTime }, accept).on(
        'tlsClientError',
        refuseHandshake,
      )
    : createServer(accept);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const address = await listen(server, host, port);
  return {
    address,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const device of [...tools.open]) device.close('shutdown');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<MqttDoor['address']> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(new LabError('port.taken', `port: ${port} on ${host} is taken by another program`, takenHint, error));
      } else if (error.code === 'EACCES') {
        reject(
          new LabError('port.forbidden', `port: ${port} on ${host} may not be opened by this user`, takenHint, error),
        );
      } else {
        reject(
          new LabError('input.invalid', `host: cannot listen on ${host}:${port}: ${error.message}`, undefined, error),
        );
      }
    };
    server.once('error', failed);
    server.listen({ host, port, backlog: 2_048 }, () => {
      server.off('error', failed);
      // Running out of file descriptors makes accept fail; the listener stays.
      server.on('error', () => {});
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound ? bound.port : port });
    });
  });
}

const takenHint = 'Choose another port, or 0 for any free one.';

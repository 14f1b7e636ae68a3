// A TCP or TLS listener for a stream protocol: accepts, shakes hands, hands on. A client may show a certificate and need not (reference 10.3).
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Clock } from '../../clock/clock.ts';
import { LabError } from '../../vocabulary/errors.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import { type Millis, seconds } from '../../vocabulary/units.ts';
import type { ClientCertificate } from '../access/access.ts';
import type { DoorAddress } from '../hub.ts';
import type { Arrival } from './arrival.ts';
import { tcpBelow, watchTcp } from './tcp-below.ts';

/** PEM texts; the certificate with its chain, and the CA that the hub's own is of. */
export interface ListenerTls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

export interface ListenerOptions {
  readonly door: 'mqtt' | 'amqp';
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Left out: plain text, and then `host` must be the loopback. */
  readonly tls?: ListenerTls | undefined;
  readonly accept: (arrival: Arrival) => void;
}

export interface Listener {
  readonly address: DoorAddress;
  /** Closes the listener and every socket it accepted; resolves when the port is free. */
  stop(): Promise<void>;
}

const handshakePatience: Millis = seconds(30);
const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Throws LabError port.taken, port.forbidden or input.invalid. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { door, clock, emit, host, port, tls, accept } = options;
  if (!tls && !loopback.has(host)) {
    throw new LabError(
      'input.invalid',
      `host: plain ${door.toUpperCase()} listens on 127.0.0.1 or ::1 only, not on ${host}`,
    );
  }
  // Sockets in their TLS handshake are nobody's yet, and must not outlive the listener.
  const sockets = new Set<Socket>();
  const take = (socket: Socket | TLSSocket): void => {
    // Without this a reply waits for the device's next packet (Nagle): p50 20 ms instead of 1.
    socket.setNoDelay(true);
    const certificate = tls === undefined ? undefined : certificateOf(socket as TLSSocket);
    const tcp = tcpBelow(socket);
    accept({ stream: socket, tcp, peer: peerOf(socket), tls: tls !== undefined, websocket: false, certificate });
  };
  const refuseHandshake = (error: Error, socket: Socket): void => {
    emit({
      type: 'input.refused',
      at: clock.now(),
      door,
      peer: peerOf(socket),
      detail: `TLS handshake: ${error.message}`,
    });
    socket.destroy();
  };
  const server = tls
    ? createTlsServer({ ...tlsOptions(tls), handshakeTimeout: handshakePatience }, take).on(
        'tlsClientError',
        refuseHandshake,
      )
    : createServer(take);
  if (tls) watchTcp(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const address = await listen(server, host, port);
  return {
    address,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * TLS 1.2 stays: the Python SDK speaks nothing newer (reference 2.1). A certificate is asked for, not demanded, and checked by access. No CA is
 * named in the request for it: Java and .NET would then keep back a self-signed one, or one of a CA that is not named.
 */
export const tlsOptions = ({ key, cert }: ListenerTls) =>
  ({ key, cert, minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false }) as const;

/** The longest chain that is looked at. */
const longestChain = 8;

export function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const shown = socket.getPeerCertificate(true);
  if (shown?.raw === undefined) return undefined;
  const chain: Buffer[] = [];
  for (let next = shown; next?.raw !== undefined && chain.length < longestChain; next = next.issuerCertificate) {
    if (chain.at(-1)?.equals(next.raw)) break; // a self-signed one is its own issuer
    chain.push(next.raw);
  }
  return { chain };
}

export const peerOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress ?? 'unknown'}:${remotePort ?? 0}`;

function listen(server: Server, host: string, port: number): Promise<DoorAddress> {
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

// The HTTP front of the hub, over TLS or plain on loopback: sockets, limits and what happens to requests that cannot be read.
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../clock/clock.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import { refuse } from '../../../vocabulary/service-errors.ts';
import { kilobytes, type Millis, seconds } from '../../../vocabulary/units.ts';
import { failed } from '../../failed.ts';
import type { DoorAddress } from '../../hub.ts';
import type { Methods } from '../../methods/methods.ts';
import { peerOf, tlsOptions } from '../listener.ts';
import { watchTcp } from '../tcp-below.ts';
import type { WebSockets } from '../websocket/web-sockets.ts';
import { openAnswers } from './answers.ts';
import { deviceApi } from './device-api.ts';
import { methodCalls } from './method-calls.ts';
import { openRoutes, type RouteTools } from './routes.ts';

export interface HttpListening {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** PEM texts, the certificate with its whole chain; undefined listens in plain text. With `ca` a client may show a certificate. */
  readonly tls?: { readonly key: string; readonly certificate: string; readonly ca?: string };
}

export interface HttpDoorOptions extends Omit<RouteTools, 'answers' | 'odd'>, HttpListening {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly randomBytes: (count: number) => Buffer;
  readonly methods: Methods;
  /** Left out, requests for an upgrade are answered as any others. */
  readonly webSockets?: WebSockets | undefined;
  readonly limits?: HttpLimits;
}

/** How long a request may take to come in, ms. The answer may take as long as a device may. */
export interface HttpLimits {
  /** @default 15 s */
  readonly headers: Millis;
  /** Headers and body. @default 60 s */
  readonly request: Millis;
  /** How often that is looked at. @default 5 s */
  readonly lookEvery: Millis;
}

export const httpLimits: HttpLimits = Object.freeze({
  headers: seconds(15),
  request: seconds(60),
  lookEvery: seconds(5),
});

export interface HttpDoor {
  readonly address: DoorAddress;
  /** Takes no more requests, lets those under way end for a moment, then cuts off. */
  stop(): Promise<void>;
}

export const largestHeaders = kilobytes(16);
const handshakePatience: Millis = seconds(10);
/** Longer than SDK pools keep an unused connection, so that it is not cut under a request just sent. */
const idlePatience: Millis = seconds(120);
const stopPatience: Millis = seconds(2);
const sweepEvery: Millis = 20;

/** Rejects with the socket's own error when the port cannot be had. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { clock, emit, access, methods, tls } = options;
  const answers = openAnswers(clock, options.randomBytes);
  const refused = (socket: Socket, detail: string, door: 'http' | 'websocket' = 'http'): void =>
    emit({ type: 'input.refused', at: clock.now(), door, peer: peerOf(socket), detail: detail.slice(0, 300) });
  const odd = (request: IncomingMessage, detail: string): void => refused(request.socket, detail);

  const { app, stop: stopRoutes } = await openRoutes({ ...options, answers, odd });
  const { registry, connections, messages, throttling } = options;
  const call = methodCalls({ access, methods, answers, throttling, odd });
  const ofDevice = deviceApi({ access, registry, connections, messages, throttling, answers, odd });
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // A proxy asks for `http://host/path` (RFC 9112, 3.2.2): the path alone counts.
    if (request.url?.startsWith('http')) request.url = request.url.replace(/^https?:\/\/[^/?]*/i, '') || '/';
    try {
      if (call(request, response) || ofDevice(request, response)) return;
      // Every body is JSON, whatever the client calls it, and the router refuses types it cannot parse.
      if (request.headers['content-type'] !== undefined) request.headers['content-type'] = 'application/json';
      app.routing(request, response);
    } catch (error) {
      // Whatever nobody thought of costs one request, not the hub.
      if (response.headersSent) response.destroy();
      else answers.refusal(response, failed(error), 'nested');
    }
  };
  const limits = optionsOf(options.limits ?? httpLimits);
  const server = tls === undefined ? createServer(limits, handle) : secureServer(tls, limits, handle);
  server.keepAliveTimeout = idlePatience;
  // Those in their TLS handshake among them, of which the server itself keeps no list.
  const sockets = new Set<Socket>();
  if (tls !== undefined) watchTcp(server);
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // A connection that ended between two requests is nobody's mistake.
    if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
    refused(socket, `not a readable request: ${error.message}`);
    const [status, text] = problems[error.code ?? ''] ?? unreadable;
    socket.end(answers.raw(status, refuse('GenericBadRequest', text)), () => socket.destroy());
  });
  const { webSockets } = options;
  if (webSockets !== undefined) {
    server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
      const socket = duplex as Socket;
      // The server has let go of the socket and listens for its errors no more.
      socket.on('error', () => socket.destroy());
      const problem = webSockets.upgrade(request, socket, head);
      if (problem === undefined) return;
      refused(socket, problem.refusal.message, 'websocket');
      socket.end(answers.raw(problem.status, problem.refusal), () => socket.destroy());
    });
  }
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    refused(socket, `TLS handshake failed: ${error.message}`);
  });

  const address = await listen(server, options.host, options.port);
  return {
    address,
    stop() {
      stopRoutes();
      return stopServer(server, sockets, clock).then(() => app.close());
    },
  };
}

const optionsOf = ({ headers, request, lookEvery }: HttpLimits): ServerOptions => ({
  noDelay: true,
  maxHeaderSize: largestHeaders,
  headersTimeout: headers,
  requestTimeout: request,
  connectionsCheckingInterval: lookEvery,
});

const secureServer = (
  { key, certificate, ca }: NonNullable<HttpListening['tls']>,
  limits: ServerOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server =>
  createTlsServer(
    {
      ...limits,
      ...(ca === undefined
        ? ({ key, cert: certificate, minVersion: 'TLSv1.2' } as const)
        : tlsOptions({ key, cert: certificate, ca })),
      handshakeTimeout: handshakePatience,
    },
    handle,
  ) as unknown as Server;

const unreadable = ['400 Bad Request', 'The request is not HTTP that can be read.'] as const;
const problems: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    `The request's headers are larger than ${largestHeaders} bytes.`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request was not complete in time.'],
};

function listen(server: Server, host: string, port: number): Promise<DoorAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      // Running out of file descriptors makes accept fail; the listener stays.
      server.on('error', () => {});
      resolve({ host, port: (server.address() as AddressInfo).port });
    });
  });
}

function stopServer(server: Server, sockets: ReadonlySet<Socket>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = clock.after(stopPatience, () => {
      for (const socket of sockets) socket.destroy();
    });
    // A kept-alive connection falls idle when its last answer is out, and nothing else would end it.
    const sweep = clock.every(sweepEvery, () => server.closeIdleConnections());
    server.close(() => {
      cutOff();
      sweep();
      resolve();
    });
    server.closeIdleConnections();
  });
}

// The browser host: the window's files and the contract's WebSocket on 127.0.0.1, for whoever has this start's token.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../simulators/clock/clock.ts';
import type { Bench } from '../commands/handlers.ts';
import { openSession } from '../commands/session.ts';
import { isOurHost } from '../control/loopback.ts';
import { readWindow } from '../window/files.ts';
import { portProblem } from '../workspace/ports.ts';
import { pageAnswer } from './answers.ts';
import { hasToken, isOurOrigin } from './guard.ts';

export interface WebOptions {
  readonly bench: Bench;
  readonly clock: Clock;
  /** Folder of the built window. */
  readonly window: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Secret of this start; at least 128 bits of chance as URL-safe text. */
  readonly token: string;
}

export interface WebHost {
  readonly port: number;
  /** What to open in a browser. Secret: it holds the token, which the first request exchanges for a cookie. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The largest message a window sends: 50,000 device ids of 128 characters. */
const largestMessage = 8 * 1024 * 1024;
/** Snapshots are left out while this much has not left for the window. */
const congestion = 1024 * 1024;

/** Throws port.taken, port.forbidden, or file.unreadable when the window was not built. */
export async function openWeb(options: WebOptions): Promise<WebHost> {
  const files = readWindow(options.window);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessage, perMessageDeflate: false });
  let port = options.port;
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const answer = pageAnswer({ method, target: url, headers }, { files, token: options.token, port });
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    response.end(method === 'HEAD' ? undefined : answer.body);
  });

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const { headers } = request;
    const path = (request.url ?? '').split('?', 1)[0];
    if (!isOurHost(headers.host, port)) return turnAway(socket, 421, 'Misdirected Request');
    if (path !== '/contract') return turnAway(socket, 404, 'Not Found');
    if (!isOurOrigin(headers, port) || !hasToken(headers, options.token, port))
      return turnAway(socket, 403, 'Forbidden');
    sockets.handleUpgrade(request, socket, head, (window) => serve(window, options));
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });

  port = await listen(server, options.port);
  return {
    port,
    url: `http://127.0.0.1:${port}/?token=${options.token}`,
    async stop() {
      for (const window of sockets.clients) window.terminate();
      sockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function serve(window: WebSocket, { bench, clock }: WebOptions): void {
  const session = openSession(
    bench,
    {
      send: (message) => window.send(JSON.stringify(message)),
      get congested() {
        return window.bufferedAmount > congestion;
      },
    },
    clock,
  );
  window.on('message', (data, isBinary) => {
    try {
      session.receive(isBinary ? undefined : JSON.parse(String(data)));
    } catch {
      window.close(1007, 'a message was not JSON');
    }
  });
  window.on('error', () => window.terminate());
  window.on('close', () => session.close());
}

function turnAway(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portProblem('--port', port, error)));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve((server.address() as AddressInfo).port));
  });
}

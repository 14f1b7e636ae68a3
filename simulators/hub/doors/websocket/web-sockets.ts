// WebSockets on the HTTP ports (reference 2.1): one path, and the sub-protocol says which stream protocol is spoken inside.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../../clock/clock.ts';
import { Waits } from '../../../clock/waits.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import { type Refusal, refuse, type ServiceErrorName } from '../../../vocabulary/service-errors.ts';
import { kilobytes, type Millis, seconds } from '../../../vocabulary/units.ts';
import type { StreamProtocol } from '../arrival.ts';
import { certificateOf, peerOf } from '../listener.ts';
import { tcpBelow } from '../tcp-below.ts';
import { type StreamTools, WebSocketStream } from './websocket-stream.ts';

export const webSocketPath = '/$iothub/websocket';

export interface WebSocketOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly mqtt?: StreamProtocol | undefined;
  readonly amqp?: StreamProtocol | undefined;
}

/** Why an upgrade was refused: the status line and the error of the answer. */
export interface RefusedUpgrade {
  readonly status: string;
  readonly refusal: Refusal;
}

export interface WebSockets {
  /** Takes the socket over, or says what its client is to be answered; then the socket stays the caller's. Never throws. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): RefusedUpgrade | undefined;
  /** Ends every WebSocket, with close code 1001. */
  stop(): void;
}

/** A client may put several packets into one message; more than this at once is refused (1009). */
const largestMessage = kilobytes(1_024);
/** How long a client may take to answer a close frame. */
const closingPatience: Millis = seconds(2);

export function openWebSockets({ clock, emit, mqtt, amqp }: WebSocketOptions): WebSockets {
  const protocols: ReadonlyMap<string, StreamProtocol | undefined> = new Map([
    ['mqtt', mqtt],
    ['amqpwsb10', amqp],
  ]);
  const streams = new Set<WebSocketStream>();
  const closing = new Waits(clock, closingPatience);
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: largestMessage,
    handleProtocols: (offered) => chosen(offered, protocols)?.name ?? false,
  });
  let malformed = '';
  let stopped = false;
  server.on('wsClientError', (error) => {
    malformed = error.message;
  });

  const begin = (websocket: WebSocket, socket: Socket, protocol: StreamProtocol): void => {
    const peer = peerOf(socket);
    const tools: StreamTools = {
      closing,
      odd: (detail) => emit({ type: 'input.refused', at: clock.now(), door: 'websocket', peer, detail }),
    };
    const stream = new WebSocketStream(websocket, socket, tools);
    streams.add(stream);
    websocket.once('close', () => streams.delete(stream));
    const tls = socket instanceof TLSSocket;
    const certificate = tls ? certificateOf(socket) : undefined;
    protocol.accept({ stream, tcp: tcpBelow(socket), peer, tls, websocket: true, certificate });
  };

  return {
    upgrade(request, socket, head) {
      if (stopped) return refused('503 Service Unavailable', 'ServiceUnavailable', 'The hub is stopping.');
      if (pathOf(request.url ?? '') !== webSocketPath) {
        return refused('404 Not Found', 'GenericNotFound', `WebSockets are taken at ${webSocketPath} only.`);
      }
      const offered = offeredBy(request);
      const choice = chosen(offered, protocols);
      if (choice?.protocol === undefined) {
        return refused('400 Bad Request', 'GenericBadRequest', noProtocol(offered, protocols));
      }
      const { protocol } = choice;
      malformed = '';
      server.handleUpgrade(request, socket, head, (websocket) => begin(websocket, socket as Socket, protocol));
      return malformed === ''
        ? undefined
        : refused('400 Bad Request', 'GenericBadRequest', `Not a WebSocket handshake: ${malformed}.`);
    },
    stop() {
      stopped = true;
      for (const stream of [...streams]) stream.goAway();
    },
  };
}

const refused = (status: string, name: ServiceErrorName, text: string): RefusedUpgrade => ({
  status,
  refusal: refuse(name, text),
});

/** Some clients write the dollar sign as %24, and some add a query. */
function pathOf(url: string): string | undefined {
  const question = url.indexOf('?');
  try {
    return decodeURIComponent(question === -1 ? url : url.slice(0, question));
  } catch {
    return undefined;
  }
}

const offeredBy = ({ headers }: IncomingMessage): Set<string> =>
  new Set((headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())); // an empty name is no protocol's

/** The first offered that is served here; else the first that is known. Named as its client wrote it, which is how it must be answered. */
function chosen(
  offered: ReadonlySet<string>,
  protocols: ReadonlyMap<string, StreamProtocol | undefined>,
): { readonly name: string; readonly protocol: StreamProtocol } | undefined {
  for (const name of offered) {
    const protocol = protocols.get(name.toLowerCase());
    if (protocol !== undefined) return { name, protocol };
  }
  return undefined;
}

function noProtocol(offered: ReadonlySet<string>, protocols: ReadonlyMap<string, StreamProtocol | undefined>): string {
  const names = [...offered].filter((name) => name !== '');
  if (names.length === 0) return 'Sec-WebSocket-Protocol: missing; offer mqtt or AMQPWSB10.';
  const known = names.find((name) => protocols.has(name.toLowerCase()));
  if (known !== undefined) return `Sec-WebSocket-Protocol: this hub has no door for '${known}'.`;
  const shown = names.join(', ').slice(0, 100);
  return `Sec-WebSocket-Protocol: '${shown}' is not spoken here; offer mqtt or AMQPWSB10.`;
}

// A byte stream that came in through a listener, before anyone knows whose it is. Protocols take arrivals; they never open sockets themselves,
// so that TCP, TLS, WebSocket and a test's in-memory pair are the same to them.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientCertificate } from '../access/access.ts';

export interface Arrival {
  readonly stream: Duplex;
  /** The TCP socket at the bottom of it; missing for a stream in memory. */
  readonly tcp?: Socket | undefined;
  /** `address:port`, for facts. */
  readonly peer: string;
  readonly tls: boolean;
  readonly websocket: boolean;
  /** What the client showed in its TLS handshake, if it showed one; nothing of it was checked yet. */
  readonly certificate?: ClientCertificate | undefined;
}

/** A protocol that serves arrivals: MQTT, AMQP. One for the whole hub, whatever listeners feed it. */
export interface StreamProtocol {
  accept(arrival: Arrival): void;
  /** Ends every connection. */
  stop(): void;
}

/** Says the last word and closes once it is out; a peer that stopped reading is not waited for. */
export function endSoon(stream: Duplex): void {
  if ('destroySoon' in stream && typeof stream.destroySoon === 'function') stream.destroySoon();
  else stream.end(() => stream.destroy());
}

/** Ends a stream by a TCP reset, or without a word where no TCP is below it. */
export function resetStream({ stream, tcp }: Pick<Arrival, 'stream' | 'tcp'>): void {
  if (tcp?.destroyed === false) tcp.resetAndDestroy();
  stream.destroy();
}

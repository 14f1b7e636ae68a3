// A byte stream that came in through a listener, before anyone knows whose it is. Protocols take arrivals; they never open sockets themselves,
// so that TCP, TLS, WebSocket and a test's in-memory pair are the same to them.
import type { Duplex } from 'node:stream';
import type { ClientCertificate } from '../access/access.ts';

export interface Arrival {
  readonly stream: Duplex;
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

// Opens byte streams to a hub: TCP, or TLS with one shared context. A session costs about 38 KB, a context of its own 19 KB more.
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';

export interface TlsAddress {
  /** Where to connect. */
  readonly host: string;
  readonly port: number;
  /** The name the hub's certificate must carry, where it is another than `host`: a hub of ours on a loopback address. */
  readonly serverName: string;
  /** PEM text of the CA to trust instead of the machine's own. */
  readonly ca?: string | undefined;
}

export function dialTcp(host: string, port: number): () => Duplex {
  const options = { host, port, noDelay: true };
  return () => connectTcp(options);
}

/** Throws what `createSecureContext` throws when `ca` is not PEM text. */
export function dialTls({ host, port, serverName, ca }: TlsAddress): () => Duplex {
  const secureContext: SecureContext = createSecureContext(ca === undefined ? {} : { ca });
  const options = {
    host,
    port,
    secureContext,
    // An IP address is no server name (RFC 6066); the certificate is then checked against the address itself.
    ...(isIP(serverName) ? {} : { servername: serverName }),
  };
  return () => {
    const socket = connectTls(options);
    // mqtt never does: replies would wait 20 ms for the next request (Nagle against delayed acknowledgement).
    socket.setNoDelay(true);
    return socket;
  };
}

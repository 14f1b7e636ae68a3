// Opens byte streams to a hub: TCP, or TLS with one shared context. A session costs about 38 KB, a context of its own 19 KB more.
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { LabError } from '../../vocabulary/errors.ts';

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
  const options = { host, port };
  return () => prompt(connectTcp(options));
}

/** Throws LabError certificate.invalid when `ca` is not a certificate in PEM text. */
export function dialTls({ host, port, serverName, ca }: TlsAddress): () => Duplex {
  if (ca !== undefined) checkCertificate(ca);
  const secureContext: SecureContext = createSecureContext(ca === undefined ? {} : { ca });
  const options = {
    host,
    port,
    secureContext,
    // An IP address is no server name (RFC 6066); the certificate is then checked against the address itself.
    ...(isIP(serverName) ? {} : { servername: serverName }),
  };
  return () => prompt(connectTls(options));
}

/** mqtt never does it: replies would wait 20 ms for the next request (Nagle against delayed acknowledgement). */
function prompt(socket: Socket): Socket {
  socket.setNoDelay(true);
  return socket;
}

/** `createSecureContext` passes over text without a certificate, and every connection would then fail with a riddle. */
function checkCertificate(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new LabError('certificate.invalid', 'ca: expected a certificate in PEM text', undefined, cause);
  }
}

// Opens byte streams to a hub: TCP, or TLS with one shared context. A session costs about 38 KB, a context of its own 19 KB more, which
// only devices that show a certificate pay, and only while they are connected.
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { LabError } from '../../vocabulary/errors.ts';
import type { ClientPair } from '../device.ts';

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
export function dialTls({ host, port, serverName, ca }: TlsAddress): (certificate?: ClientPair) => Duplex {
  const contextFor = secureContexts(ca);
  // An IP address is no server name (RFC 6066); the certificate is then checked against the address itself.
  const options = { host, port, ...(isIP(serverName) ? {} : { servername: serverName }) };
  return (certificate) => prompt(connectTls({ ...options, secureContext: contextFor(certificate) }));
}

/**
 * One context for all devices that show nothing; one made for each stream of a device that shows a certificate, gone with the stream.
 * Throws LabError certificate.invalid when `ca` is not a certificate in PEM text.
 */
export function secureContexts(ca: string | undefined): (certificate?: ClientPair) => SecureContext {
  if (ca !== undefined) checkCertificate(ca);
  const trusted = ca === undefined ? {} : { ca };
  const shared = createSecureContext(trusted);
  return (shown) =>
    shown === undefined ? shared : createSecureContext({ ...trusted, cert: shown.certificate, key: shown.key });
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

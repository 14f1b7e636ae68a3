// Makes CAs and the certificates of servers and devices, ECDSA P-256: its handshake costs the hub a quarter less than RSA-2048. No CRL or OCSP
// address is put in: there is nobody to ask, and a client that asks would wait (reference 10.3).
import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { Instant } from '../vocabulary/units.ts';
import { type DevicePair, day, type Pair, thumbprintsOf } from './pair.ts';

export interface IssueTools {
  readonly now: Instant;
  readonly randomBytes: (count: number) => Buffer;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const authorityYears = 10;
const serverYears = 2;
const deviceYears = 2;

export interface DeviceAsked {
  /** Becomes the common name; a module's is `device/module`. */
  readonly id: string;
  /** @default 'now': from yesterday for two years. `expired` ended yesterday, `future` begins in a year. */
  readonly valid?: 'now' | 'expired' | 'future';
}

/** Valid from a day ago, since a device's clock may be behind ours. */
const span = (now: Instant, years: number) => ({
  notBefore: new Date(now - day),
  notAfter: new Date(now + years * 365 * day),
});

export async function makeAuthority({ now, randomBytes }: IssueTools): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // A number in the name keeps apart the CAs of several data folders in one trust store.
      name: `CN=Hubfleet local CA ${randomBytes(3).toString('hex')}, O=Hubfleet`,
      serialNumber: serial(randomBytes),
      ...span(now, authorityYears),
      keys,
      signingAlgorithm: ecdsa,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) };
}

/** For the host name, `localhost` and both loopback addresses. */
export async function issueServer(authority: Pair, hostName: string, tools: IssueTools): Promise<Pair> {
  const names = [...new Set([hostName, 'localhost', '127.0.0.1', '::1'])];
  return issue(authority, tools, {
    commonName: hostName.slice(0, 64), // X.520: at most 64 characters; clients read the alternative names
    ...span(tools.now, serverYears),
    usage: x509.ExtendedKeyUsage.serverAuth,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  });
}

/** For a device or module that is registered with the type `certificateAuthority`. */
export async function issueDevice(authority: Pair, { id, valid }: DeviceAsked, tools: IssueTools): Promise<DevicePair> {
  const { clientAuth: usage } = x509.ExtendedKeyUsage;
  return withThumbprints(await issue(authority, tools, { commonName: id, ...deviceSpan(tools.now, valid), usage }));
}

/** For a device or module that is registered by the thumbprint of its certificate. */
export async function selfSignedDevice({ id, valid }: DeviceAsked, tools: IssueTools): Promise<DevicePair> {
  const { clientAuth: usage } = x509.ExtendedKeyUsage;
  return withThumbprints(await issue(undefined, tools, { commonName: id, ...deviceSpan(tools.now, valid), usage }));
}

function deviceSpan(now: Instant, valid: DeviceAsked['valid'] = 'now') {
  if (valid === 'expired') return { notBefore: new Date(now - 2 * day), notAfter: new Date(now - day) };
  return span(valid === 'now' ? now : now + 366 * day, deviceYears);
}

const withThumbprints = (pair: Pair): DevicePair => ({
  ...pair,
  thumbprints: thumbprintsOf(new X509Certificate(pair.certificate)),
});

interface Leaf {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly usage: x509.ExtendedKeyUsage;
  readonly extensions?: readonly x509.Extension[];
}

/** Signed by the authority, or by its own key. */
async function issue(authority: Pair | undefined, { randomBytes }: IssueTools, leaf: Leaf): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const signer = authority === undefined ? undefined : await signerOf(authority);
  // As a string the library would read signs that a device's id may hold, `,` `+` `=` `#`, as its own.
  const subject = new x509.Name([{ CN: [{ utf8String: leaf.commonName }] }]);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: signer?.issuer.subjectName ?? subject,
      serialNumber: serial(randomBytes),
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      publicKey: keys.publicKey,
      signingKey: signer?.key ?? keys.privateKey,
      signingAlgorithm: signer?.algorithm ?? ecdsa,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([leaf.usage]),
        ...(leaf.extensions ?? []),
        await x509.AuthorityKeyIdentifierExtension.create(signer?.issuer.publicKey ?? keys.publicKey, false, webcrypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: `${pem(certificate)}${authority?.certificate ?? ''}`, key: await keyPem(keys.privateKey) };
}

async function signerOf(authority: Pair) {
  const key = createPrivateKey(authority.key);
  const algorithm = key.asymmetricKeyType === 'rsa' ? rsa : ecdsa;
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return {
    issuer: new x509.X509Certificate(authority.certificate),
    key: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
    algorithm,
  };
}

/** Positive and never zero: the first bit clear, the last bit of the first byte set. */
function serial(randomBytes: (count: number) => Buffer): string {
  const bytes = Buffer.from(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem').trim()}\n`;

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

// Makes the CA and the server certificate, ECDSA P-256: its handshake costs the hub a quarter less than RSA-2048. No CRL or OCSP
// address is put in: there is nobody to ask, and a client that asks would wait (reference 10.3).
import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { Instant } from '../../vocabulary/units.ts';
import { day, type Pair } from './pairs.ts';

export interface IssueTools {
  readonly now: Instant;
  readonly randomBytes: (count: number) => Buffer;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const authorityYears = 10;
const serverYears = 2;

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
export async function issueServer(authority: Pair, hostName: string, { now, randomBytes }: IssueTools): Promise<Pair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const key = createPrivateKey(authority.key);
  const signingAlgorithm = key.asymmetricKeyType === 'rsa' ? rsa : ecdsa;
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, signingAlgorithm, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const names = [...new Set([hostName, 'localhost', '127.0.0.1', '::1'])];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: `CN=${hostName.slice(0, 64)}`, // X.520: at most 64 characters; clients read the alternative names
      issuer: issuer.subjectName,
      serialNumber: serial(randomBytes),
      ...span(now, serverYears),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: `${pem(certificate)}${authority.certificate}`, key: await keyPem(keys.privateKey) };
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

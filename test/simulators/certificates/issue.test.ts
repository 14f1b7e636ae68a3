// Certificates as they are made: what stands in them, who signed them, and that OpenSSL's own checks, through Node, agree.
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { issueDevice, issueServer, makeAuthority, selfSignedDevice } from '../../../simulators/certificates/issue.ts';
import { certificatesIn, day, type Pair } from '../../../simulators/certificates/pair.ts';

const now = Date.parse('2026-03-01T00:00:00Z');
const tools = { now, randomBytes };
let authority: Pair;
beforeAll(async () => {
  authority = await makeAuthority(tools);
});

const first = (pair: Pair) => new X509Certificate(pair.certificate);
const daysUntil = (date: string) => Math.round((Date.parse(date) - now) / day);

describe('a device', () => {
  test('has its own key, two years, the use of a client, and its CA behind it', async () => {
    const pair = await issueDevice(authority, { id: 'pump' }, tools);
    const [own, ca, ...rest] = certificatesIn(pair.certificate);
    expect(rest).toEqual([]);
    expect(own?.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
    expect(ca?.raw).toEqual(first(authority).raw);
    expect(own?.checkIssued(first(authority)) && own.verify(first(authority).publicKey)).toBe(true);
    expect([own?.ca, own?.keyUsage]).toEqual([false, ['1.3.6.1.5.5.7.3.2']]);
    expect([daysUntil(own?.validFrom ?? ''), daysUntil(own?.validTo ?? '')]).toEqual([-1, 730]);
    expect(own?.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  test('that signed itself is its own issuer and no CA', async () => {
    const pair = await selfSignedDevice({ id: 'pump' }, tools);
    const [own, ...rest] = certificatesIn(pair.certificate);
    expect(rest).toEqual([]);
    expect([own?.subject, own?.issuer, own?.ca]).toEqual(['CN=pump', 'CN=pump', false]);
    expect(own?.verify(own.publicKey)).toBe(true);
    expect(pair.thumbprints).toEqual({
      sha1: own?.fingerprint.replaceAll(':', ''),
      sha256: own?.fingerprint256.replaceAll(':', ''),
    });
  });

  test.each([
    ['expired', -2, -1],
    ['future', 365, 366 + 730],
  ] as const)('of the kind %s is good from day %i to day %i', async (valid, from, to) => {
    for (const pair of [
      await issueDevice(authority, { id: 'pump', valid }, tools),
      await selfSignedDevice({ id: 'pump', valid }, tools),
    ]) {
      expect([daysUntil(first(pair).validFrom), daysUntil(first(pair).validTo)]).toEqual([from, to]);
    }
  });

  test('of any id has that id for its common name', async () => {
    const letters = "ABCxyz019-:.+%_#*?!(),=@;$'/";
    const id = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 128 });
    await fc.assert(
      fc.asyncProperty(id, async (name) => {
        const pair = await selfSignedDevice({ id: name }, tools);
        expect(first(pair).toLegacyObject().subject.CN).toBe(name);
      }),
      { numRuns: 60 },
    );
  });
});

test('a CA of the user with an RSA key signs too, and the serial numbers differ', async () => {
  const { webcrypto } = await import('node:crypto');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2_048 } as const;
  const publicExponent = new Uint8Array([1, 0, 1]);
  const keys = await webcrypto.subtle.generateKey({ ...algorithm, publicExponent }, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Of the user',
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(now),
      notAfter: new Date(now + day),
      extensions: [new x509.BasicConstraintsExtension(true)],
    },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' });
  const rsa: Pair = { certificate: `${made.toString('pem')}\n`, key: key.toString() };
  const pairs = [await issueDevice(rsa, { id: 'a' }, tools), await issueServer(rsa, 'hub.example', tools)];
  for (const pair of pairs) expect(first(pair).verify(first(rsa).publicKey)).toBe(true);
  expect(new Set(pairs.map((pair) => first(pair).serialNumber)).size).toBe(2);
});

// Client certificates, made by the same code that makes them for users, against identities of each kind.
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, test } from 'vitest';
import { issueDevice, makeAuthority, selfSignedDevice } from '../../../../simulators/certificates/issue.ts';
import { certificatesIn, type DevicePair, type Pair } from '../../../../simulators/certificates/pair.ts';
import { defaultPolicies, openAccess } from '../../../../simulators/hub/access/access.ts';
import type { Identity } from '../../../../simulators/hub/registry/registry.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { identity } from '../parts.ts';

const clock = new VirtualClock(Date.parse('2026-03-01T12:00:00Z'));
const tools = { now: clock.now(), randomBytes };
const curve = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const odd = "a,b+c=d;#'1";
const policies = defaultPolicies(randomBytes);

let hubCa: Pair;
let ownCa: Pair;
let wrongCa: Pair;
let access: ReturnType<typeof openAccess>;
beforeAll(async () => {
  [hubCa, ownCa, wrongCa] = await Promise.all([makeAuthority(tools), makeAuthority(tools), makeAuthority(tools)]);
  access = openAccess({
    clock,
    hostName: 'myhub.localhost',
    find: () => undefined,
    policies,
    authorities: [hubCa.certificate, ownCa.certificate],
  });
});

const none = { primaryKey: null, secondaryKey: null };
const unprinted = { primaryThumbprint: null, secondaryThumbprint: null };
const byAuthority = (id: string, moduleId?: string): Identity => ({
  ...identity(id),
  ...(moduleId === undefined ? {} : { moduleId }),
  authentication: { type: 'certificateAuthority', symmetricKey: none, x509Thumbprint: unprinted },
});
const byThumbprint = (primaryThumbprint: string | null, secondaryThumbprint: string | null = null): Identity => ({
  ...identity('pump'),
  authentication: {
    type: 'selfSigned',
    symmetricKey: none,
    x509Thumbprint: { primaryThumbprint, secondaryThumbprint },
  },
});
const shown = (pair: Pair) => ({ chain: certificatesIn(pair.certificate).map(({ raw }) => raw) });
const answer = (pair: Pair | undefined, to: Identity): string => {
  const granted = access.checkCertificate(pair && shown(pair), to);
  return granted instanceof Refusal ? `${granted.number} ${granted.message}` : 'let in';
};

describe('by a CA', () => {
  test.each<[string, () => Promise<Pair> | undefined, Identity, RegExp]>([
    ["of the hub's CA", () => issueDevice(hubCa, { id: 'pump' }, tools), byAuthority('pump'), /^let in$/],
    ['of another known CA', () => issueDevice(ownCa, { id: 'pump' }, tools), byAuthority('pump'), /^let in$/],
    ['with signs in its id', () => issueDevice(hubCa, { id: odd }, tools), byAuthority(odd), /^let in$/],
    ['with a # in front', () => issueDevice(hubCa, { id: '#1' }, tools), byAuthority('#1'), /^let in$/],
    ['of a module', () => issueDevice(hubCa, { id: 'pump/m' }, tools), byAuthority('pump', 'm'), /^let in$/],
    [
      "of a module's device",
      () => issueDevice(hubCa, { id: 'pump' }, tools),
      byAuthority('pump', 'm'),
      /^401003 .*the certificate is of 'pump', not of 'pump\/m'$/,
    ],
    [
      'of another device',
      () => issueDevice(hubCa, { id: 'Pump' }, tools),
      byAuthority('pump'),
      /^401003 .*the certificate is of 'Pump', not of 'pump'$/,
    ],
    [
      'of a CA the hub does not know',
      () => issueDevice(wrongCa, { id: 'pump' }, tools),
      byAuthority('pump'),
      /^401003 .*issued by 'CN=Hubfleet local CA \w+, O=Hubfleet', which this hub does not know as a CA of devices$/,
    ],
    [
      'that signed itself',
      () => selfSignedDevice({ id: 'pump' }, tools),
      byAuthority('pump'),
      /^401003 .*issued by 'CN=pump', which this hub does not know/,
    ],
    [
      'expired',
      () => issueDevice(hubCa, { id: 'pump', valid: 'expired' }, tools),
      byAuthority('pump'),
      /^401003 .*the certificate expired at 2026-02-28T12:00:00.000Z$/,
    ],
    [
      'not valid yet',
      () => issueDevice(hubCa, { id: 'pump', valid: 'future' }, tools),
      byAuthority('pump'),
      /^401003 .*the certificate is not valid before 2027-03-01T12:00:00.000Z$/,
    ],
    ['none', () => undefined, byAuthority('pump'), /^401003 .*'pump' must show its certificate/],
    [
      'for a device with keys',
      () => issueDevice(hubCa, { id: 'pump' }, tools),
      identity('pump'),
      /^401003 .*'pump' is registered with keys, not with a certificate$/,
    ],
    [
      'for a disabled device',
      () => issueDevice(hubCa, { id: 'pump' }, tools),
      { ...byAuthority('pump'), status: 'disabled' },
      /^401003 .*'pump' is disabled$/,
    ],
  ])('a certificate %s', async (_, pair, to, expected) => {
    expect(answer(await pair(), to)).toMatch(expected);
  });

  test('a certificate that is not valid any more ends with its own end', async () => {
    const pair = await issueDevice(hubCa, { id: 'pump' }, tools);
    const { validTo } = new X509Certificate(pair.certificate);
    expect(access.checkCertificate(shown(pair), byAuthority('pump'))).toEqual({ expiresAt: Date.parse(validTo) });
  });

  test('a CA of the same name with another key is another CA', async () => {
    const twin = await makeAuthority({ ...tools, randomBytes: (count) => Buffer.alloc(count, 7) });
    const other = await makeAuthority({ ...tools, randomBytes: (count) => Buffer.alloc(count, 7) });
    const strict = openAccess({
      clock,
      hostName: 'myhub.localhost',
      find: () => undefined,
      policies,
      authorities: [twin.certificate],
    });
    const pair = await issueDevice(other, { id: 'pump' }, tools);
    expect(new X509Certificate(pair.certificate).checkIssued(new X509Certificate(other.certificate))).toBe(true);
    expect(strict.checkCertificate(shown(pair), byAuthority('pump'))).toBeInstanceOf(Refusal);
  });

  test('a chain may lead through an intermediate CA that came along, while that is good', async () => {
    const between = async (end: number) => {
      const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
      const root = createPrivateKey(ownCa.key).export({ type: 'pkcs8', format: 'der' });
      const made = await x509.X509CertificateGenerator.create(
        {
          subject: 'CN=Between',
          issuer: new x509.X509Certificate(ownCa.certificate).subjectName,
          publicKey: keys.publicKey,
          signingKey: await webcrypto.subtle.importKey('pkcs8', root, curve, false, ['sign']),
          signingAlgorithm: curve,
          notBefore: new Date(clock.now() - 1_000),
          notAfter: new Date(end),
          extensions: [new x509.BasicConstraintsExtension(true)],
        },
        webcrypto,
      );
      const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
      const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' });
      return issueDevice({ certificate: `${made.toString('pem')}\n`, key: key.toString() }, { id: 'pump' }, tools);
    };
    const good = await between(clock.now() + 60_000);
    const alone = { ...good, certificate: String(certificatesIn(good.certificate)[0]) };
    expect(answer(alone, byAuthority('pump'))).toMatch(/issued by 'CN=Between', which this hub does not know/);
    expect(answer(good, byAuthority('pump'))).toBe('let in');
    // A TLS session that is taken up again brings the device's own certificate and none of the others.
    expect(answer(alone, byAuthority('pump'))).toBe('let in');
    expect(answer(alone, byAuthority('other'))).toMatch(/is of 'pump'/);
    expect(answer(await between(clock.now() - 1), byAuthority('pump'))).toMatch(
      /the intermediate CA 'CN=Between' expired at/,
    );
  });

  test('bytes that are no certificate are as good as none', () => {
    expect(access.checkCertificate({ chain: [Buffer.from('junk')] }, byAuthority('pump'))).toMatchObject({
      name: 'IotHubUnauthorized',
    });
  });
});

describe('by thumbprint', () => {
  let own: DevicePair;
  beforeAll(async () => {
    own = await selfSignedDevice({ id: 'whatever' }, tools);
  });

  test('SHA-1 or SHA-256, primary or secondary, whatever the name', () => {
    const { sha1, sha256 } = own.thumbprints;
    const answers = [byThumbprint(sha1), byThumbprint(sha256), byThumbprint(null, sha1), byThumbprint('AB', sha256)];
    expect(answers.map((to) => answer(own, to))).toEqual(['let in', 'let in', 'let in', 'let in']);
  });

  test('another thumbprint is refused and named, an expired certificate too', async () => {
    expect(answer(own, byThumbprint('A'.repeat(40)))).toBe(
      `401003 Unauthorized: the certificate's thumbprint ${own.thumbprints.sha1} is not one that 'pump' is registered with`,
    );
    const old = await selfSignedDevice({ id: 'pump', valid: 'expired' }, tools);
    expect(answer(old, byThumbprint(old.thumbprints.sha256))).toMatch(/^401003 .*the certificate expired at/);
  });
});

test('a device with a certificate is not let in by a key', () => {
  const token = 'SharedAccessSignature sr=myhub.localhost%2Fdevices%2Fpump&sig=aaaa&se=9999999999';
  expect(access.checkDevice(token, byAuthority('pump'))).toMatchObject({
    name: 'IotHubUnauthorized',
    message: "Unauthorized: 'pump' is registered with a certificate, not with keys",
  });
});

test('an authority that is none is refused when the hub opens', async () => {
  const open = (authority: string) =>
    openAccess({ clock, hostName: 'h', find: () => undefined, policies, authorities: [hubCa.certificate, authority] });
  expect(() => open('no certificate')).toThrow('deviceAuthorities[1]: is not a certificate in PEM form');
  const { certificate } = await selfSignedDevice({ id: 'pump' }, tools);
  expect(() => open(certificate)).toThrow("deviceAuthorities[1]: 'CN=pump' is not the certificate of a CA");
});

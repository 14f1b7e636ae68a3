// Certificates that are wrong in one way and right in every other, so that a hub can only mean that one when it refuses them.
import { randomBytes, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeAuthority } from '../../../simulators/certificates/issue.ts';
import { wrongCertificates } from '../../../simulators/lab/wrong-certificates.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const clock = new VirtualClock();
const pump = deviceId('pump-1');
const authority = await makeAuthority({ now: clock.now(), randomBytes });
const ca = new X509Certificate(authority.certificate);

/** What is right with a certificate. */
function rightOf(pem: string): string[] {
  const own = new X509Certificate(pem);
  return [
    ...(own.subject === 'CN=pump-1' ? ['name'] : []),
    ...(Date.parse(own.validTo) > clock.now() ? ['time'] : []),
    ...(own.checkIssued(ca) && own.verify(ca.publicKey) ? ['issuer'] : []),
  ];
}

test.each([
  ['expired', ['name', 'issuer']],
  ['wrong-name', ['time', 'issuer']],
  ['wrong-ca', ['name', 'time']],
] as const)('one that is %s has everything else right', async (which, right) => {
  const make = wrongCertificates(clock, authority);
  const { certificate, key } = await make(pump, which);
  expect(rightOf(certificate)).toEqual(right);
  expect(key).toContain('PRIVATE KEY');
});

test('each device keeps its own', async () => {
  const make = wrongCertificates(clock, authority);
  const [first, again, other] = await Promise.all([
    make(pump, 'expired'),
    make(pump, 'expired'),
    make(deviceId('pump-2'), 'expired'),
  ]);
  expect(again).toEqual(first);
  expect(other?.key).not.toBe(first?.key);
});

test('without a CA the device signs them itself, another one than it is registered with', async () => {
  const { certificate } = await wrongCertificates(clock, undefined)(pump, 'expired');
  const own = new X509Certificate(certificate);
  expect(own.verify(own.publicKey)).toBe(true);
  expect(rightOf(certificate)).toEqual(['name']);
});

test('one that could not be made is tried again', async () => {
  const make = wrongCertificates(clock, { ...authority, key: 'no key' });
  const first = await make(pump, 'expired').catch((error: unknown) => error);
  expect(first).toBeInstanceOf(Error);
  await expect(make(pump, 'expired')).rejects.not.toBe(first);
});

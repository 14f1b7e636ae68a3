// Devices and modules that show a certificate instead of sending a token.
import { randomBytes } from 'node:crypto';
import type { IClientOptions, MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { issueDevice, makeAuthority, selfSignedDevice } from '../../../../simulators/certificates/issue.ts';
import type { DevicePair, Pair } from '../../../../simulators/certificates/pair.ts';
import { ensureCertificates } from '../../../../simulators/hub/certificates/certificates.ts';
import type { Identity } from '../../../../simulators/hub/registry/registry.ts';
import { identityId } from '../../../../simulators/vocabulary/ids.ts';
import { identity } from '../parts.ts';
import { type Bench, hostName, openDoor } from './door-bench.ts';

const tools = { now: Date.now(), randomBytes };
const noKeys = { primaryKey: null, secondaryKey: null };
const noPrints = { primaryThumbprint: null, secondaryThumbprint: null };
const bySelf = (prints: Partial<Identity['authentication']['x509Thumbprint']>): Identity['authentication'] => ({
  type: 'selfSigned',
  symmetricKey: noKeys,
  x509Thumbprint: { ...noPrints, ...prints },
});
const byAuthority: Identity['authentication'] = {
  type: 'certificateAuthority',
  symmetricKey: noKeys,
  x509Thumbprint: noPrints,
};

let bench: Bench;
let ca: string;
let authority: Pair;
beforeAll(async () => {
  authority = await makeAuthority(tools);
  const made = await ensureCertificates({ hostName, clock: { now: Date.now } as never, randomBytes });
  ca = made.caPem;
  const tls = { key: made.serverKey, cert: made.serverCertificate, ca };
  bench = await openDoor({ tls, authorities: [authority.certificate] });
});
afterAll(() => bench.stop());
beforeEach(() => void bench.facts.all.splice(0));

const register = (id: string, authentication: Identity['authentication'], module?: string): void => {
  const made: Identity = { ...identity(id), authentication, ...(module === undefined ? {} : { moduleId: module }) };
  bench.devices.set(identityId(id, module), made);
};
const connect = (id: string, pair: Pair | undefined, more: IClientOptions = {}): Promise<MqttClient> =>
  bench.client(id, {
    protocol: 'mqtts',
    ca,
    servername: hostName,
    password: undefined as never,
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
    ...more,
  });

describe('let in', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'by the primary and by the secondary thumbprint, over %s',
    async (maxVersion) => {
      const one = await selfSignedDevice({ id: 'self' }, tools);
      const two = await selfSignedDevice({ id: 'self' }, tools);
      register(
        'self',
        bySelf({ primaryThumbprint: one.thumbprints.sha1, secondaryThumbprint: two.thumbprints.sha256 }),
      );
      for (const pair of [one, two]) {
        const client = await connect('self', pair, { maxVersion } as IClientOptions);
        await client.publishAsync('devices/self/messages/events/', 'x', { qos: 1 });
      }
      expect(bench.facts.of('device.connected')).toHaveLength(2);
    },
  );

  test('by a CA the hub trusts and the name of the device, or of the module', async () => {
    register('signed', byAuthority);
    register('signed', byAuthority, 'm');
    for (const id of ['signed', 'signed/m']) {
      await connect(id, await issueDevice(authority, { id }, tools));
      expect(bench.facts.of('device.connected').at(-1)).toMatchObject({ device: id, tls: true });
    }
  });

  test('by a token, whatever certificate they show', async () => {
    const stranger = await selfSignedDevice({ id: 'stranger' }, tools);
    await connect('d', stranger, { password: bench.token('d') });
  });
});

describe('refused with 5', () => {
  test.each<[string, string, Identity['authentication'], (() => Promise<DevicePair>) | undefined, string]>([
    ['no certificate', 'x', byAuthority, undefined, 'showed none'],
    [
      'another thumbprint',
      'x',
      bySelf({ primaryThumbprint: 'A'.repeat(40) }),
      () => selfSignedDevice({ id: 'x' }, tools),
      'thumbprint',
    ],
    ["another device's certificate", 'x', byAuthority, () => issueDevice(authority, { id: 'y' }, tools), "not of 'x'"],
    [
      'an expired certificate',
      'x',
      byAuthority,
      () => issueDevice(authority, { id: 'x', valid: 'expired' }, tools),
      'certificate',
    ],
    [
      "another CA's certificate",
      'x',
      byAuthority,
      async () => issueDevice(await makeAuthority(tools), { id: 'x' }, tools),
      '401003',
    ],
    [
      'a certificate for a device with keys',
      'd',
      identity('d').authentication,
      () => selfSignedDevice({ id: 'd' }, tools),
      'registered with keys',
    ],
    ['neither token nor certificate', 'd', identity('d').authentication, undefined, 'expected a SAS token'],
  ])('%s', async (_, id, authentication, pair, detail) => {
    const before = bench.devices.get(id);
    register(id, authentication);
    await expect(connect(id, await pair?.())).rejects.toMatchObject({ code: 5 });
    if (before) bench.devices.set(id, before);
    expect(bench.facts.of('device.refused')).toMatchObject([
      { device: id, code: 5, detail: expect.stringContaining(detail) },
    ]);
  });
});

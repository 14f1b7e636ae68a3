import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { certificateFiles, ensureCertificates } from '../../../../simulators/hub/certificates/certificates.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const day = 86_400_000;
const hostName = 'myhub.localhost';
const now = Date.now();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubfleet-certificates-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ensure = (at = now, host = hostName, where: string | undefined = folder) =>
  ensureCertificates({ folder: where, hostName: host, clock: new VirtualClock(at), randomBytes });

const path = (pair: 'authority' | 'server', part: 'certificate' | 'key') => join(folder, certificateFiles[pair][part]);

describe('made at first start', () => {
  test('a client that trusts the CA alone is let through to each name of the server', async () => {
    const { caPem, serverKey, serverCertificate } = await ensure();
    const server = createServer({ key: serverKey, cert: serverCertificate }, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (const name of [hostName, 'localhost']) {
      const authorized = await new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, ca: caPem, servername: name }, () => {
          resolve(socket.authorized);
          socket.destroy();
        });
        socket.on('error', reject);
      });
      expect(authorized).toBe(true);
    }
    await expect(
      new Promise((_, reject) => {
        connect({ host: '127.0.0.1', port, ca: caPem, servername: 'other.localhost' }).on('error', reject);
      }),
    ).rejects.toThrow('does not match');
    await new Promise((resolve) => server.close(resolve));
  });

  test('the server has P-256, two years, the loopback addresses and no address to ask for revocation', async () => {
    const { caPem, serverCertificate } = await ensure();
    const server = new X509Certificate(serverCertificate);
    const ca = new X509Certificate(caPem);
    expect(server.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(server.subjectAltName).toContain('IP Address:127.0.0.1');
    expect(server.subjectAltName).toContain('IP Address:0:0:0:0:0:0:0:1');
    expect(server.infoAccess).toBeUndefined();
    expect(Math.round((Date.parse(server.validTo) - now) / day)).toBe(730);
    expect(Math.round((Date.parse(ca.validTo) - now) / day)).toBe(3650);
    expect(ca.ca).toBe(true);
    expect(server.ca).toBe(false);
    expect(serverCertificate).toBe(`${serverCertificate.slice(0, serverCertificate.indexOf(caPem))}${caPem}`);
  });

  test('keys are readable by their owner alone', async () => {
    await ensure();
    expect((await stat(path('authority', 'key'))).mode & 0o777).toBe(0o600);
    expect((await stat(path('server', 'key'))).mode & 0o777).toBe(0o600);
  });

  test('without a folder two hubs share nothing and name no file', async () => {
    const one = await ensureCertificates({ hostName, clock: new VirtualClock(now), randomBytes });
    const other = await ensureCertificates({ hostName, clock: new VirtualClock(now), randomBytes });
    expect(one.caFile).toBeUndefined();
    expect(one.caPem).not.toBe(other.caPem);
  });
});

describe('kept', () => {
  test('the second start takes what the first made', async () => {
    const first = await ensure();
    expect(await ensure(now + 600 * day)).toEqual(first);
  });

  test.each([
    ['less than 30 days are left', () => ensure(now + 701 * day), 'it ended on'],
    ['the hub has another name', () => ensure(now, 'other.localhost'), 'it did not name other.localhost'],
    [
      'its file makes no sense',
      async () => {
        await writeFile(path('server', 'certificate'), 'nonsense');
        return ensure();
      },
      'it could not be read',
    ],
    [
      'its key belongs to another',
      async () => {
        const other = await ensureCertificates({ hostName, clock: new VirtualClock(now), randomBytes });
        await writeFile(path('server', 'key'), other.serverKey);
        return ensure();
      },
      'its key belonged to another certificate',
    ],
    [
      'another CA signed it',
      async () => {
        const other = await ensureCertificates({ hostName, clock: new VirtualClock(now), randomBytes });
        await writeFile(path('server', 'key'), other.serverKey);
        await writeFile(path('server', 'certificate'), other.serverCertificate);
        return ensure();
      },
      'it was signed by another CA',
    ],
  ])('the server certificate is made anew, and said so, when %s', async (_, again, why) => {
    const first = await ensure();
    const second = await again();
    expect(second.caPem).toBe(first.caPem);
    expect(second.serverCertificate).not.toBe(first.serverCertificate);
    expect(second.notices).toHaveLength(1);
    expect(second.notices[0]).toContain(why);
    expect(await readFile(path('server', 'certificate'), 'utf8')).toBe(second.serverCertificate);
  });
});

describe('a CA that cannot be used is never replaced', () => {
  const cases: [string, () => Promise<unknown>, 'certificate' | 'key', string][] = [
    ['its certificate is nonsense', () => writeFile(path('authority', 'certificate'), 'x'), 'certificate', 'PEM form'],
    ['its key is nonsense', () => writeFile(path('authority', 'key'), 'x'), 'key', 'PEM form'],
    ['its key is gone', () => unlink(path('authority', 'key')), 'key', 'is missing'],
    ['its certificate is gone', () => unlink(path('authority', 'certificate')), 'certificate', 'is missing'],
    [
      'its key is another one',
      async () => writeFile(path('authority', 'key'), await readFile(path('server', 'key'))),
      'key',
      'is not the key of',
    ],
    [
      'it is no CA',
      async () => {
        await writeFile(path('authority', 'certificate'), await readFile(path('server', 'certificate')));
        await writeFile(path('authority', 'key'), await readFile(path('server', 'key')));
      },
      'certificate',
      'is not the certificate of a CA',
    ],
    [
      'its file is a folder',
      async () => {
        await unlink(path('authority', 'certificate'));
        await mkdir(path('authority', 'certificate'));
      },
      'certificate',
      'cannot be read',
    ],
  ];
  test.each(cases)('%s', async (_, spoil, part, problem) => {
    await ensure();
    await spoil();
    const refused = await ensure().catch((error) => error);
    expect(refused).toMatchObject({ code: 'certificate.invalid', hint: expect.stringMatching(/\w/) });
    expect(refused.message).toContain(path('authority', part));
    expect(refused.message).toContain(problem);
  });

  test('after ten years', async () => {
    await ensure();
    await expect(ensure(now + 3651 * day)).rejects.toMatchObject({
      code: 'certificate.invalid',
      message: expect.stringContaining('ended on'),
    });
  });

  test('a folder that cannot be made is named', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(ensure(now, hostName, join(folder, 'file', 'sub'))).rejects.toMatchObject({
      code: 'data-folder.unusable',
      message: expect.stringContaining('sub'),
    });
  });
});

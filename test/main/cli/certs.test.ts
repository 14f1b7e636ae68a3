// `hubfleet certs` in memory: the files it writes, and what a hub says to each of them.
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CliHost, CliTools } from '../../../main/cli/host.ts';
import { runCli } from '../../../main/cli/run.ts';
import { certificatesIn } from '../../../simulators/certificates/pair.ts';
import { openAccess } from '../../../simulators/hub/access/access.ts';
import type { Identity } from '../../../simulators/hub/registry/registry.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { temporaryFolder } from '../support/temporary.ts';

const clock = new VirtualClock(Date.parse('2026-03-01T00:00:00Z'));

function aTerminal() {
  const dataDir = temporaryFolder();
  const out: string[] = [];
  const err: string[] = [];
  const run = async (...args: string[]) => {
    out.length = 0;
    err.length = 0;
    const host = {
      args,
      env: {},
      cwd: dataDir,
      dataDir,
      out: (text: string) => void out.push(text),
      err: (text: string) => void err.push(text),
    } as unknown as CliHost;
    return runCli(host, { version: '1.2.3', clock, randomBytes } as unknown as CliTools);
  };
  const json = () => JSON.parse(out.join('\n')) as Record<string, string> & { thumbprints: Record<string, string> };
  const hubCa = () => readFileSync(join(dataDir, 'hub', 'ca.pem'), 'utf8');
  return { dataDir, out, err, run, json, hubCa };
}

const noKeys = { primaryKey: null, secondaryKey: null };
const unprinted = { primaryThumbprint: null, secondaryThumbprint: null };
const pump: Identity = {
  deviceId: deviceId('pump'),
  generationId: '1',
  etag: 'a',
  status: 'enabled',
  statusUpdatedTime: '',
  authentication: { type: 'certificateAuthority', symmetricKey: noKeys, x509Thumbprint: unprinted },
  capabilities: { iotEdge: false },
};

function verdict(file: string, authorities: readonly string[], identity = pump): string {
  const access = openAccess({ clock, hostName: 'h', find: () => undefined, policies: [], authorities });
  const chain = certificatesIn(readFileSync(file, 'utf8')).map(({ raw }) => raw);
  const answer = access.checkCertificate({ chain }, identity);
  return answer instanceof Refusal ? answer.message : 'let in';
}

describe('certs device', () => {
  test.each([
    [[], /^let in$/],
    [['--expired'], /the certificate expired at 2026-02-28/],
    [['--not-yet-valid'], /the certificate is not valid before 2027-03/],
    [['--wrong-name'], /the certificate is of 'not-pump', not of 'pump'/],
    [['--wrong-ca'], /which this hub does not know as a CA of devices/],
  ])('%j makes a certificate that the hub answers as it says', async (flags, expected) => {
    const { run, json, hubCa } = aTerminal();
    expect(await run('certs', 'device', 'other', '--out', 'certs')).toBe(0); // makes the hub's CA
    expect(await run('certs', 'device', 'pump', '--out', 'certs', '--json', ...flags)).toBe(0);
    expect(verdict(json().certificate ?? '', [hubCa()])).toMatch(expected);
  });

  test('writes files for their owner alone, in one line of JSON, and says what it replaced', async () => {
    const { run, json, out, err, dataDir } = aTerminal();
    expect(await run('certs', 'device', 'a#1/m', '--out', 'certs', '--json')).toBe(0);
    const certificate = join(dataDir, 'certs', 'a%231%2Fm.pem');
    const key = join(dataDir, 'certs', 'a%231%2Fm-key.pem');
    const made = new X509Certificate(readFileSync(certificate));
    expect(made.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true);
    expect(out).toHaveLength(1);
    expect(json()).toEqual({
      id: 'a#1/m',
      certificate,
      key,
      thumbprints: { sha1: made.fingerprint.replaceAll(':', ''), sha256: expect.stringMatching(/^[0-9A-F]{64}$/) },
      authentication: 'certificateAuthority',
      ca: join(dataDir, 'hub', 'ca.pem'),
      replaced: [],
    });
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(err).toEqual([]);
    await run('certs', 'device', 'a#1/m', '--out', 'certs', '--json');
    expect(err).toEqual([`replaced ${certificate}`, `replaced ${key}`]);
    expect(json().replaced).toEqual([certificate, key]);
  });

  test('--self-signed is known by its thumbprint', async () => {
    const { run, json } = aTerminal();
    expect(await run('certs', 'device', 'pump', '--self-signed', '--out', '.', '--json')).toBe(0);
    const { certificate = '', thumbprints, authentication, ca } = json();
    expect([authentication, ca]).toEqual(['selfSigned', null]);
    const x509Thumbprint = { primaryThumbprint: thumbprints.sha256 ?? '', secondaryThumbprint: null };
    const known: Identity = {
      ...pump,
      authentication: { type: 'selfSigned', symmetricKey: noKeys, x509Thumbprint },
    };
    expect(verdict(certificate, [], known)).toBe('let in');
  });

  test.each([
    [['--self-signed', '--wrong-ca'], '--self-signed and --wrong-ca: give one of them'],
    [['--expired', '--not-yet-valid'], '--expired and --not-yet-valid: give one of them'],
    [['--ca', 'nowhere'], 'nowhere/ca.pem is not there\nhubfleet certs ca --out nowhere makes it.'],
  ])('%j is refused', async (flags, sentence) => {
    const { run, err } = aTerminal();
    expect(await run('certs', 'device', 'pump', '--out', '.', ...flags)).toBe(2);
    expect(err.join()).toContain(sentence);
  });

  test('an id that is none is refused', async () => {
    const { run, err } = aTerminal();
    expect(await run('certs', 'device', 'a b', '--out', '.')).toBe(2);
    expect(err.join()).toContain('Expected a device id of 1 to 128 characters');
  });
});

test('certs ca makes a CA that signs for devices, and never overwrites one', async () => {
  const { run, json, err } = aTerminal();
  expect(await run('certs', 'ca', '--out', 'mine', '--json')).toBe(0);
  const { ca = '', key = '', thumbprints } = json();
  expect(thumbprints.sha256).toMatch(/^[0-9A-F]{64}$/);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(await run('certs', 'device', 'pump', '--ca', 'mine', '--out', '.', '--json')).toBe(0);
  expect(json().ca).toBe(ca);
  expect(verdict(json().certificate ?? '', [readFileSync(ca, 'utf8')])).toBe('let in');
  expect(await run('certs', 'ca', '--out', 'mine')).toBe(2);
  expect(err.join()).toContain('ca.pem is there already, and a CA is never overwritten');
});

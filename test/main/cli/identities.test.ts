// `hubfleet devices` and `modules` against a hub: what is registered, what is printed, and what is left of a device that is deleted.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { certificatesIn, thumbprintsOf } from '../../../simulators/certificates/pair.ts';
import { systemClock } from '../../../simulators/clock/system.ts';
import { openHub } from '../../../simulators/hub/hub.ts';
import { openInvoker } from '../../../simulators/invoker/invoker.ts';
import { aTerminal } from './a-terminal.ts';

async function aTerminalAtAHub() {
  const clock = systemClock();
  const hub = await openHub({
    ...{ clock, randomBytes, emit: () => {}, folder: undefined, hostName: 'hub.example.test' },
    listen: { host: '127.0.0.1', https: false, http: 0, mqtts: false, mqtt: false, amqps: false, amqp: false },
  });
  onTestFinished(() => hub.stop());
  const { http } = hub.status.doors;
  if (http === undefined) throw new Error('the plain http door is shut');
  const connectionString = hub.status.connectionStrings.iothubowner ?? '';
  const open = async () => openInvoker({ connectionString, clock, address: { ...http, tls: false } });
  const terminal = aTerminal({}, {}, { clock, randomBytes, openInvoker: open });
  const look = await open();
  onTestFinished(() => look.close());
  return {
    ...terminal,
    run: (...args: string[]) => terminal.run(...args, '--hub', connectionString),
    /** What the hub's registry has. */
    registered: async (id: string) =>
      (JSON.parse((await look.getDevice(id)).body) as { authentication?: { type: string; x509Thumbprint: object } })
        .authentication,
    said: () => terminal.out.splice(0).join('\n'),
  };
}

const sha1 = '0123456789abcdef0123456789ABCDEF01234567';

describe('a device with a certificate', () => {
  test('is registered by the thumbprint of the file that certs made', async () => {
    const { run, registered, said, dataDir, host } = await aTerminalAtAHub();
    const made = aTerminal({}, { cwd: host.cwd }, { clock: systemClock(), randomBytes });
    expect(await made.run('certs', 'device', 'pump', '--self-signed', '--out', 'certificates')).toBe(0);
    const file = join('certificates', 'pump.pem');
    expect(await run('devices', 'create', 'pump', '--certificate', file)).toBe(0);
    expect(said()).toBe('HostName=hub.example.test;DeviceId=pump;x509=true');
    const [own] = certificatesIn(readFileSync(join(dataDir, file), 'utf8'));
    expect(own && thumbprintsOf(own).sha256).toHaveLength(64);
    expect(await registered('pump')).toMatchObject({
      type: 'selfSigned',
      x509Thumbprint: { primaryThumbprint: own && thumbprintsOf(own).sha256, secondaryThumbprint: null },
    });
  });

  test('is registered by thumbprints as openssl writes them, two at most', async () => {
    const { run, registered, said, err } = await aTerminalAtAHub();
    const colons = sha1.replace(/..(?!$)/g, '$&:');
    const two = ['--thumbprint', colons, '--thumbprint', 'a'.repeat(64)];
    expect(await run('devices', 'create', 'pump', ...two, '--json')).toBe(0);
    expect(JSON.parse(said())).toEqual({
      ...{ deviceId: 'pump', connectionString: 'HostName=hub.example.test;DeviceId=pump;x509=true' },
    });
    expect(await registered('pump')).toMatchObject({
      x509Thumbprint: { primaryThumbprint: sha1.toUpperCase(), secondaryThumbprint: 'A'.repeat(64) },
    });
    expect(await run('devices', 'create', 'other', ...two, '--thumbprint', sha1)).toBe(2);
    expect(err).toEqual(['hubfleet: --certificate, --thumbprint: 3 given; at most two are kept']);
  });

  test('of a CA needs nothing but the word, and so does a module', async () => {
    const { run, registered, said } = await aTerminalAtAHub();
    expect(await run('devices', 'create', 'pump', '--auth', 'x509-ca')).toBe(0);
    expect(await run('modules', 'create', 'pump/eye', '--auth', 'x509-ca')).toBe(0);
    expect(said().split('\n')).toEqual([
      'HostName=hub.example.test;DeviceId=pump;x509=true',
      'HostName=hub.example.test;DeviceId=pump;ModuleId=eye;x509=true',
    ]);
    for (const id of ['pump', 'pump/eye']) expect(await registered(id)).toMatchObject({ type: 'certificateAuthority' });
  });

  test.each([
    [['--auth', 'x509-self-signed'], '--auth x509-self-signed: needs --certificate or --thumbprint'],
    [['--auth', 'x509-ca', '--thumbprint', sha1], '--auth x509-ca: goes without --certificate and --thumbprint'],
    [['--auth', 'sas', '--thumbprint', sha1], '--auth sas: goes without --certificate and --thumbprint'],
    [['--thumbprint', '12'], "'12' is invalid. Expected 40 (SHA-1) or 64 (SHA-256) hexadecimal digits."],
    [['--certificate', 'no.pem'], '--certificate: no.pem cannot be read'],
    [['--certificate', 'text.pem'], '--certificate: text.pem holds no certificate in PEM form'],
  ])('is not made from %j', async (flags, sentence) => {
    const { run, err, host, registered } = await aTerminalAtAHub();
    writeFileSync(join(host.cwd, 'text.pem'), 'a text');
    expect(await run('devices', 'create', 'pump', ...flags)).toBe(2);
    expect(err.join('\n')).toContain(sentence);
    expect(await registered('pump')).toBeUndefined();
  });
});

test('a list of devices names no modules, and a device takes its modules with it', async () => {
  const { run, said } = await aTerminalAtAHub();
  await run('devices', 'create', 'pump');
  await run('modules', 'create', 'pump', 'eye');
  await run('modules', 'create', 'pump/ear');
  said();
  await run('devices', 'list');
  expect(said()).toBe('pump\tenabled\tDisconnected');
  await run('modules', 'list', 'pump');
  expect(said()).toBe('pump/ear\tDisconnected\npump/eye\tDisconnected');
  expect(await run('modules', 'delete', 'pump/ear')).toBe(0);
  expect(await run('devices', 'delete', 'pump')).toBe(0);
  expect(said()).toBe('deleted pump/ear\ndeleted pump');
  expect(await run('modules', 'list', 'pump')).toBe(1);
  await run('devices', 'list', '--json');
  expect(said()).toBe('[]');
});

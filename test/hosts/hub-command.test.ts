// `hubfleet hub` and the service commands as processes: what scripts may rely on.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../main/support/temporary.ts';
import { type Running, run, start, withBuild } from './support.ts';

withBuild();

const anyPorts = ['--https-port', '0', '--mqtts-port', '0', '--amqps-port', '0'];
interface Ready {
  readonly ready: true;
  readonly https: { readonly host: string; readonly port: number };
  readonly mqtts: { readonly host: string; readonly port: number };
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly connectionStrings: Record<string, string>;
  readonly ca: string;
  readonly dataDir: string | null;
}
async function startHub(dataDir: string, ...args: string[]): Promise<{ hub: Running; ready: Ready }> {
  const hub = start(dataDir, ['hub', '--json', ...anyPorts, ...args]);
  return { hub, ready: JSON.parse(await hub.firstLine) };
}

describe('a hub that runs', () => {
  const dataDir = temporaryFolder();
  let hub: Running;
  let ready: Ready;
  beforeAll(async () => {
    ({ hub, ready } = await startHub(dataDir));
  });

  test('says where it listens, how to reach it and what to trust', () => {
    expect(ready).toMatchObject({ ready: true, dataDir });
    for (const door of [ready.https, ready.mqtts, ready.mqtt]) {
      expect(door.host).toBe('127.0.0.1');
      expect(door.port).toBeGreaterThan(0);
    }
    expect(Object.keys(ready.connectionStrings).sort()).toEqual([
      'device',
      'iothubowner',
      'registryRead',
      'registryReadWrite',
      'service',
    ]);
    expect(readFileSync(ready.ca, 'utf8')).toContain('-----BEGIN CERTIFICATE-----');
  });

  test('creates, lists and deletes devices for whoever is on the same data folder', async () => {
    const created = await run(dataDir, ['devices', 'create', 'pump-1']);
    expect(created.err).toBe('');
    expect(created.out).toMatch(/^HostName=127\.0\.0\.1;DeviceId=pump-1;SharedAccessKey=[\w+/]+=*\n$/);
    const listed = await run(dataDir, ['devices', 'list', '--json']);
    expect(JSON.parse(listed.out)).toMatchObject([{ deviceId: 'pump-1', status: 'enabled' }]);
    expect(await run(dataDir, ['devices', 'create', 'pump-1'])).toMatchObject({ code: 1, out: '' });
    expect(await run(dataDir, ['devices', 'delete', 'pump-1'])).toMatchObject({ code: 0, out: 'deleted pump-1\n' });
    expect(await run(dataDir, ['devices', 'delete', 'pump-1'])).toMatchObject({ code: 1 });
  });

  test('is found by its connection string, in a flag or in the environment', async () => {
    const owner = ready.connectionStrings.iothubowner ?? '';
    await run(dataDir, ['devices', 'create', 'pump-2', '--hub', owner]);
    const twin = await run(dataDir, ['twin', 'pump-2', '--json'], { IOTHUB_CONNECTION_STRING: owner });
    expect(JSON.parse(twin.out)).toMatchObject({ deviceId: 'pump-2', properties: { desired: { $version: 1 } } });
  });

  test('is reached from elsewhere by port and CA', async () => {
    const owner = ready.connectionStrings.iothubowner ?? '';
    const far = ['--hub', owner, '--port', String(ready.https.port)];
    const elsewhere = temporaryFolder();
    expect(await run(elsewhere, ['devices', 'list', ...far, '--ca', ready.ca])).toMatchObject({ code: 0 });
    const viaNode = await run(elsewhere, ['devices', 'list', ...far], { NODE_EXTRA_CA_CERTS: ready.ca });
    expect(viaNode.code).toBe(0);
    const untrusted = await run(elsewhere, ['devices', 'list', ...far]);
    expect(untrusted.code).toBe(3);
    expect(untrusted.err).toContain('not trusted');
  });

  test('answers an offline device with 404, and the command ends with 1', async () => {
    await run(dataDir, ['devices', 'create', 'pump-3']);
    const { code, out } = await run(dataDir, ['invoke', 'pump-3', 'reboot', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ httpStatus: 404, error: { name: 'DeviceNotOnline', number: 404_103 } });
  });

  test('refuses a wrong key with its own words', async () => {
    const wrong = (ready.connectionStrings.iothubowner ?? '').replace(/SharedAccessKey=.*/, 'SharedAccessKey=d3Jvbmc=');
    const far = ['--hub', wrong, '--port', String(ready.https.port), '--ca', ready.ca];
    const { code, err } = await run(dataDir, ['devices', 'list', ...far]);
    expect(code).toBe(1);
    expect(err).toContain('401');
  });

  test('accepts the token that --sas prints', async () => {
    const { out: token } = await run(dataDir, ['hub', '--sas', 'service']);
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        {
          host: ready.https.host,
          port: ready.https.port,
          path: '/twins/nobody?api-version=2021-04-12',
          ca: readFileSync(ready.ca),
          headers: { authorization: token.trim() },
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      sent.on('error', reject);
      sent.end();
    });
    expect(status).toBe(404); // let in, and there is no such device
  });

  test('does not share its data folder: a second one is refused with a sentence', async () => {
    const second = await run(dataDir, ['hub', '--json', ...anyPorts]);
    expect(second.code).toBe(2);
    expect(second.out).toBe('');
    expect(second.err).toContain(dataDir);
    const window = await run(dataDir, ['start', '--no-open', '--json', ...anyPorts]);
    expect(window).toMatchObject({ code: 2, out: '' });
    expect(await run(dataDir, ['devices', 'list'])).toMatchObject({ code: 0 }); // the first one is none the worse
  });

  test('stops cleanly on SIGTERM, and is found no more', async () => {
    hub.process.kill('SIGTERM');
    expect(await hub.finished).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(dataDir).sort()).toEqual(['hub', 'running']);
    const { code, err } = await run(dataDir, ['devices', 'list']);
    expect(code).toBe(3);
    expect(err).toContain('no local hub runs');
  });

  test('has the same keys, CA and devices when it starts again', async () => {
    const again = await startHub(dataDir);
    expect(again.ready.connectionStrings).toEqual(ready.connectionStrings);
    expect(again.ready.ca).toBe(ready.ca);
    expect((await run(dataDir, ['twin', 'pump-2'])).code).toBe(0);
    again.hub.process.kill('SIGINT');
    expect((await again.hub.finished).code).toBe(0);
  });

  test('gives a token and trust steps while it is stopped', async () => {
    const token = await run(dataDir, ['hub', '--sas', 'service', '--json']);
    expect(JSON.parse(token.out).token).toMatch(/^SharedAccessSignature sr=127\.0\.0\.1&sig=.+&se=\d+&skn=service$/);
    expect((await run(dataDir, ['hub', '--sas', 'nobody'])).code).toBe(2);
    expect((await run(dataDir, ['hub', '--trust'])).out).toContain(`NODE_EXTRA_CA_CERTS=${ready.ca}`);
  });
});

test('an ephemeral hub leaves nothing behind, and is found by its connection string while it runs', async () => {
  const dataDir = temporaryFolder();
  const { hub, ready } = await startHub(dataDir, '--ephemeral');
  expect(ready.dataDir).toBeNull();
  const owner = ready.connectionStrings.iothubowner ?? '';
  expect((await run(dataDir, ['devices', 'create', 'd', '--hub', owner])).code).toBe(0);
  hub.process.kill('SIGTERM');
  expect((await hub.finished).code).toBe(0);
  expect(readdirSync(dataDir)).toEqual(['running']);
  expect(readdirSync(join(dataDir, 'running'))).toEqual([]);
  expect(() => readFileSync(ready.ca)).toThrow('ENOENT');
});

test('a taken port is one sentence and exit code 2', async () => {
  const { hub, ready } = await startHub(temporaryFolder());
  const port = String(ready.mqtts.port);
  const { code, err, out } = await run(temporaryFolder(), [
    'hub',
    '--https-port',
    '0',
    '--mqtts-port',
    port,
    '--amqps-port',
    '0',
  ]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(port);
  hub.process.kill('SIGTERM');
  await hub.finished;
});

test('a data folder that is a file is one sentence and exit code 2', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const { code, err } = await run(temporaryFolder(), ['hub', '--data-dir', file, ...anyPorts]);
  expect(code).toBe(2);
  expect(err).toContain(`the data folder ${file} cannot be used`);
});

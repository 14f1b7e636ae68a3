// The command line in memory: what it prints, what it asks of the hub, and the code it ends with.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { announceHub } from '../../../main/workspace/running-hubs.ts';
import { startOptions } from '../../../main/workspace/start-options.ts';
import { systemClock } from '../../../simulators/clock/system.ts';
import type { MethodCall } from '../../../simulators/invoker/invoker.ts';
import type { LabOptions } from '../../../simulators/lab/lab.ts';
import { parseToken, verifyToken } from '../../../simulators/tokens/sas-token.ts';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { fakeLab, status } from '../support/fake-lab.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { aTerminal, refused, remote } from './a-terminal.ts';

/** Runs a command that goes on until it is stopped; stops it once it has said that it is ready. */
async function untilReady(terminal: ReturnType<typeof aTerminal>, ...args: string[]): Promise<number> {
  const ended = terminal.run(...args);
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (terminal.out.length === 0 && !over) await new Promise((resolve) => setImmediate(resolve));
  terminal.stop();
  return ended;
}

describe('usage', () => {
  test('help names every command and ends with 0', async () => {
    const { run, out } = aTerminal();
    expect(await run('--help')).toBe(0);
    for (const command of [
      'start',
      'hub',
      'fleet',
      'fault',
      'devices',
      'invoke',
      'twin',
      'modules',
      'query',
      'jobs',
      'send',
    ])
      expect(out.join('\n')).toContain(`  ${command} `);
  });

  test('the version is printed', async () => {
    const { run, out } = aTerminal();
    expect(await run('--version')).toBe(0);
    expect(out).toEqual(['1.2.3']);
  });

  test.each([
    [['hub', '--https-prot', '1'], "hubfleet: unknown option '--https-prot' (Did you mean --https-port?)"],
    [
      ['hub', '--https-port', '70000'],
      "'70000' is invalid. Expected a whole number from 0 to 65535, 0 for any free one.",
    ],
    [['hub', '--https-port', '-1'], 'Expected a whole number from 0 to 65535'],
    [['hub', '--mqtts-port', '88e1'], 'Expected a whole number from 0 to 65535'],
    [['hub', '--host-name', 'localhost'], 'Expected a host name with a dot'],
    [['start', '--host', 'phone'], 'Allowed choices are desktop, browser.'],
    [['start', '--headless', '--host', 'browser'], '--headless: opens no window, so --host says nothing'],
    [['start', '--seed', '4294967296'], 'from 0 to 4294967295'],
    [['devices', 'create', 'a b'], "'a b' is invalid"],
    [['devices', 'delete', 'pump/eye'], 'Expected a device; modules have commands of their own: hubfleet modules.'],
    [['jobs', 'show', 'a/b'], 'Expected 1 to 128 characters'],
    [['devices', 'create'], "missing required argument 'id'"],
    [['devices', 'rename'], "unknown command 'rename'"],
    [['invoke', 'd', 'm', '--response-timeout', '4'], "'4' is invalid. Expected a whole number from 5 to 300 s."],
    [['invoke', 'd', 'm', '--connect-timeout', '301'], "'301' is invalid. Expected a whole number from 0 to 300 s."],
    [['invoke', 'd', 'm', '--payload', '{'], 'Expected JSON'],
    [['twin', 'd', 'more'], 'too many arguments'],
    [['fly'], "unknown command 'fly'"],
    [['hub', '--ephemeral', '--trust'], '--ephemeral: a hub that keeps nothing'],
    [['hub', '--sas', 'service', '--lifetime', '0'], "'0' is invalid. Expected a whole number from 1"],
    [['twin', 'd', '--hub', remote, '--ca', 'nowhere.pem'], 'nowhere.pem cannot be read'],
  ])('%j is one sentence and exit code 2', async (args, sentence) => {
    const { run, out, err } = aTerminal();
    expect(await run(...args)).toBe(2);
    expect(err.join('\n')).toContain(sentence);
    expect(out).toEqual([]);
  });

  test('a file that holds no certificate is not taken for one', async () => {
    const { run, err, dataDir } = aTerminal();
    writeFileSync(join(dataDir, 'key.pem'), '-----BEGIN PRIVATE KEY-----');
    expect(await run('twin', 'd', '--hub', remote, '--ca', 'key.pem')).toBe(2);
    expect(err[0]).toContain('holds no certificate in PEM form');
  });
});

describe('hubfleet hub', () => {
  test('prints one line when it is ready and stops cleanly', async () => {
    const terminal = aTerminal();
    expect(
      await untilReady(terminal, 'hub', '--json', '--https-port', '0', '--mqtts-port', '0', '--amqps-port', '0'),
    ).toBe(0);
    expect(terminal.out).toHaveLength(1);
    expect(JSON.parse(terminal.out[0] ?? '')).toEqual({
      ready: true,
      hostName: '127.0.0.1',
      ...status.doors,
      ws: { ...status.doors.https, path: '/$iothub/websocket' },
      connectionStrings: status.connectionStrings,
      ca: '/data/ca.pem',
      dataDir: terminal.dataDir,
    });
    expect(terminal.stopped).toEqual(['hub']);
    expect(terminal.hubs[0]).toMatchObject({
      folder: join(terminal.dataDir, 'hub'),
      listen: { host: '127.0.0.1', https: 0, mqtts: 0, mqtt: 0, http: false },
    });
    expect(existsSync(join(terminal.dataDir, 'access.json'))).toBe(false);
    expect(readdirSync(join(terminal.dataDir, 'running'))).toEqual([]);
  });

  test('prints what happens after the ready line when asked to, and nothing otherwise', async () => {
    for (const [flags, lines] of [
      [['--facts'], 2],
      [[], 1],
    ] as const) {
      const terminal = aTerminal();
      const running = terminal.run(
        'hub',
        '--json',
        '--https-port',
        '0',
        '--mqtts-port',
        '0',
        '--amqps-port',
        '0',
        ...flags,
      );
      await expect.poll(() => terminal.out.length).toBe(1);
      terminal.hubs[0]?.emit({ type: 'twin.fetched', at: 5, device: deviceId('d') });
      terminal.stop();
      expect(await running).toBe(0);
      expect(terminal.out).toHaveLength(lines);
      if (lines === 2) expect(JSON.parse(terminal.out[1] ?? '')).toEqual({ type: 'twin.fetched', at: 5, device: 'd' });
    }
  });

  test('keeps nothing when ephemeral, and still has a CA file while it runs', async () => {
    const terminal = aTerminal({}, {}, {});
    const code = await untilReady(
      terminal,
      'hub',
      '--json',
      '--ephemeral',
      '--https-port',
      '0',
      '--mqtts-port',
      '0',
      '--amqps-port',
      '0',
    );
    expect(code).toBe(0);
    expect(terminal.hubs[0]?.folder).toBeUndefined();
    expect(JSON.parse(terminal.out[0] ?? '').dataDir).toBeNull();
  });

  test('a taken port ends it with 2', async () => {
    const { run, err } = aTerminal(
      {},
      {},
      {
        openHub: async () => {
          throw new LabError('port.taken', 'mqtts: port 8883 is taken', 'Choose another.');
        },
      },
    );
    expect(await run('hub', '--https-port', '0', '--mqtts-port', '8883', '--amqps-port', '0')).toBe(2);
    expect(err).toEqual(['hubfleet: mqtts: port 8883 is taken\nChoose another.']);
  });

  test('--trust prints steps for each SDK with the path of the CA', async () => {
    const { run, out, hubs } = aTerminal();
    expect(await run('hub', '--trust')).toBe(0);
    const text = out.join('\n');
    for (const part of ['Node', 'NODE_EXTRA_CA_CERTS=/data/ca.pem', 'Python', '.NET', 'Java', 'curl'])
      expect(text).toContain(part);
    expect(hubs[0]?.listen).toMatchObject({
      https: false,
      http: false,
      mqtts: false,
      mqtt: false,
      amqps: false,
      amqp: false,
    });
  });

  test('--sas on a stopped hub asks the hub on the folder, with every door shut', async () => {
    const { run, out, stopped, hubs } = aTerminal();
    expect(await run('hub', '--sas', 'service', '--lifetime', '60')).toBe(0);
    expect(out).toEqual(['token of service for 60']);
    expect(hubs[0]?.listen.https).toBe(false);
    expect(stopped).toEqual(['hub']);
  });

  test('--sas on a running hub signs with the key it wrote down', async () => {
    const { run, out, err, hubs, dataDir } = aTerminal();
    announceHub(status, { dataDir, usualDataDir: dataDir, process: process.pid });
    expect(await run('hub', '--sas', 'service')).toBe(0);
    const token = parseToken(out[0] ?? '');
    expect(token).toMatchObject({ skn: 'service', sr: '127.0.0.1' });
    expect(token && verifyToken(token, 'c2VydmljZQ==')).toBe(true);
    expect(hubs).toEqual([]);
    expect(await run('hub', '--sas', 'owner')).toBe(2);
    expect(err[0]).toContain("there is no policy 'owner'; there are iothubowner, service");
  });
});

describe('which hub a service command talks to', () => {
  const twin = { getTwin: async () => ({ status: 200, body: '{"deviceId":"d"}' }) };

  test('the one named by --hub, over port 443, with nothing trusted but what Node trusts', async () => {
    const { run, opened } = aTerminal(twin, {
      env: { IOTHUB_CONNECTION_STRING: 'HostName=other.example;SharedAccessKeyName=x;SharedAccessKey=eA==' },
    });
    expect(await run('twin', 'd', '--hub', remote)).toBe(0);
    expect(opened).toMatchObject([{ connectionString: remote }]);
    expect(opened[0]?.address).toBeUndefined();
    expect(opened[0]?.ca).toBeUndefined();
  });

  test('else the one in IOTHUB_CONNECTION_STRING', async () => {
    const { run, opened } = aTerminal(twin, { env: { IOTHUB_CONNECTION_STRING: remote } });
    await run('twin', 'd');
    expect(opened[0]?.connectionString).toBe(remote);
  });

  test('else the local hub that runs, on its own port with its own CA', async () => {
    const { run, opened, dataDir } = aTerminal(twin);
    announceHub(status, { dataDir, usualDataDir: dataDir, process: process.pid });
    await run('twin', 'd');
    expect(opened).toMatchObject([
      {
        connectionString: status.connectionStrings.iothubowner,
        address: { host: '127.0.0.1', port: 50_443, tls: true },
        ca: status.ca.pem,
      },
    ]);
  });

  test('a local hub is found by its connection string alone, wherever its data folder is', async () => {
    const { run, opened, dataDir } = aTerminal(twin);
    announceHub(status, { dataDir: temporaryFolder(), usualDataDir: dataDir, process: process.pid });
    await run('twin', 'd', '--hub', status.connectionStrings.service ?? '');
    expect(opened[0]).toMatchObject({ address: { port: 50_443 }, ca: status.ca.pem });
  });

  test('flags win over what is known', async () => {
    const { run, opened } = aTerminal(twin);
    await run('twin', 'd', '--hub', remote, '--port', '8443');
    expect(opened[0]?.address).toEqual({ host: 'far.example.net', port: 8443, tls: true });
  });

  test('without any it ends with 3 and says how to start one', async () => {
    const { run, err } = aTerminal(twin);
    expect(await run('twin', 'd')).toBe(3);
    expect(err[0]).toContain('hubfleet hub');
  });

  test('one that cannot be reached ends with 3', async () => {
    const { run } = aTerminal({
      getTwin: async () => {
        throw new LabError('hub.unreachable', 'no answer');
      },
    });
    expect(await run('twin', 'd', '--hub', remote)).toBe(3);
  });
});

describe('service commands', () => {
  const at = ['--hub', remote];

  test('devices create prints the connection string', async () => {
    const body = JSON.stringify({ deviceId: 'pump', authentication: { symmetricKey: { primaryKey: 'a2V5' } } });
    const { run, out, stopped } = aTerminal({ createDevice: async () => ({ status: 200, body }) });
    const text = 'HostName=127.0.0.1;DeviceId=pump;SharedAccessKey=a2V5';
    expect(await run('devices', 'create', 'pump', ...at)).toBe(0);
    expect(await run('devices', 'create', 'pump', '--json', ...at)).toBe(0);
    expect(out).toEqual([text, JSON.stringify({ deviceId: 'pump', connectionString: text })]);
    expect(stopped).toEqual(['invoker', 'invoker']);
  });

  test('devices list shows no keys', async () => {
    const device = {
      deviceId: 'a',
      status: 'enabled',
      connectionState: 'Connected',
      authentication: { symmetricKey: { primaryKey: 'secret' } },
    };
    const { run, out } = aTerminal({ listDevices: async () => ({ status: 200, body: JSON.stringify([device]) }) });
    await run('devices', 'list', ...at);
    await run('devices', 'list', '--json', ...at);
    expect(out[0]).toBe('a\tenabled\tConnected');
    expect(JSON.parse(out[1] ?? '')).toEqual([{ deviceId: 'a', status: 'enabled', connectionState: 'Connected' }]);
  });

  test('what the hub refuses ends with 1 and its own words, cause and fix', async () => {
    const { run, err, out } = aTerminal({ deleteDevice: async () => refused });
    expect(await run('devices', 'delete', 'a', ...at)).toBe(1);
    expect(err).toEqual(['hubfleet: the hub answered 404 404103 DeviceNotOnline: Timed out\nIt is off. Start it.']);
    expect(out).toEqual([]);
  });

  test('invoke hands the payload on as it was typed, and shows both statuses apart', async () => {
    const calls: MethodCall[] = [];
    const answer = { status: 200, body: '', deviceStatus: 404, payload: '{"a":1}' };
    const { run, out } = aTerminal({
      async invoke(_, call) {
        calls.push(call);
        return answer;
      },
    });
    const flags = ['--payload', '{ "n": 1.0 }', '--response-timeout', '5', '--connect-timeout', '300'];
    expect(await run('invoke', 'pump', 'reboot', ...flags, ...at)).toBe(0);
    expect(calls).toEqual([{ method: 'reboot', payload: '{ "n": 1.0 }', responseTimeout: 5, connectTimeout: 300 }]);
    expect(out).toEqual(['HTTP 200, device status 404, 0 ms', '{"a":1}']);
    await run('invoke', 'pump', 'reboot', '--json', ...at);
    expect(calls[1]).toEqual({ method: 'reboot' });
    expect(JSON.parse(out[2] ?? '')).toEqual({
      device: 'pump',
      method: 'reboot',
      httpStatus: 200,
      deviceStatus: 404,
      payload: { a: 1 },
      durationMs: 0,
    });
  });

  test('invoke --json prints a refusal too, and ends with 1', async () => {
    const { run, out } = aTerminal({ invoke: async () => refused });
    expect(await run('invoke', 'pump', 'reboot', '--json', ...at)).toBe(1);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      httpStatus: 404,
      error: { name: 'DeviceNotOnline', number: 404_103 },
    });
  });
});

describe('hubfleet start', () => {
  const window = temporaryFolder();
  writeFileSync(join(window, 'index.html'), '<!doctype html>');
  const ports = ['--https-port', '0', '--mqtts-port', '0', '--amqps-port', '0'];

  test('serves the browser host and prints one line with the address', async () => {
    const terminal = aTerminal({}, {}, { window });
    expect(await untilReady(terminal, 'start', '--no-open', '--json', '--seed', '5', ...ports)).toBe(0);
    expect(terminal.out).toHaveLength(1);
    const line = JSON.parse(terminal.out[0] ?? '');
    expect(line).toMatchObject({ ready: true, host: 'browser', seed: 5, dataDir: terminal.dataDir });
    expect(line.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
  });

  test('without a window it prints one line with the way to command it', async () => {
    const terminal = aTerminal();
    expect(await untilReady(terminal, 'start', '--headless', '--json', '--seed', '5', '--demo', ...ports)).toBe(0);
    expect(terminal.out).toHaveLength(1);
    expect(JSON.parse(terminal.out[0] ?? '')).toEqual({
      ...{ ready: true, host: 'headless', version: '1.2.3', seed: 5, dataDir: terminal.dataDir },
      control: { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), token: 'a-token-of-the-test' },
      hub: { hostName: '127.0.0.1', ...status.doors },
    });
    expect(existsSync(join(terminal.dataDir, 'control.json'))).toBe(false);
  });

  test('without --json no token is printed, nor by a host with a window', async () => {
    const headless = aTerminal();
    expect(await untilReady(headless, 'start', '--headless', '--ephemeral', ...ports)).toBe(0);
    expect(headless.out[0]).toMatch(/^Hubfleet 1\.2\.3 is ready, without a window\. Control: http:/);
    const windowed = aTerminal({}, {}, { window });
    expect(await untilReady(windowed, 'start', '--no-open', '--json', ...ports)).toBe(0);
    for (const { out, err } of [headless, windowed])
      expect([...out, ...err].join('\n')).not.toContain('a-token-of-the-test');
  });

  test('says why it is not the desktop, and remembers for a day that the runtime could not be fetched', async () => {
    let fetches = 0;
    const desktop = { find: () => undefined, run: async () => 0, fetch: async () => `no network ${++fetches}` };
    const terminal = aTerminal({}, { env: { DISPLAY: ':0' } }, { window, desktop });
    await untilReady(terminal, 'start', '--json', ...ports);
    expect(JSON.parse(terminal.out[0] ?? '').why).toContain('could not be fetched (no network 1)');
    expect(terminal.err.at(-1)).toContain('no browser could be opened');
    terminal.out.length = 0;
    await untilReady(terminal, 'start', '--json', ...ports);
    expect(JSON.parse(terminal.out[0] ?? '').why).toContain('no network 1');
    expect(fetches).toBe(1);
  });

  test.each([
    [{ env: {} }, 'there is no display'],
    [{ env: { DISPLAY: ':0' }, isRoot: true }, 'as root'],
  ])('%j is served for a browser without a try at the desktop', async (changes, why) => {
    const desktop = { find: () => '/electron', run: async () => 0, fetch: async () => 'never' };
    const terminal = aTerminal({}, changes, { window, desktop });
    await untilReady(terminal, 'start', '--json', ...ports);
    expect(JSON.parse(terminal.out[0] ?? '').why).toContain(why);
  });

  test('opens the desktop with the same options when its runtime is there', async () => {
    const ran: unknown[] = [];
    const desktop = {
      find: () => '/electron',
      fetch: async () => undefined,
      run: async (...args: unknown[]) => {
        ran.push(args.slice(0, 2));
        return 0;
      },
    };
    const { run, dataDir } = aTerminal({}, { env: { DISPLAY: ':0' } }, { desktop });
    expect(await run('start', '--demo', '--seed', '3')).toBe(0);
    expect(ran).toEqual([
      ['/electron', expect.objectContaining({ demo: 'reboot', seed: 3, dataDir, json: false, open: true })],
    ]);
  });

  test('hands the desktop every port and the CAs of devices in a form that it understands', async () => {
    const ran: unknown[] = [];
    const run = async (_: string, options: unknown) => {
      ran.push(options);
      return 0;
    };
    const desktop = { find: () => '/electron', fetch: async () => undefined, run };
    const terminal = aTerminal({}, { env: { DISPLAY: ':0' } }, { desktop, clock: systemClock(), randomBytes });
    expect(await terminal.run('certs', 'ca', '--out', 'ca')).toBe(0);
    const doors = [
      '--https-port',
      '1',
      '--mqtts-port',
      '2',
      '--mqtt-port',
      '3',
      '--amqps-port',
      '4',
      '--amqp-port',
      '5',
    ];
    expect(await terminal.run('start', ...doors, '--device-ca', join('ca', 'ca.pem'))).toBe(0);
    const usual = { version: '1.2.3', dataDir: '/usual', hostName: '127.0.0.1' };
    const pem = readFileSync(join(terminal.dataDir, 'ca', 'ca.pem'), 'utf8');
    expect(startOptions(JSON.stringify(ran[0]), usual)).toMatchObject({
      ports: { https: 1, mqtts: 2, mqtt: 3, amqps: 4, amqp: 5 },
      deviceAuthorities: [pem],
    });
  });

  test('tells the hub of a window which CAs its devices may show', async () => {
    const labs: LabOptions[] = [];
    const openLab = async (options: LabOptions) => {
      labs.push(options);
      return fakeLab();
    };
    const terminal = aTerminal({}, {}, { window, openLab, clock: systemClock(), randomBytes });
    expect(await terminal.run('certs', 'ca', '--out', 'ca')).toBe(0);
    terminal.out.length = 0;
    await untilReady(terminal, 'start', '--no-open', '--json', ...ports, '--device-ca', join('ca', 'ca.pem'));
    const pem = readFileSync(join(terminal.dataDir, 'ca', 'ca.pem'), 'utf8');
    expect(labs[0]?.hub.deviceAuthorities).toEqual([pem]);
  });

  test.each(['start', 'hub'])('%s refuses a CA that is none, by the name of its file', async (command) => {
    const { run, err, dataDir } = aTerminal();
    writeFileSync(join(dataDir, 'text.pem'), 'a text');
    expect(await run(command, ...ports, '--device-ca', 'text.pem')).toBe(2);
    expect(err.at(-1)).toBe('hubfleet: --device-ca: text.pem holds no certificate in PEM form');
  });

  test('--host desktop without a runtime is refused rather than served otherwise', async () => {
    const { run, err } = aTerminal();
    expect(await run('start', '--host', 'desktop')).toBe(2);
    expect(err.at(-1)).toContain('--host desktop: the desktop');
  });
});

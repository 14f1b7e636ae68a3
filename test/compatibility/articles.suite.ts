// Unmodified official Node packages against `hubfleet hub`, as processes of their own, over TLS on the standard ports.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { formatConnectionString, parseConnectionString } from '../../simulators/tokens/connection-string.ts';
import { signToken } from '../../simulators/tokens/sas-token.ts';
import { callService, type Result } from './service.ts';
import { cli, type Program, portsProblem, type RunningHub, runProgram, startHub, stop } from './support.ts';

const problem = await portsProblem();
if (problem !== undefined) {
  process.stderr.write(
    `\nSKIPPED: official SDK tests. They need ports 443, 8883 and 5671 on 127.0.0.1, and ${problem}.\n\n`,
  );
}

const curl = spawnSync('curl', ['--version']).status === 0;
if (!curl) process.stderr.write('\nSKIPPED: the REST example with curl; there is no curl here.\n\n');

describe.skipIf(problem !== undefined)('official Node SDK', () => {
  let hub: RunningHub;
  const programs: Program[] = [];
  let dataDir: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'hubfleet-sdk-'));
    hub = await startHub(['--data-dir', dataDir]);
  });
  afterAll(async () => {
    expect(await hub.stop()).toBe(0);
    rmSync(dataDir, { recursive: true });
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => stop(program.child)));
  });

  const program = (file: string, environment: Record<string, string>, args: readonly string[] = []): Program => {
    const started = runProgram(new URL(file, import.meta.url), hub, environment, args);
    programs.push(started);
    return started;
  };

  const service = (
    calls: readonly (readonly unknown[])[],
    connectionString = hub.connectionStrings.iothubowner,
  ): Promise<Result[]> => callService(hub, calls, { IOTHUB_CONNECTION_STRING: connectionString });

  async function aDevice(id: string): Promise<string> {
    const [created] = await service([['registry', 'create', { deviceId: id }]]);
    const key = created?.value.authentication.symmetricKey.primaryKey as string;
    return formatConnectionString({
      hostName: parseConnectionString(hub.connectionStrings.service).hostName,
      deviceId: id,
      sharedAccessKey: key,
    });
  }

  const device = (connectionString: string, answer: string, more: Record<string, string> = {}): Program =>
    program('./programs/device.mjs', { IOTHUB_DEVICE_CONNECTION_STRING: connectionString, ANSWER: answer, ...more });

  const invoke = (id: string, params: object) => [
    'client',
    'invokeDeviceMethod',
    id,
    { methodName: 'work', ...params },
  ];

  /** The service's error text as the SDK hands it on: form B, a JSON text within JSON. */
  const bodyOf = (result: Result | undefined): { errorCode: number; message: string; info?: { timeout?: string } } => {
    const raw = result?.error?.responseBody;
    const outer = (typeof raw === 'string' ? JSON.parse(raw) : raw) as { Message: string };
    return JSON.parse(outer.Message);
  };

  test("the quickstart's device and service programs: reboot is answered and its time appears in the twin", async () => {
    const connectionString = await aDevice('quickstart');
    const running = program('../../examples/node-article/device.mjs', {
      IOTHUB_DEVICE_CONNECTION_STRING: connectionString,
    });
    await running.says('waiting for reboot');
    // The SDK subscribes after onDeviceMethod returned, and says nothing when it has; the quickstart's call has no connect timeout.
    await service([
      invoke('quickstart', { methodName: 'not-reboot', connectTimeoutInSeconds: 20, responseTimeoutInSeconds: 5 }),
    ]);
    const poller = program('../../examples/node-article/service.mjs', {
      IOTHUB_CONNECTION_STRING: hub.connectionStrings.iothubowner,
      DEVICE_ID: 'quickstart',
    });
    await poller.says('last reboot: 20');
    expect(await poller.ends()).toBe(0);
    expect(poller.output()).toContain('the device answered 200 "Reboot started"');
    expect(running.output()).toContain('reported the reboot time');
  });

  test('payloads of every kind go both ways', async () => {
    const echo = device(await aDevice('echo'), 'echo');
    await echo.says('listening');
    const payloads = [null, 'text', 5, true, { a: { b: [1, 2] } }, {}, [1, 'x'], '', 'x'.repeat(100_000)];
    const results = await service(payloads.map((payload) => invoke('echo', { payload, connectTimeoutInSeconds: 10 })));
    expect(results.map((result) => result.value)).toEqual(payloads.map((payload) => ({ status: 200, payload })));
  });

  test('the status a device chooses stays apart from the HTTP status, and an empty answer reads as null', async () => {
    await device(await aDevice('teapot'), 'text').says('listening');
    await device(await aDevice('mute'), 'empty').says('listening');
    const results = await service([
      invoke('teapot', { connectTimeoutInSeconds: 10 }),
      invoke('mute', { connectTimeoutInSeconds: 10 }),
    ]);
    expect(results.map((result) => result.value)).toEqual([
      { status: 418, payload: 'short and stout' },
      { status: 200, payload: null },
    ]);
  });

  test('a desired change reaches the device and a reported one the service', async () => {
    const running = device(await aDevice('twin'), 'none');
    await running.says('reported');
    const [updated, read] = await service([
      ['twin', 'update', 'twin', { tags: { site: 'north' }, properties: { desired: { interval: 30 } } }],
      ['registry', 'getTwin', 'twin'],
    ]);
    expect(updated?.value.properties.desired).toMatchObject({ interval: 30, $version: 2 });
    await running.says('"interval":30');
    expect(read?.value).toMatchObject({ tags: { site: 'north' }, connectionState: 'Connected' });
    expect(read?.value.properties.reported).toMatchObject({ firmware: '1.2.3', nested: { stays: 2 } });
    expect(read?.value.properties.reported.nested).not.toHaveProperty('gone');
  });

  test('a wrong key, an unknown and a disabled device are refused as unauthorized', async () => {
    const good = await aDevice('locked');
    const parts = parseConnectionString(good);
    const wrong = formatConnectionString({ ...parts, sharedAccessKey: Buffer.from('another key').toString('base64') });
    const unknown = formatConnectionString({ ...parts, deviceId: 'nobody' });
    await service([['registry', 'update', { deviceId: 'locked', status: 'disabled' }]]);
    for (const each of [wrong, unknown, good]) {
      const refused = device(each, 'echo');
      expect(await refused.ends()).toBe(3);
      expect(refused.output()).toMatch(/refused (UnauthorizedError|NotConnectedError)/);
    }
  });

  test('a second connection of one identity takes over from the first', async () => {
    const connectionString = await aDevice('twice');
    const first = device(connectionString, 'echo');
    await first.says('listening');
    await device(connectionString, 'text').says('listening');
    await first.says('disconnected');
    const [result] = await service([invoke('twice', { connectTimeoutInSeconds: 10 })]);
    expect(result?.value.status).toBe(418);
  });

  test('a device that renews its token stays reachable past the first one, though it does not subscribe again', async () => {
    const lifetime = 6;
    const renewing = device(await aDevice('renewing'), 'echo', { LIFETIME: String(lifetime) });
    await renewing.says('listening');
    await new Promise((resolve) => setTimeout(resolve, (lifetime + 4) * 1_000)); // past the first token and the hub's grace
    const results = await service(
      [1, 2, 3].map((payload) =>
        invoke('renewing', { payload, connectTimeoutInSeconds: 5, responseTimeoutInSeconds: 5 }),
      ),
    );
    expect(results.map((result) => result.value?.payload ?? result.error)).toEqual([1, 2, 3]);
    expect(renewing.child.exitCode).toBe(null);
  });

  test('a device whose token ends and is not renewed is cut off', async () => {
    const { hostName, deviceId, sharedAccessKey } = parseConnectionString(await aDevice('expiring'));
    const sharedAccessSignature = signToken({
      resource: `${hostName}/devices/${deviceId}`,
      key: sharedAccessKey ?? '',
      expiresAt: Date.now() + 4_000,
    });
    const expiring = device(formatConnectionString({ hostName, deviceId, sharedAccessSignature }), 'echo');
    await expiring.says('listening');
    await expiring.says('disconnected');
    const [result] = await service([invoke('expiring', {})]);
    expect(bodyOf(result).errorCode).toBe(404103);
  });

  test('calls that fail give the error class of the SDK and the body of the service', async () => {
    await aDevice('offline');
    await device(await aDevice('silent'), 'never').says('listening');
    const started = performance.now();
    const [unknown, offline, silent] = await service([
      invoke('nobody', {}),
      invoke('offline', {}),
      invoke('silent', { responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 5 }),
    ]);
    expect(performance.now() - started).toBeGreaterThan(5_000);
    expect([unknown, offline, silent].map((result) => bodyOf(result).errorCode)).toEqual([404001, 404103, 504101]);
    expect(bodyOf(offline).info?.timeout).toBe('00:00:00');
    expect(bodyOf(silent)).toMatchObject({
      message: 'Timed out waiting for the response from device.',
      info: { timeout: '00:00:05' },
    });
    expect(silent?.error?.name).toBe('GatewayTimeoutError');
    // The SDK reads only the older form of a 404's body, and has no class for this one.
    expect([unknown?.error, offline?.error]).toMatchObject([
      { name: 'Error', message: 'Not found' },
      { name: 'Error', message: 'Not found' },
    ]);
  });

  test('a timeout out of range is an ArgumentError with the range in its words', async () => {
    await aDevice('range');
    const results = await service([
      invoke('range', { responseTimeoutInSeconds: 4 }),
      invoke('range', { responseTimeoutInSeconds: 301 }),
    ]);
    for (const result of results) {
      expect(result.error?.name).toBe('ArgumentError');
      expect(bodyOf(result)).toMatchObject({
        errorCode: 400004,
        message: 'responseTimeoutInSeconds must be within [5; 300].',
      });
    }
  });

  test('a wrong policy key and a policy without the right are refused', async () => {
    const parts = parseConnectionString(hub.connectionStrings.service);
    const wrong = formatConnectionString({ ...parts, sharedAccessKey: Buffer.from('wrong').toString('base64') });
    const [byKey] = await service([['registry', 'getTwin', 'x']], wrong);
    const [byRight] = await service([['registry', 'getTwin', 'x']], hub.connectionStrings.registryRead);
    expect([byKey?.error?.name, byRight?.error?.name]).toEqual(['UnauthorizedError', 'UnauthorizedError']);
  });

  test('the registry: create, read, update, list, bulk, delete, and what conflicts', async () => {
    const results = await service([
      ['registry', 'create', { deviceId: 'crud' }],
      ['registry', 'create', { deviceId: 'crud' }],
      ['registry', 'update', { deviceId: 'crud', status: 'disabled', statusReason: 'retired' }],
      ['registry', 'get', 'crud'],
      [
        'registry',
        'addDevices',
        Array.from({ length: 20 }, (_, index) => ({ deviceId: `bulk-${String(index).padStart(2, '0')}` })),
      ],
      ['registry', 'addDevices', [{ deviceId: 'bulk-00' }]],
      ['registry', 'list'],
      ['query', "SELECT * FROM devices WHERE deviceId != 'x' AND status = 'disabled'", 10],
      ['query', 'SELECT * FROM devices', 8],
      [
        'registry',
        'removeDevices',
        Array.from({ length: 20 }, (_, index) => ({ deviceId: `bulk-${String(index).padStart(2, '0')}` })),
        true,
      ],
      ['registry', 'delete', 'crud'],
      ['registry', 'get', 'crud'],
    ]);
    const [created, again, updated, read, added, conflict, listed, disabled, pages, removed, , gone] = results;
    expect(created?.value.status).toBe('enabled');
    expect(again?.error?.name).toBe('DeviceAlreadyExistsError');
    expect(updated?.value).toMatchObject({ status: 'disabled', statusReason: 'retired' });
    expect(read?.value.deviceId).toBe('crud');
    expect([added?.value.isSuccessful, removed?.value.isSuccessful]).toEqual([true, true]);
    expect(conflict?.error ?? conflict?.value.errors[0]).toMatchObject(
      conflict?.error ? { name: 'ArgumentError' } : { errorCode: 'DeviceAlreadyExists' },
    );
    expect(listed?.value.length).toBeGreaterThanOrEqual(21);
    expect(disabled?.value.flat()).toContain('crud');
    const sizes: number[] = pages?.value.map((page: string[]) => page.length);
    expect(Math.max(...sizes)).toBe(8);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(listed?.value.length);
    expect(gone?.error?.name).toMatch(/DeviceNotFoundError|Error/);
  });

  test('a twin update under an old etag is refused', async () => {
    await aDevice('etag');
    const results = await service([
      ['registry', 'updateTwin', 'etag', { properties: { desired: { a: 1 } } }, '*'],
      ['registry', 'updateTwin', 'etag', { properties: { desired: { a: 2 } } }, 'AAAAAAAAAAA='],
    ]);
    expect(results[0]?.value.properties.desired.a).toBe(1);
    expect(results[1]?.error?.name).toBe('InvalidEtagError');
    expect(bodyOf(results[1]).errorCode).toBe(412001);
  });

  test.skipIf(!curl)(
    'the REST call of the direct-methods guide answers 200, 404, 504 and 400, with curl and a printed token',
    async () => {
      await device(await aDevice('answers'), 'echo').says('listening');
      await device(await aDevice('keeps-quiet'), 'never').says('listening');
      await aDevice('away');
      const sas = spawnSync(process.execPath, [cli, 'hub', '--sas', 'service', '--data-dir', hub.dataDir ?? ''], {
        encoding: 'utf8',
      });
      expect(sas.stdout).toMatch(/^SharedAccessSignature sr=/);
      const { hostName } = parseConnectionString(hub.connectionStrings.service);
      const call = async (id: string, body: object): Promise<{ status: number; body: string }> => {
        const { stdout } = await promisify(execFile)('curl', [
          ...['-s', '--cacert', hub.ca, '-w', '\n%{http_code}', '-X', 'POST'],
          ...[
            '-H',
            `Authorization: ${sas.stdout.trim()}`,
            '-H',
            'Content-Type: application/json',
            '-d',
            JSON.stringify(body),
          ],
          `https://${hostName}/twins/${id}/methods?api-version=2021-04-12`,
        ]);
        const end = stdout.lastIndexOf('\n');
        return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
      };
      const body = {
        methodName: 'work',
        responseTimeoutInSeconds: 200,
        connectTimeoutInSeconds: 0,
        payload: { input1: 'someInput' },
      };
      const [answered, unknown, offline, silent, short, long] = await Promise.all([
        call('answers', { ...body, connectTimeoutInSeconds: 10 }),
        call('nobody', body),
        call('away', body),
        call('keeps-quiet', { ...body, responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 10 }),
        call('answers', { ...body, responseTimeoutInSeconds: 4 }),
        call('answers', { ...body, responseTimeoutInSeconds: 301 }),
      ]);
      expect(answered).toEqual({ status: 200, body: '{"status":200,"payload":{"input1":"someInput"}}' });
      expect([unknown, offline, silent, short, long].map((answer) => answer?.status)).toEqual([
        404, 404, 504, 400, 400,
      ]);
      expect(
        [unknown, offline, silent, short].map((answer) => /errorCode\\":(\d+)/.exec(answer?.body ?? '')?.[1]),
      ).toEqual(['404001', '404103', '504101', '400004']);
    },
  );
});

// Unmodified official device and module clients over every transport they have, as processes of their own, against `hubfleet hub`.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { formatConnectionString, parseConnectionString } from '../../simulators/tokens/connection-string.ts';
import { callService, type Result } from './service.ts';
import {
  type Agent,
  agentOf,
  cli,
  type Program,
  portsProblem,
  type RunningHub,
  runProgram,
  startHub,
  stop,
} from './support.ts';

const problem = await portsProblem();
if (problem !== undefined) {
  process.stderr.write(
    `\nSKIPPED: official SDKs over every transport. They need ports 443, 8883 and 5671 on 127.0.0.1, and ${problem}.\n\n`,
  );
}

const streams = ['mqtt', 'mqtt-ws', 'amqp', 'amqp-ws'] as const;
const amqp = (transport: string): boolean => transport.startsWith('amqp');
const payloads = [null, '', 'text', { a: { b: [1, 2] } }, {}, [1, 'x'], 5, true, 'x'.repeat(127 * 1_024)];

describe.skipIf(problem !== undefined)('official Node SDK over', () => {
  let hub: RunningHub;
  let folder: string;
  const programs: Program[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hubfleet-sdk-'));
    hub = await startHub(['--data-dir', folder, '--facts']);
  });
  afterAll(async () => {
    expect(await hub.stop()).toBe(0);
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => stop(program.child)));
  });

  const service = (...calls: readonly unknown[][]): Promise<Result[]> => callService(hub, calls);
  const hostName = '127.0.0.1';

  async function identity(deviceId: string, moduleId?: string): Promise<string> {
    const calls = [['registry', 'create', { deviceId }]];
    if (moduleId !== undefined) calls.push(['registry', 'addModule', { deviceId, moduleId } as never]);
    const made = await service(
      ...calls,
      ...(moduleId === undefined ? [] : [['registry', 'getModule', deviceId, moduleId]]),
    );
    const sharedAccessKey = made.at(-1)?.value.authentication.symmetricKey.primaryKey as string;
    const more = moduleId === undefined ? {} : { moduleId };
    return formatConnectionString({ hostName, deviceId, ...more, sharedAccessKey });
  }

  function agent(transport: string, connectionString: string, more: Record<string, string> = {}): Agent {
    const environment = { CONNECTION_STRING: connectionString, TRANSPORT: transport, ...more };
    const program = runProgram(new URL('./programs/agent.mjs', import.meta.url), hub, environment);
    programs.push(program);
    return agentOf(program);
  }

  const call = (deviceId: string, ...rest: unknown[]): unknown[] => ['client', 'invokeDeviceMethod', deviceId, ...rest];
  const params = (methodName: string, payload?: unknown) => ({ methodName, payload, connectTimeoutInSeconds: 20 });

  describe.each(streams)('%s', (transport) => {
    test('a device opens, sends telemetry with its properties and closes', async () => {
      const id = `telemetry-${transport}`;
      const device = agent(transport, await identity(id));
      await device.order('open');
      await device.order('telemetry', { data: '{"t":21}', properties: { 'key one': 'väl&=ue/2' } });
      const fact = await hub.fact('message.received', (one) => one.device === id);
      expect(fact.body.text).toBe('{"t":21}');
      expect(fact.properties).toMatchObject({ 'key one': 'väl&=ue/2' });
      expect((await hub.fact('device.connected', (one) => one.device === id)).protocol).toBe(transport);
      await device.order('close');
      await hub.fact('device.disconnected', (one) => one.device === id);
    });

    test('methods carry payloads of every kind both ways', async () => {
      const id = `methods-${transport}`;
      const device = agent(transport, await identity(id));
      await device.order('open');
      await device.order('listen');
      const results = await service(
        ...payloads.map((payload) => call(id, params('echo', payload))),
        call(id, params('large')),
        call(id, params('empty')),
        call(id, params('teapot')),
      );
      expect(results.map(({ value, error }) => value ?? error)).toEqual([
        ...payloads.map((payload) => ({ status: 200, payload })),
        { status: 200, payload: 'x'.repeat(127 * 1_024) },
        { status: 200, payload: null },
        { status: 418, payload: 'short and stout' },
      ]);
    });

    test('the twin is read, reported and told of desired changes', async () => {
      const id = `twin-${transport}`;
      const device = agent(transport, await identity(id));
      await device.order('open');
      const first = await device.order('twin');
      expect(first.value).toMatchObject({ desired: { $version: 1 }, reported: { $version: 1 } });
      await device.order('report', { patch: { firmware: '1.2', nested: { gone: 1, stays: 2 } } });
      await device.order('report', { patch: { nested: { gone: null } } });
      const [updated, read] = await service(
        ['twin', 'update', id, { tags: { site: 'north' }, properties: { desired: { interval: 30 } } }],
        ['registry', 'getTwin', id],
      );
      expect(updated?.value.properties.desired).toMatchObject({ interval: 30, $version: 2 });
      expect((await device.sees('desired', ({ delta }) => delta.interval === 30)).delta).toMatchObject({ $version: 2 });
      expect(read?.value).toMatchObject({ connectionState: 'Connected', tags: { site: 'north' } });
      expect(read?.value.properties.reported).toMatchObject({ firmware: '1.2', nested: { stays: 2 }, $version: 3 });
      expect(read?.value.properties.reported.nested).not.toHaveProperty('gone');
    });

    test('cloud-to-device messages are completed, and rejected or abandoned where the transport can say so', async () => {
      const id = `messages-${transport}`;
      const device = agent(transport, await identity(id));
      await device.order('open');
      await device.order('messages');
      await service(['send', id, 'first', { messageId: 'm-1', ack: 'full', properties: { colour: 'grün' } }]);
      const message = await device.sees('message');
      expect(message).toMatchObject({ data: 'first', id: 'm-1', properties: { colour: 'grün' } });
      await hub.fact('message.settled', (one) => one.device === id && one.outcome === 'completed');
      if (!amqp(transport)) return;
      await device.order('settle', { how: 'reject' });
      await service(['send', id, 'second', { messageId: 'm-2' }]);
      await hub.fact('message.settled', (one) => one.device === id && one.outcome === 'rejected');
      await device.order('settle', { how: 'abandon' });
      await service(['send', id, 'third', { messageId: 'm-3' }]);
      const { sequence } = await hub.fact('message.queued', (one) => one.device === id && one.messageId === 'm-3');
      await hub.fact('message.delivered', (one) => one.sequence === sequence && one.deliveryCount === 3);
      await device.order('settle', { how: 'complete' });
      await hub.fact('message.settled', (one) => one.sequence === sequence && one.outcome !== 'abandoned');
    });

    test('a module does the same under its own key', async () => {
      const [deviceId, moduleId] = [`gateway-${transport}`, 'mod$1'];
      const device = agent(transport, await identity(deviceId, moduleId), { MODULE: '1' });
      await device.order('open');
      await device.order('listen');
      await device.order('twin');
      await device.order('report', { patch: { up: true } });
      await device.order('telemetry', { data: 'out', output: 'alerts' });
      const fact = await hub.fact('message.received', (one) => one.device === `${deviceId}/${moduleId}`);
      expect(Object.values(fact.properties ?? {})).toContain('alerts');
      const [answered, updated, twin, others] = await service(
        call(deviceId, moduleId, params('echo', { deep: [1] })),
        ['moduleTwin', 'update', deviceId, moduleId, { properties: { desired: { rate: 5 } } }],
        ['registry', 'getModuleTwin', deviceId, moduleId],
        ['registry', 'getTwin', deviceId],
      );
      expect(answered?.value).toEqual({ status: 200, payload: { deep: [1] } });
      expect(updated?.value).toMatchObject({ moduleId, properties: { desired: { rate: 5, $version: 2 } } });
      await device.sees('desired', ({ delta }) => delta.rate === 5);
      expect(twin?.value).toMatchObject({ connectionState: 'Connected', properties: { reported: { up: true } } });
      expect(others?.value).toMatchObject({ connectionState: 'Disconnected' });
    });

    // Devices alone: the SDK's module client takes tokens only.
    test.each(['self-signed', 'signed by the CA'])('a device with a certificate %s answers a method', async (kind) => {
      const deviceId = `x509-${kind.slice(0, 4)}-${transport}`;
      const flags = ['--out', join(folder, deviceId), '--data-dir', folder, '--json'];
      if (kind === 'self-signed') flags.push('--self-signed');
      const made = JSON.parse(execFileSync(process.execPath, [cli, 'certs', 'device', deviceId, ...flags]).toString());
      const authentication =
        kind === 'self-signed'
          ? { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: made.thumbprints.sha256 } }
          : { type: 'certificateAuthority' };
      await service(['registry', 'create', { deviceId, authentication }]);
      const device = agent(transport, `HostName=${hostName};DeviceId=${deviceId};x509=true`, {
        CERTIFICATE: made.certificate,
        KEY: made.key,
      });
      await device.order('open');
      await device.order('listen');
      const [answered] = await service(call(deviceId, params('echo', 1)));
      expect(answered?.value).toEqual({ status: 200, payload: 1 });
    });
  });

  test('http: telemetry, a batch, and messages completed, rejected and abandoned', async () => {
    const id = 'poller';
    const device = agent('http', await identity(id));
    await device.order('open');
    await device.order('telemetry', { data: 'one', properties: { unit: '°C' } });
    const fact = await hub.fact('message.received', (one) => one.device === id);
    expect(fact.body.text).toBe('one');
    expect(fact.properties).toMatchObject({ unit: '°C' });
    await device.order('batch', { data: ['two', 'three'] });
    await hub.fact('message.received', (one) => one.device === id && one.body.text === 'three');
    await device.order('messages');
    for (const [how, outcome] of [
      ['complete', 'completed'],
      ['reject', 'rejected'],
      ['abandon', 'abandoned'],
    ] as const) {
      await device.order('settle', { how });
      await service(['send', id, how, { messageId: how }]);
      await hub.fact('message.settled', (one) => one.device === id && one.outcome === outcome);
    }
  });

  test('devices and modules renew their tokens in the middle of a run on every transport, and lose no call', async () => {
    const lifetime = 6;
    const devices = await Promise.all(
      streams.flatMap((transport) =>
        [undefined, 'mod'].map(async (moduleId) => {
          const deviceId = `renewing-${transport}-${moduleId ?? 'device'}`;
          const more = { LIFETIME: String(lifetime), ...(moduleId === undefined ? {} : { MODULE: '1' }) };
          const device = agent(transport, await identity(deviceId, moduleId), more);
          await device.order('open');
          await device.order('listen');
          return { target: moduleId === undefined ? [deviceId] : [deviceId, moduleId], device };
        }),
      ),
    );
    const begun = performance.now();
    // Past the first token and the hub's grace; a call now and then on the way.
    for (let round = 0; performance.now() - begun < (lifetime + 4) * 1_000; round++) {
      const results = await service(
        ...devices.map(({ target }) => call(String(target[0]), ...target.slice(1), params('echo', round))),
      );
      expect(results.map(({ value, error }) => value?.payload ?? error)).toEqual(devices.map(() => round));
    }
    for (const { device } of devices) expect(device.program.child.exitCode).toBe(null);
  });

  test('one identity has one live connection, whatever the transports', async () => {
    const connectionString = await identity('wandering');
    let before: Agent | undefined;
    for (const transport of [...streams, 'mqtt'] as const) {
      const device = agent(transport, connectionString);
      await device.order('open');
      await device.order('listen');
      const [answered] = await service(call('wandering', params('echo', transport)));
      expect(answered?.value).toEqual({ status: 200, payload: transport });
      await before?.sees('disconnect');
      before = device;
    }
  });

  test('a wrong key is refused on every transport', async () => {
    const parts = parseConnectionString(await identity('locked'));
    const wrong = formatConnectionString({ ...parts, sharedAccessKey: Buffer.from('another key').toString('base64') });
    for (const transport of streams) {
      const device = agent(transport, wrong);
      await expect(
        device.order('open').then(() => device.order('twin')),
        transport,
      ).rejects.toThrow();
    }
  });
});

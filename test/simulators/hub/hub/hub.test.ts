// A hub as a whole: what a restart keeps, what stands in its way at the start, and devices and services meeting in it.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Hub, openHub } from '../../../../simulators/hub/hub.ts';
import { parseConnectionString } from '../../../../simulators/tokens/connection-string.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { LabError } from '../../../../simulators/vocabulary/errors.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { until } from '../../../support/a-lab.ts';
import { aFolder, aHub, allShut, hubOptions } from './a-hub.ts';

const problem = (promise: Promise<unknown>): Promise<LabError> =>
  promise.then(
    () => {
      throw new Error('it opened');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(LabError);
      return error as LabError;
    },
  );

/** A port that something else listens on. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

async function aDevice(hub: Hub, id: string, key: string): Promise<MqttClient> {
  const { hostName, doors } = hub.status;
  const client = await connectAsync({
    host: '127.0.0.1',
    port: doors.mqtt?.port ?? 0,
    clientId: id,
    username: `${hostName}/${id}/?api-version=2021-04-12&model-id=dtmi:com:example:Pump;1`,
    password: signToken({ resource: `${hostName}/devices/${id}`, key, expiresAt: Date.now() + 3_600_000 }),
    reconnectPeriod: 0,
  });
  onTestFinished(() => void client.end(true));
  return client;
}

describe('across a restart', () => {
  test('identities, twins and policy keys stay, and a changed twin keeps counting', async () => {
    const folder = aFolder();
    const first = await aHub({ folder });
    const { body: device } = await first.create('pump', { status: 'enabled' });
    await first.ask('PATCH', '/twins/pump', { body: { tags: { a: 1 }, properties: { desired: { rate: 5 } } } });
    await first.create('gone');
    await first.ask('DELETE', '/devices/gone');
    const { body: twin } = await first.ask('GET', '/twins/pump');
    const token = first.hub.serviceToken('service', 600);
    await first.hub.stop();

    const second = await aHub({ folder });
    expect(second.hub.status.connectionStrings).toEqual(first.hub.status.connectionStrings);
    expect(second.hub.status.ca).toEqual(first.hub.status.ca);
    expect(second.hub.status.notices).toEqual([]);
    expect((await second.ask('GET', '/devices')).body).toEqual([device]);
    const kept = await second.ask('GET', '/twins/pump', { policy: null, headers: { authorization: token } });
    expect(kept.body).toEqual(twin);
    const next = await second.ask('PATCH', '/twins/pump', { body: { properties: { desired: { rate: 6 } } } });
    expect(next.body).toMatchObject({ version: 4, tags: { a: 1 }, properties: { desired: { rate: 6, $version: 3 } } });
  });

  test('without a folder nothing stays', async () => {
    const first = await aHub();
    await first.create('pump');
    await first.hub.stop();
    const second = await aHub();
    expect(second.hub.counts().devices).toBe(0);
    expect(second.hub.status.connectionStrings).not.toEqual(first.hub.status.connectionStrings);
  });
});

describe('what stands in the way of opening', () => {
  test('a second hub on one folder is refused with a sentence, and may open once the first has stopped', async () => {
    const folder = aFolder();
    const { hub } = await aHub({ folder });
    const error = await problem(openHub(hubOptions([], { folder })));
    expect([error.code, error.message]).toEqual([
      'data-folder.in-use',
      `data folder ${folder}: another Hubfleet is using it`,
    ]);
    expect(error.hint).toContain('--data-dir');
    await hub.stop();
    await (await openHub(hubOptions([], { folder }))).stop();
  });

  test.each([
    ['https', '--https-port'],
    ['http', '--http-port'],
    ['mqtts', '--mqtts-port'],
    ['mqtt', '--mqtt-port'],
  ])('a taken port of the %s door names port and flag, and leaves nothing open', async (door, flag) => {
    const port = await takenPort();
    const folder = aFolder();
    const listen = { ...allShut, http: 0, [door]: port };
    const error = await problem(openHub(hubOptions([], { folder, listen })));
    expect([error.code, error.message]).toEqual([
      'port.taken',
      `${flag}: port ${port} on 127.0.0.1 is taken by another program`,
    ]);
    expect(error.hint).toContain(flag);
    await (await openHub(hubOptions([], { folder }))).stop();
  });

  test('the next port of a list is taken with a notice', async () => {
    const port = await takenPort();
    const { hub } = await aHub({ listen: { ...allShut, http: 0, https: [port, 0] } });
    expect(hub.status.notices).toEqual([
      `HTTPS listens on port ${hub.status.doors.https?.port}: port ${port} is taken.`,
    ]);
  });

  test.each(['http', 'mqtt'] as const)('the plain %s door stays on loopback', async (door) => {
    const error = await problem(openHub(hubOptions([], { listen: { ...allShut, host: '0.0.0.0', [door]: 0 } })));
    expect([error.code, error.message]).toEqual([
      'input.invalid',
      `host: the plain-text ${door} door listens on 127.0.0.1, ::1 or localhost only, not on 0.0.0.0`,
    ]);
  });

  test.each([-1, 65_536, 1.5, Number.NaN])('port %d is no port', async (port) => {
    const error = await problem(openHub(hubOptions([], { listen: { ...allShut, http: port } })));
    expect([error.code, error.message]).toEqual([
      'input.invalid',
      `--http-port: ${port} must be a whole number within 0 to 65535`,
    ]);
  });

  test('an address of another machine is named', async () => {
    const error = await problem(openHub(hubOptions([], { listen: { ...allShut, host: '192.0.2.1', https: 0 } })));
    expect(error.code).toBe('input.invalid');
    expect(error.message).toContain('host: cannot listen on 192.0.2.1, port 0');
  });

  test('a host name that is none', async () => {
    expect((await problem(openHub(hubOptions([], { hostName: 'https://x' })))).message).toContain(
      "hostName: 'https://x'",
    );
  });

  test('a folder that cannot be', async () => {
    const file = join(aFolder(), 'file');
    writeFileSync(file, '');
    const error = await problem(openHub(hubOptions([], { folder: join(file, 'hub') })));
    expect(error.code).toBe('data-folder.unusable');
    expect(error.message).toContain(join(file, 'hub'));
  });

  test('a store that cannot be read is moved aside, and the hub opens with a notice', async () => {
    const folder = join(aFolder(), 'hub');
    mkdirSync(folder);
    writeFileSync(join(folder, 'hub.db'), randomBytes(8_192));
    const { hub, ask } = await aHub({ folder });
    expect(hub.status.notices).toHaveLength(1);
    expect(hub.status.notices[0]).toContain(join(folder, 'hub.db'));
    expect((await ask('GET', '/devices')).body).toEqual([]);
  });
});

describe('devices and services', () => {
  const ready = { listen: { ...allShut, http: 0, mqtt: 0 } };

  test('a method call reaches the device and its bytes come back unchanged', async () => {
    const { hub, ask, create } = await aHub(ready);
    const { body } = await create('pump');
    const { primaryKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication
      .symmetricKey;
    const device = await aDevice(hub, 'pump', primaryKey);
    const answers: Record<string, string | Buffer> = {
      json: '{"a": 1.50, "b":"\u00fc\u4e16"}',
      empty: '',
      broken: Buffer.from([0x7b, 0xff, 0x00, 0x22]),
    };
    device.on('message', (topic) => {
      const [, name = '', rid] = /^\$iothub\/methods\/POST\/([^/]+)\/\?\$rid=(.+)$/.exec(topic) ?? [];
      device.publish(`$iothub/methods/res/404/?$rid=${rid}`, answers[name] ?? '');
    });
    await device.subscribeAsync('$iothub/methods/POST/#');

    const call = (methodName: string) =>
      ask('POST', '/twins/pump/methods', { policy: 'service', body: { methodName } });
    const json = await call('json');
    expect(json.status).toBe(200);
    expect(json.text).toBe('{"status":404,"payload":{"a": 1.50, "b":"\u00fc\u4e16"}}');
    expect(json.headers['content-length']).toBe(String(Buffer.byteLength(json.text)));
    expect((await call('empty')).text).toBe('{"status":404,"payload":null}');
    const { http } = hub.status.doors;
    const raw = await fetch(`http://127.0.0.1:${http?.port}/twins/pump/methods`, {
      method: 'POST',
      headers: { authorization: hub.serviceToken('service', 60) },
      body: '{"methodName":"broken"}',
    });
    const bytes = Buffer.from(await raw.arrayBuffer());
    expect(bytes.subarray('{"status":404,"payload":'.length, -1)).toEqual(answers.broken);
    expect((await ask('GET', '/twins/pump')).body).toMatchObject({
      connectionState: 'Connected',
      modelId: 'dtmi:com:example:Pump;1',
    });
    expect((await ask('GET', '/statistics/service')).body).toEqual({ connectedDeviceCount: 1 });
  });

  test('a desired patch reaches a subscribed device, tags alone do not, and a report comes back', async () => {
    const { hub, ask, create, facts } = await aHub(ready);
    const { body } = await create('pump');
    const { primaryKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication
      .symmetricKey;
    const device = await aDevice(hub, 'pump', primaryKey);
    const heard: [string, string][] = [];
    device.on('message', (topic, text) => heard.push([topic, text.toString()]));
    await device.subscribeAsync(['$iothub/twin/PATCH/properties/desired/#', '$iothub/twin/res/#']);
    await ask('PATCH', '/twins/pump', { body: { tags: { a: 1 } } });
    await ask('PATCH', '/twins/pump', { body: { tags: { a: 2 }, properties: { desired: { rate: 5, gone: null } } } });
    await ask('PATCH', '/twins/pump', { body: { properties: { desired: { rate: 5 } } } });
    await until(
      () => heard.length === 2,
      () => heard,
    );
    expect(heard).toEqual([
      ['$iothub/twin/PATCH/properties/desired/?$version=2', '{"rate":5,"gone":null,"$version":2}'],
      ['$iothub/twin/PATCH/properties/desired/?$version=3', '{"rate":5,"$version":3}'],
    ]);
    expect(facts).toContainEqual(
      expect.objectContaining({ type: 'twin.patched', section: 'desired', version: 3, delivered: true }),
    );

    await device.publishAsync('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"fan":{"on":true},"$version":9}', {
      qos: 1,
    });
    await until(
      () => heard.some(([topic]) => topic.startsWith('$iothub/twin/res/204/?$rid=1')),
      () => heard,
    );
    expect((await ask('GET', '/twins/pump')).body).toMatchObject({
      properties: { reported: { fan: { on: true }, $version: 2 } },
    });
  });

  test.each([
    [
      'disabled',
      (ask: Awaited<ReturnType<typeof aHub>>['ask']) =>
        ask('PUT', '/devices/pump', { headers: { 'if-match': '*' }, body: { status: 'disabled' } }),
    ],
    ['deleted', (ask: Awaited<ReturnType<typeof aHub>>['ask']) => ask('DELETE', '/devices/pump')],
  ] as const)('a %s device is cut off', async (reason, act) => {
    const { hub, ask, create, facts } = await aHub(ready);
    const { body } = await create('pump');
    const { primaryKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication
      .symmetricKey;
    const device = await aDevice(hub, 'pump', primaryKey);
    const closed = new Promise<void>((resolve) => void device.once('close', () => resolve()));
    await act(ask);
    await closed;
    expect(facts).toContainEqual(expect.objectContaining({ type: 'device.disconnected', device: 'pump', reason }));
  });

  test('stopping answers the calls that wait, lets the devices go and gives the ports back', async () => {
    const facts: HubFact[] = [];
    const { hub, ask, create, facts: seen } = await aHub(ready);
    const { body } = await create('pump');
    const { primaryKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication
      .symmetricKey;
    await aDevice(hub, 'pump', primaryKey);
    const waiting = ask('POST', '/twins/pump/methods', { body: { methodName: 'x', connectTimeoutInSeconds: 300 } });
    await until(() => seen.some((fact) => fact.type === 'invocation.begun'));
    expect(hub.counts()).toEqual({ devices: 1, connected: 1, inFlight: 1 });
    const { http, mqtt } = hub.status.doors;
    await Promise.all([hub.stop(), hub.stop()]);
    expect((await waiting).error).toMatchObject({ name: 'ServiceUnavailable', number: 503001 });
    expect(seen.slice(-2)).toMatchObject([{ type: 'device.disconnected', reason: 'shutdown' }, { type: 'hub.closed' }]);
    const again = await openHub(
      hubOptions(facts, { listen: { ...allShut, http: http?.port ?? 0, mqtt: mqtt?.port ?? 0 } }),
    );
    await again.stop();
  });

  test('connection strings of the policies open the service API', async () => {
    const { hub, ask } = await aHub();
    for (const [name, text] of Object.entries(hub.status.connectionStrings)) {
      const { hostName, sharedAccessKey, sharedAccessKeyName } = parseConnectionString(text);
      expect([hostName, sharedAccessKeyName]).toEqual(['hub.localhost', name]);
      const token = signToken({
        resource: 'hub.localhost',
        key: sharedAccessKey ?? '',
        policy: name,
        expiresAt: Date.now() + 60_000,
      });
      const { status } = await ask('GET', '/devices', { policy: null, headers: { authorization: token } });
      expect(status).toBe(['service', 'device'].includes(name) ? 401 : 200);
    }
  });
});

// Twins of modules as services see them over HTTP: their own sections, etags and versions, and 404010 when only the module is missing.
import { describe, expect, test } from 'vitest';
import { aHub } from '../hub/a-hub.ts';

async function aModule() {
  const { ask, create, facts } = await aHub();
  await create('edge', { capabilities: { iotEdge: true } });
  await create('plain');
  await ask('PUT', '/devices/plain/modules/camera', { body: { deviceId: 'plain', moduleId: 'camera' } });
  return { ask, facts };
}
const twin = '/twins/plain/modules/camera';

test('a module has a twin of its own shape', async () => {
  const { ask } = await aModule();
  const answer = await ask('GET', twin);
  expect(answer.status).toBe(200);
  const { deviceEtag, ...rest } = answer.body as { deviceEtag: string };
  expect(rest).toEqual({
    deviceId: 'plain',
    moduleId: 'camera',
    etag: 'AAAAAAAAAAE=',
    status: 'enabled',
    statusUpdateTime: '0001-01-01T00:00:00',
    connectionState: 'Disconnected',
    lastActivityTime: '0001-01-01T00:00:00',
    cloudToDeviceMessageCount: 0,
    authenticationType: 'sas',
    x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    modelId: '',
    version: 2,
    tags: {},
    properties: {
      desired: { $metadata: { $lastUpdated: expect.any(String), $lastUpdatedVersion: 1 }, $version: 1 },
      reported: { $metadata: { $lastUpdated: expect.any(String) }, $version: 1 },
    },
  });
  expect(answer.headers.etag).toBe('"AAAAAAAAAAE="');
  expect(deviceEtag).not.toBe('');
  expect((await ask('GET', '/twins/edge/modules/%24edgeAgent')).body).toMatchObject({ moduleId: '$edgeAgent' });
});

test('its changes leave the twin of the device alone', async () => {
  const { ask, facts } = await aModule();
  const before = (await ask('GET', '/twins/plain')).text;
  const body = { tags: { lens: 'wide' }, properties: { desired: { rate: 5, zoom: { x: 2 } } } };
  const patched = await ask('PATCH', twin, { body, headers: { 'if-match': '"AAAAAAAAAAE="' } });
  expect(patched.body).toMatchObject({ version: 3, etag: 'AAAAAAAAAAI=', tags: { lens: 'wide' } });
  const stale = await ask('PATCH', twin, { body, headers: { 'if-match': '"AAAAAAAAAAE="' } });
  expect([stale.status, stale.error.number]).toEqual([412, 412001]);
  const replaced = await ask('PUT', twin, { body: { properties: { desired: { rate: 6 } } } });
  expect(replaced.body).toMatchObject({
    version: 4,
    tags: { lens: 'wide' },
    properties: { desired: { rate: 6, $version: 3 } },
  });
  expect((replaced.body as { properties: { desired: object } }).properties.desired).not.toHaveProperty('zoom');
  expect((await ask('GET', '/twins/plain')).text).toBe(before);
  const told = facts.filter((fact) => fact.type === 'twin.patched');
  expect(told.map(({ device, section }) => `${device} ${section}`)).toEqual([
    'plain/camera tags',
    'plain/camera desired',
    'plain/camera desired',
  ]);
});

describe('who is not there', () => {
  test.each([
    ['/twins/plain/modules/lamp', 404010, "Device 'plain' has no module 'lamp'."],
    ['/twins/nobody/modules/camera', 404001, "Device 'nobody' is not registered."],
    ['/twins/nobody', 404001, "Device 'nobody' is not registered."],
  ])('%s is %d', async (path, number, message) => {
    const { ask } = await aModule();
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { tags: { a: 1 } }],
      ['PUT', { tags: { a: 1 } }],
    ] as const) {
      const answer = await ask(method, path, { body });
      expect([answer.status, answer.error.number, answer.error.message]).toEqual([404, number, message]);
    }
  });

  test('a module that was deleted, with its device or alone', async () => {
    const { ask } = await aModule();
    await ask('DELETE', '/devices/plain/modules/camera', { headers: { 'if-match': '*' } });
    expect((await ask('GET', twin)).error.number).toBe(404010);
    await ask('DELETE', '/devices/edge', { headers: { 'if-match': '*' } });
    expect((await ask('GET', '/twins/edge/modules/%24edgeHub')).error.number).toBe(404001);
  });
});

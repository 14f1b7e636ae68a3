// Purging and feedback over the service's HTTPS API, and the tier's limits on its routes.
import { expect, test } from 'vitest';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { aHub } from '../hub/a-hub.ts';
import { aDeviceApi, pump } from './a-device-api.ts';

const settled = async (count: number) => {
  const bench = await aDeviceApi();
  for (let done = 0; done < count; done++) {
    bench.send('x', { messageId: `m-${done}`, ack: 'full' });
    bench.messages.complete(pump, bench.messages.receive(pump)?.lockToken ?? '');
  }
  return bench;
};

test('a purge says how many messages it took; of a device that is not there 404001', async () => {
  const { service, send, registry } = await aDeviceApi();
  send('a');
  send('b');
  send('c', { to: '/devices/pump/modules/valve/messages/devicebound' });
  expect(registry.get('pump')).toMatchObject({ cloudToDeviceMessageCount: 2 });
  const purged = await service('DELETE', '/devices/pump/commands?api-version=2021-04-12');
  expect([purged.status, JSON.parse(purged.body.toString())]).toEqual([
    200,
    { totalMessagesPurged: 2, deviceId: 'pump', moduleId: null },
  ]);
  const module = await service('DELETE', '/devices/pump/modules/valve/commands');
  expect(JSON.parse(module.body.toString())).toEqual({ totalMessagesPurged: 1, deviceId: 'pump', moduleId: 'valve' });
  expect(registry.get('pump')).toMatchObject({ cloudToDeviceMessageCount: 0 });
  for (const [path, error] of [
    ['nobody', 'DeviceNotFound'],
    ['pump/modules/none', 'ModuleNotFound'],
  ] as const) {
    const missing = await service('DELETE', `/devices/${path}/commands`);
    expect([missing.status, missing.error]).toEqual([404, error]);
  }
  expect((await service('DELETE', '/devices/pump/commands', 'registryReadWrite')).status).toBe(401);
});

test.each(['/messages/serviceBound/feedback', '/messages/servicebound/feedback'])(
  '%s gives a batch, which is abandoned and completed',
  async (path) => {
    const { service } = await settled(64);
    const first = await service('GET', path);
    expect(first.status).toBe(200);
    expect(JSON.parse(first.body.toString())).toHaveLength(64);
    expect(JSON.parse(first.body.toString())[0]).toEqual({
      originalMessageId: 'm-0',
      enqueuedTimeUtc: expect.stringMatching(/Z$/),
      statusCode: 'Success',
      description: 'Success',
      deviceId: 'pump',
      deviceGenerationId: expect.stringMatching(/^\d+$/),
    });
    expect((await service('GET', path)).status).toBe(204);
    const lock = first.headers.etag?.slice(1, -1);
    expect((await service('POST', `${path}/${lock}/abandon`)).status).toBe(204);
    const second = await service('GET', path);
    expect((await service('DELETE', `${path}/${second.headers.etag?.slice(1, -1)}`)).status).toBe(204);
    expect((await service('GET', path)).status).toBe(204);
    const lost = await service('DELETE', `${path}/${lock}`);
    expect([lost.status, lost.error]).toEqual([412, 'DeviceMessageLockLost']);
    expect((await service('GET', path, 'registryRead')).status).toBe(401);
  },
);

/** Time stands still, so that no bucket fills while requests come in, however slow the machine is. */
function stoppedClock() {
  const clock = systemClock();
  const at = clock.now();
  return { ...clock, now: () => at };
}

test.each([
  ['GET', '/devices/pump', 100],
  ['GET', '/statistics/devices', 100],
  ['GET', '/twins/pump', 500],
  ['PATCH', '/twins/pump', 250],
  ['POST', '/devices/query', 20],
  ['DELETE', '/devices/pump/commands', 100],
  ['POST', '/twins/pump/methods', 200],
])('%s %s is answered 429001 after a burst of %d', async (method, path, burst) => {
  const { hub, ask, create } = await aHub({ clock: stoppedClock() });
  await create('pump');
  hub.setThrottle({ tier: 'S1', units: 1 });
  const body = path.includes('query') ? { query: 'SELECT * FROM devices' } : { methodName: 'x' };
  let taken = 0;
  for (;;) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(method, path, { body })));
    taken += answers.filter(({ status }) => status !== 429).length;
    const refused = answers.find(({ status }) => status === 429);
    if (refused === undefined) continue;
    expect(refused.error).toMatchObject({ name: 'ThrottlingException' });
    expect(refused.headers['retry-after']).toBeUndefined();
    break;
  }
  expect(taken).toBe(burst);
  const { throttle, limits } = hub.usage();
  expect(throttle).toEqual({ tier: 'S1', units: 1 });
  expect(limits.filter(({ refused }) => refused > 0)).toHaveLength(1);
  hub.setThrottle({ tier: 'off' });
  expect((await ask(method, path, { body })).status).not.toBe(429);
});

test('limits that a tier does not have are refused when the hub opens', async () => {
  await expect(aHub({ throttle: { tier: 'F1', units: 2 } })).rejects.toThrow('units: 2 must be a whole number');
  const { hub } = await aHub({ throttle: { tier: 'S3', units: 10 } });
  expect(hub.usage().today).toEqual({ used: 0, limit: 3_000_000_000 });
});

// Behaviours that change the device they run on: a factory reset, another telemetry interval.
import { expect, test } from 'vitest';
import { acknowledgeSchema, behaviourSchema, telemetrySchema } from '../../../../simulators/vocabulary/specs.ts';
import { type ADevice, aDevice } from '../a-device.ts';

const reports = ({ broker }: ADevice): Record<string, unknown>[] =>
  broker.sessions.flatMap(({ published }) =>
    published.flatMap(({ topic, payload }) => (topic.includes('/properties/reported/') ? [JSON.parse(payload)] : [])),
  );

test('a factory reset clears what was reported, goes dark, and comes back with a new serial number each time', async () => {
  const device = aDevice({ behaviour: behaviourSchema.parse({ kind: 'factoryReset' }) });
  device.broker.twin = { desired: { $version: 1 }, reported: { heat: 20, deep: { a: 1 }, $version: 4 } };
  await device.online();
  device.broker.last.call('factoryReset', '1');
  await device.clock.advance(1);
  expect(device.broker.last.replies[0]?.payload).toBe('{"message":"Factory reset started"}');
  expect([device.device.state, reports(device)]).toEqual(['dark', [{ heat: null, deep: null }]]);
  device.broker.twin = { desired: { $version: 1 }, reported: { $version: 5 } };
  await device.clock.advance(10_001);
  expect(reports(device).at(-1)).toEqual({
    factory: { resetAt: '2026-01-01T00:00:00.001Z', resets: 1, serial: expect.stringMatching(/^SN-[0-9A-F]{8}$/) },
  });
  device.broker.last.call('factoryReset', '2');
  await device.clock.advance(10_002);
  const [first, second] = reports(device).flatMap(({ factory }) => (factory ? [factory as { serial: string }] : []));
  expect(second).toMatchObject({ resets: 2 });
  expect(second?.serial).not.toBe(first?.serial);
});

test('the new serial number is reported until the hub takes it', async () => {
  const device = aDevice({ behaviour: behaviourSchema.parse({ kind: 'factoryReset' }) });
  await device.online();
  device.broker.last.call('factoryReset', '1');
  await device.clock.advance(5_000);
  device.broker.reportStatus = 503;
  await device.clock.advance(6_000);
  device.broker.reportStatus = 204;
  await device.clock.advance(60_000);
  expect(reports(device).filter(({ factory }) => factory)).toHaveLength(3);
  expect(device.of('device.failed')).toEqual([]);
});

test('what is never taken is given up and told', async () => {
  const device = aDevice({ behaviour: behaviourSchema.parse({ kind: 'factoryReset' }) });
  await device.online();
  device.broker.last.call('factoryReset', '1');
  await device.clock.advance(5_000);
  device.broker.reportStatus = 503;
  await device.clock.advance(600_000);
  expect(reports(device).filter(({ factory }) => factory)).toHaveLength(8);
  expect(device.of('device.failed').map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/given up after 8 tries$/),
  ]);
});

test('a device that locked up sends and acknowledges nothing until it is power-cycled', async () => {
  const device = aDevice({
    behaviour: behaviourSchema.parse({ kind: 'lockup' }),
    telemetry: telemetrySchema.parse({ everySeconds: 1, jitter: 0 }),
    acknowledge: acknowledgeSchema.parse({ how: 'echo' }),
  });
  await device.online();
  await device.clock.advance(3_000);
  device.broker.last.call('lockup', '1');
  await device.clock.advance(1);
  device.broker.last.publish('$iothub/twin/PATCH/properties/desired/?$version=2', '{"a":1}');
  await device.clock.advance(60_000);
  expect([sent(device), reports(device)]).toEqual([3, []]);
  device.broker.twin = { desired: { a: 1, $version: 2 }, reported: { $version: 1 } };
  device.device.reboot(100);
  await device.clock.advance(2_500);
  expect([sent(device), reports(device)]).toEqual([5, [{ a: 1 }]]);
});

test('a reboot that is no factory reset reports no new identity', async () => {
  const device = aDevice({ behaviour: behaviourSchema.parse({ kind: 'factoryReset' }) });
  await device.online();
  device.device.reboot(100);
  await device.clock.advance(1_000);
  expect(reports(device)).toEqual([]);
});

const interval = (device: ADevice, seconds: number) => {
  device.broker.last.call('setTelemetryInterval', 'i', `${seconds}`);
  return device.clock.advance(1);
};
const sent = (device: ADevice): number => device.of('telemetry.sent').length;
const behaviour = behaviourSchema.parse({ kind: 'setTelemetryInterval' });
const hourly = telemetrySchema.parse({ everySeconds: 3_600, jitter: 0 });

test('the interval holds at once, through a reboot, until the fleet says another', async () => {
  const device = aDevice({ behaviour, telemetry: hourly });
  await device.online();
  await interval(device, 10);
  await device.clock.advance(100_000);
  expect(sent(device)).toBe(10);
  device.device.reboot(0);
  await device.clock.advance(100_500);
  expect(sent(device)).toBe(20);
  device.device.change({ ...device.settings, telemetry: { ...hourly } });
  await device.clock.advance(1_000_000);
  expect(sent(device)).toBe(20);
});

test('a device whose fleet sends nothing begins to send', async () => {
  const device = aDevice({ behaviour });
  await device.online();
  await interval(device, 1);
  await device.clock.advance(12_000);
  expect(sent(device)).toBeGreaterThanOrEqual(10);
  expect(device.broker.last.published.some(({ payload }) => payload.includes('temperature'))).toBe(true);
});

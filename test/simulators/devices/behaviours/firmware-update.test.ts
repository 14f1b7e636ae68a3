// A firmware update on a device with a hub: its phases in the twin, the ways it fails, and the reboot it survives.
import { expect, test } from 'vitest';
import { behaviourSchema } from '../../../../simulators/vocabulary/specs.ts';
import { type ADevice, aDevice } from '../a-device.ts';

interface Reported {
  readonly firmware: {
    readonly version?: string;
    readonly update?: Readonly<Record<string, unknown>> & { readonly phase?: string; readonly progress?: number };
  };
}

const aFirmware = (spec: object = {}): ADevice =>
  aDevice({ behaviour: behaviourSchema.parse({ kind: 'firmwareUpdate', ...spec }) });

const reports = ({ broker }: ADevice): Reported[] =>
  broker.sessions.flatMap(({ published }) =>
    published.flatMap(({ topic, payload }) =>
      topic.includes('/properties/reported/') ? [JSON.parse(payload) as Reported] : [],
    ),
  );
/** Phase, progress and version of each report, as they were told. */
const steps = (device: ADevice): string[] =>
  reports(device).map(({ firmware: { version, update } }) =>
    [update?.phase, update?.progress, version].filter((part) => part !== undefined).join(' '),
  );
const statuses = ({ broker }: ADevice): string[] =>
  broker.sessions.flatMap(({ replies }) => replies.map(({ topic }) => /res\/(\d+)/.exec(topic)?.[1] ?? ''));

async function update(device: ADevice, payload: unknown, rid = '1'): Promise<void> {
  device.broker.last.call('firmwareUpdate', rid, JSON.stringify(payload));
  await device.clock.advance(1);
}

test('each phase is reported with its progress, and done after the reboot with the new version', async () => {
  const device = aFirmware();
  await device.online();
  await update(device, { version: '2.0.0', url: 'https://example.com/2.bin' });
  await device.clock.advance(30_000);
  expect(steps(device)).toEqual([
    '1.0.0',
    'downloading 0 1.0.0',
    ...['25', '50', '75', '100'],
    'applying 0 1.0.0',
    ...['25', '50', '75', '100'],
    'rebooting 0 1.0.0',
    'done 100 2.0.0',
  ]);
  const start = 1_767_225_600_000;
  const at = (ms: number) => new Date(start + ms).toISOString();
  expect(reports(device).at(-1)?.firmware.update).toEqual({
    ...{ from: '1.0.0', to: '2.0.0', url: 'https://example.com/2.bin', phase: 'done', progress: 100, error: null },
    times: { downloading: at(1), applying: at(8_001), rebooting: at(12_001), done: at(17_001), failed: null },
  });
  expect(statuses(device)).toEqual(['202']);
});

test.each([
  undefined,
  null,
  'x',
  {},
  { version: '' },
  { version: 7 },
  { version: 'x'.repeat(65) },
  { version: '2', url: 1 },
])('payload %j is answered 400 with what is expected', async (payload) => {
  const device = aFirmware();
  await device.online();
  await update(device, payload);
  expect(statuses(device)).toEqual(['400']);
  expect(device.broker.last.replies[0]?.payload).toContain('"version\\":\\"2.0.0\\"');
});

test('an update while one is under way is answered 409 and changes nothing', async () => {
  const device = aFirmware();
  await device.online();
  await update(device, { version: '2.0.0' });
  await update(device, { version: '3.0.0' }, '2');
  await device.clock.advance(30_000);
  expect(statuses(device)).toEqual(['202', '409']);
  expect(steps(device).at(-1)).toBe('done 100 2.0.0');
});

test.each([
  ['downloading', 25, 'downloading 2.0.0 failed'],
  ['applying', 25, 'applying 2.0.0 failed'],
  ['rebooting', 0, '2.0.0 does not start; back on 1.0.0'],
])(
  'one that fails while %s says how far it came and why, and keeps its version',
  async (failingAt, progress, error) => {
    const device = aFirmware({ failing: 1, failingAt });
    await device.online();
    await update(device, { version: '2.0.0' });
    await device.clock.advance(30_000);
    expect(steps(device).at(-1)).toBe(`failed ${progress} 1.0.0`);
    expect(reports(device).at(-1)?.firmware.update?.error).toBe(error);
  },
);

test('with jitter a device takes its own time, the same for the same seed', async () => {
  const lengths = await Promise.all(
    [0, 0, 0.3].map(async (jitter) => {
      const device = aFirmware({ jitter });
      await device.online();
      const begun = device.clock.now();
      await update(device, { version: '2.0.0' });
      while (steps(device).at(-1) !== 'done 100 2.0.0') await device.clock.advance(100);
      return device.clock.now() - begun;
    }),
  );
  const [one, other, drawn = 0] = lengths;
  expect(one).toBe(other);
  expect(drawn).not.toBe(one);
  expect(Math.abs(drawn - (one ?? 0))).toBeLessThanOrEqual(0.3 * (one ?? 0));
});

test('versions that always fail do so, and the next may succeed', async () => {
  const device = aFirmware({ failingVersions: ['2.0.0'] });
  await device.online();
  await update(device, { version: '2.0.0' });
  await device.clock.advance(30_000);
  await update(device, { version: '2.0.1' }, '2');
  await device.clock.advance(30_000);
  expect(steps(device).filter((step) => /^(failed|done)/.test(step))).toEqual(['failed 25 1.0.0', 'done 100 2.0.1']);
  expect(reports(device).at(-1)?.firmware.update).toMatchObject({ error: null, times: { failed: null } });
});

test('a power cut in the middle fails the update as soon as the device is back', async () => {
  const device = aFirmware();
  await device.online();
  await update(device, { version: '2.0.0' });
  await device.clock.advance(2_500);
  device.device.reboot(1_000);
  await device.clock.advance(2_000);
  expect(reports(device).at(-1)?.firmware).toMatchObject({
    version: '1.0.0',
    update: { phase: 'failed', error: 'interrupted by a reboot while downloading' },
  });
});

test('the end of an update is reported until the hub takes it', async () => {
  const device = aFirmware();
  await device.online();
  await update(device, { version: '2.0.0' });
  await device.clock.advance(12_500);
  device.broker.reportStatus = 503;
  await device.clock.advance(6_000);
  device.broker.reportStatus = 204;
  await device.clock.advance(5_000);
  expect(steps(device).slice(-3)).toEqual(['done 100 2.0.0', 'done 100 2.0.0', 'done 100 2.0.0']);
  expect(device.of('device.failed')).toEqual([]);
});

test('what it runs is known from the twin, and not reported again', async () => {
  const device = aFirmware();
  device.broker.twin = { desired: { $version: 1 }, reported: { firmware: { version: '1.7.0' }, $version: 4 } };
  await device.online();
  expect(reports(device)).toEqual([]);
  await update(device, { version: '2.0.0' });
  expect(steps(device)).toEqual(['downloading 0 1.7.0']);
});

test('getStatus shows the update under way', async () => {
  const of = [{ kind: 'firmwareUpdate' }, { kind: 'getStatus' }];
  const device = aDevice({ behaviour: behaviourSchema.parse({ kind: 'several', of }) });
  await device.online();
  await update(device, { version: '2.0.0' });
  await device.clock.advance(9_500);
  device.broker.last.call('getStatus', '2');
  await device.clock.advance(1);
  expect(JSON.parse(device.broker.last.replies.at(-1)?.payload ?? '').firmware).toMatchObject({
    version: '1.0.0',
    update: { phase: 'applying', progress: 25, to: '2.0.0' },
  });
});

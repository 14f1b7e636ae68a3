// Firmware updates of whole fleets over real connections: every device ends done or failed, those that fail are the seed's choice, and the hub's
// twins show it.
import { expect, test } from 'vitest';
import { seeded } from '../../simulators/random/random.ts';
import { type FleetSpecInput, fleetSpecSchema } from '../../simulators/vocabulary/specs.ts';
import { aFleet } from '../support/a-fleet.ts';
import { until } from '../support/a-lab.ts';

const toVersion2 = { method: 'firmwareUpdate', payload: '{"version":"2.0.0"}' };
const quick = { kind: 'firmwareUpdate', download: 80, apply: 40, dark: 60 } as const;

const aFirmwareFleet = (spec: Partial<FleetSpecInput>) =>
  aFleet(
    fleetSpecSchema.parse({
      ...{ name: 'pumps', count: 3, id: 'pump-{index:000}', connect: { perSecond: 1_000, jitter: 0 } },
      ...spec,
    }),
  );

/** The reports of a device in the hub, in order: the phase each names, and the version it runs. */
function told(fleet: Awaited<ReturnType<typeof aFirmwareFleet>>, id: string): string[] {
  return fleet.of('twin.patched').flatMap(({ device, section, patch }) => {
    if (device !== id || section !== 'reported') return [];
    const { firmware } = JSON.parse(patch.text);
    const { update, version } = firmware;
    return [[update?.phase, update?.progress, version].filter((part) => part !== undefined).join(' ')];
  });
}

test.each(['mqtt', 'amqp'] as const)(
  'over %s each phase reaches the twin, and done follows the reboot',
  async (protocol) => {
    const fleet = await aFirmwareFleet({ protocol, behaviour: quick });
    await fleet.allOnline();
    expect((await fleet.invoker.invoke('pump-001', toVersion2)).deviceStatus).toBe(202);
    await until(
      () => told(fleet, 'pump-001').at(-1) === 'done 100 2.0.0',
      () => told(fleet, 'pump-001'),
    );
    expect(told(fleet, 'pump-001')).toEqual([
      '1.0.0',
      'downloading 0 1.0.0',
      ...['25', '50', '75', '100'],
      'applying 0 1.0.0',
      ...['25', '50', '75', '100'],
      'rebooting 0 1.0.0',
      'done 100 2.0.0',
    ]);
    const links = fleet.of('link.changed').filter(({ device }) => device === 'pump-001');
    expect(links.map(({ state }) => state).slice(-3)).toEqual(['dark', 'connecting', 'online']);
  },
);

test('of 200 devices that fail one time in ten, exactly those fail whose own chance says so', async () => {
  const fleet = await aFirmwareFleet({ count: 200, behaviour: { ...quick, failing: 0.1 } });
  await fleet.allOnline();
  const ids = fleet.identities.map(({ id }) => id);
  await Promise.all(ids.map((id) => fleet.invoker.invoke(id, toVersion2)));
  /** The phase in which each ended. */
  const ends = () => {
    const phases = new Map<string, string>();
    for (const { device, patch } of fleet.of('twin.patched')) {
      const end = /"phase":"(done|failed)"/.exec(patch.text)?.[1];
      if (end !== undefined) phases.set(device, end);
    }
    return phases;
  };
  await until(
    () => ends().size === ids.length,
    () => `${ends().size} ended`,
    60_000,
  );
  const counted = await fleet.invoker.query(
    'SELECT properties.reported.firmware.update.phase AS phase, COUNT() AS devices FROM devices GROUP BY properties.reported.firmware.update.phase',
  );
  const rows: { phase: string; devices: number }[] = JSON.parse(counted.body);
  expect(Object.fromEntries(rows.map(({ phase, devices }) => [phase, devices]))).toEqual({ done: 187, failed: 13 });

  const phases = ends();
  for (const id of ids) {
    const seen = told(fleet, id).flatMap(
      (report) => /^(downloading|applying|rebooting|done|failed)/.exec(report)?.[0] ?? [],
    );
    const way = phases.get(id) === 'done' ? ['applying', 'rebooting', 'done'] : ['applying', 'failed'];
    expect(seen, id).toEqual(['downloading', ...way]);
  }
  const failed = ids.filter((id) => phases.get(id) === 'failed');
  const chosen = ids.filter((id) => seeded(7).fork(id).fork('behaviour').next() < 0.1);
  expect(failed).toEqual(chosen);
  expect(failed).toHaveLength(13);
});

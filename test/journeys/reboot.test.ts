// The flow the whole program exists to show: a fleet comes online, one device is told to reboot, answers, goes dark, comes back and reports.
import { expect, test } from 'vitest';
import { deviceId } from '../../simulators/vocabulary/ids.ts';
import { addFault, addFleet, aLab, allOnline, runAll, until } from '../support/a-lab.ts';

const everything = { filter: '', limit: 1_000 };
const allDevices = { filter: '', sort: 'id', descending: false, from: 0, count: 100, wall: false } as const;

test('a device answers reboot, goes dark, comes back and reports lastReboot', async () => {
  const lab = await aLab();
  await addFleet(lab, { name: 'pumps', count: 20, id: 'pump-{index:00}', behaviour: { kind: 'reboot', dark: 300 } });
  await allOnline(lab, 20);
  const pump = deviceId('pump-07');

  const run = await runAll(lab, { method: 'reboot', device: pump });
  expect(run.outcomes).toEqual([{ key: '200/200', count: 1 }]);
  expect(lab.runResult(run.id, pump)).toMatchObject({
    httpStatus: 200,
    deviceStatus: 200,
    payload: '"Reboot started"',
  });

  await until(() => lab.views.device(pump)?.row.state === 'dark');
  const back = await until(
    () => {
      const view = lab.views.device(pump);
      return view?.row.state === 'online' && view.connects === 2 && view.twin?.reported.iothubDM !== undefined
        ? view
        : undefined;
    },
    () => lab.views.device(pump),
  );
  expect(back.twin?.reported).toMatchObject({
    iothubDM: { reboot: { lastReboot: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) } },
  });

  const rows = lab.views.traffic({ ...everything, device: pump }).rows;
  const call = rows.find((row) => row.name === 'reboot');
  expect(call).toMatchObject({ httpStatus: 200, deviceStatus: 200, pending: false });
  const { hub, toDevice, inDevice, back: backLeg } = call?.legs ?? { hub: 0, toDevice: 0, inDevice: 0, back: 0 };
  expect(hub + toDevice + inDevice + backLeg).toBeCloseTo(call?.duration ?? -1, 2);
  expect(rows.map((row) => row.name)).toEqual(
    expect.arrayContaining(['connected', 'reported patched', 'dark', 'disconnected']),
  );
  expect(lab.views.totals()).toMatchObject({ calls: 1, failures: 0, inFlight: 0 });
});

test('a slow share answers late, a silent share not at all, and lifting both heals the fleet', async () => {
  const lab = await aLab();
  await addFleet(lab, { name: 'pumps', count: 60, id: 'pump-{index:00}', behaviour: { kind: 'echo' } });
  await allOnline(lab, 60);
  await addFault(lab, {
    name: 'slow',
    settings: { kind: 'reply.delay', delay: { kind: 'fixed', ms: 400 } },
    on: { fleet: 'pumps', share: 0.2 },
  });
  await addFault(lab, { name: 'silent', settings: { kind: 'reply.never' }, on: { share: 0.1 } });
  const [slow, silent] = lab.views.totals().faults;
  expect(slow?.devices).toBeGreaterThan(3);
  expect(silent?.devices).toBeGreaterThan(1);

  const run = await runAll(lab, { method: 'ping', payload: '{"n":1}', responseTimeout: 5 });
  expect(run.outcomes.find((each) => each.key === '504')?.count).toBe(silent?.devices);
  expect(run.outcomes.find((each) => each.key === '200/200')?.count).toBe(60 - (silent?.devices ?? 0));
  // Facts come up in batches, a moment after the callers have their answers.
  const timedOut = await until(() => {
    const view = lab.views.traffic({ filter: 'status:504', limit: 1_000 });
    return view.matching === silent?.devices ? view : undefined;
  });
  const late = lab.views.traffic({ filter: 'status:200 fault:slow', limit: 1_000 }).rows;
  const both = lab.views.fleet({ ...allDevices, filter: 'fault:slow fault:silent' }).matching;
  expect(late).toHaveLength((slow?.devices ?? 0) - both);
  // Node's timers count whole milliseconds of the loop's own clock, so one may ring a fraction of one early.
  expect(Math.min(...late.map((row) => row.duration ?? 0))).toBeGreaterThanOrEqual(399);
  expect(timedOut.rows.every((row) => row.faults?.includes(silent?.spec.name as never))).toBe(true);
  expect(lab.trafficDetail(timedOut.rows[0]?.id ?? 0)?.explanation?.cause).toContain('fault silent kept its reply');

  expect(await lab.liftAllFaults()).toBe(2);
  expect((await runAll(lab, { method: 'ping' })).outcomes).toEqual([{ key: '200/200', count: 60 }]);
});

test('a desired change reaches its device, shows as drift and is refused under an old etag', async () => {
  const lab = await aLab();
  await addFleet(lab, { name: 'pumps', count: 2, behaviour: { kind: 'echo' } });
  await allOnline(lab, 2);
  const device = deviceId('device-0001');
  const twin = await until(() => lab.views.device(device)?.twin);
  const { version } = await lab.patchDesired(device, { interval: 30 }, twin.etag);
  expect(version).toBe(twin.desiredVersion + 1);
  const drifting = await until(() => (lab.views.device(device)?.row.drift ? lab.views.device(device) : undefined));
  expect(drifting?.row.id).toBe(device);
  expect(
    await until(() =>
      lab.views.device(device)?.twin?.drift.length ? lab.views.device(device)?.twin?.drift : undefined,
    ),
  ).toEqual(['interval']);
  // The device's word and the hub's come from threads of their own, in any order.
  const delivered = await until(() => lab.views.traffic({ filter: 'kind:twin delivered', limit: 10 }).rows.at(-1));
  expect(delivered.detail).toBe(`v${version}, delivered`);
  await expect(lab.patchDesired(device, { interval: 60 }, twin.etag)).rejects.toThrow('PreconditionFailed');
});

test('a fleet can be stopped, started and removed with its identities', async () => {
  const lab = await aLab();
  await addFleet(lab, { name: 'pumps', count: 5 });
  await allOnline(lab, 5);
  const [fleet] = lab.fleets();
  if (fleet === undefined) throw new Error('the fleet is gone');
  lab.stopFleet(fleet.name);
  await allOnline(lab, 0);
  expect((await runAll(lab, { method: 'reboot' })).outcomes).toEqual([{ key: '404', count: 5 }]);
  lab.startFleet(fleet.name);
  await allOnline(lab, 5);
  await lab.removeFleet(fleet.name);
  expect(lab.views.totals()).toMatchObject({ fleets: [], devices: { total: 0 } });
  await expect(lab.connectionString({ kind: 'device', device: deviceId('device-0001') })).rejects.toThrow(
    'DeviceNotFound',
  );
  await addFleet(lab, { name: 'pumps', count: 5 });
  await allOnline(lab, 5);
});

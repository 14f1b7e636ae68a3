// The same fleet over TLS, and a lab that is opened again on the folder it left.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { deviceId } from '../../simulators/vocabulary/ids.ts';
import { addFleet, aLab, allOnline, runAll, until } from '../support/a-lab.ts';

test('devices over TLS answer beside devices on the plain loopback', async () => {
  const lab = await aLab({ fleetWorkers: 2 });
  await addFleet(lab, { name: 'plain', count: 10, id: 'plain-{index:00}', behaviour: { kind: 'echo' } });
  await addFleet(lab, { name: 'sealed', count: 10, id: 'sealed-{index:00}', tls: true, behaviour: { kind: 'echo' } });
  await allOnline(lab, 20);
  const run = await runAll(lab, { method: 'ping', payload: '{"n":12345678901234567890}' });
  expect(run.outcomes).toEqual([{ key: '200/200', count: 20 }]);
  expect(lab.runResult(run.id, deviceId('sealed-03')).payload).toBe('{"n":12345678901234567890}');
  const { rows } = lab.views.traffic({ filter: 'connected', limit: 100 });
  expect(rows.filter((row) => row.detail === 'mqtt over TLS')).toHaveLength(10);
  expect(rows.filter((row) => row.detail === 'mqtt')).toHaveLength(10);
});

test('identities, twins and keys are there again when the lab is opened on its folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hubfleet-lab-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const fleet = { name: 'pumps', count: 3, behaviour: { kind: 'echo' } } as const;
  const device = deviceId('device-0002');

  const first = await aLab({ folder });
  await addFleet(first, fleet);
  await allOnline(first, 3);
  const { version } = await first.patchDesired(device, { interval: 30 }, undefined);
  const connectionString = await first.connectionString({ kind: 'device', device });
  await first.stop();

  const second = await aLab({ folder });
  expect(second.status.connectionStrings).toEqual(first.status.connectionStrings);
  await addFleet(second, fleet);
  await allOnline(second, 3);
  expect(await second.connectionString({ kind: 'device', device })).toBe(connectionString);
  const twin = await until(() => second.views.device(device)?.twin);
  expect(twin).toMatchObject({ desired: { interval: 30 }, desiredVersion: version });
});

test('a second lab on the same folder is refused with a sentence, and the first goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hubfleet-lab-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const first = await aLab({ folder });
  await expect(aLab({ folder })).rejects.toMatchObject({
    code: 'data-folder.in-use',
    message: expect.stringContaining(folder),
  });
  await addFleet(first, { name: 'pumps', count: 2 });
  await allOnline(first, 2);
});

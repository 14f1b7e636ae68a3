// A user's own behaviour in a running lab: in the fleet's thread, over real connections, and without harm to others when it goes wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { Lab } from '../../simulators/lab/lab.ts';
import { deviceId } from '../../simulators/vocabulary/ids.ts';
import { addFleet, aLab, allOnline, runAll, until } from '../support/a-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'hubfleet-own-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The status and payload that the device answered. */
async function call(lab: Lab, device: string, method: string, payload = '') {
  const { run } = await runAll(lab, { method, payload, device }).then((view) => ({ run: view.id }));
  const { deviceStatus, payload: answer } = lab.runResult(run, deviceId(device));
  return { status: deviceStatus, payload: answer === undefined ? undefined : JSON.parse(answer) };
}

test('the example thermostat does as its settings say, and remembers through a reboot', async () => {
  const lab = await aLab();
  const file = fileURLToPath(new URL('../../examples/behaviours/thermostat.mjs', import.meta.url));
  const behaviour = { kind: 'module', file, settings: { warmest: 25 } } as const;
  for (const protocol of ['mqtt', 'amqp'] as const) {
    await addFleet(lab, { name: protocol, count: 1, id: `${protocol}-1`, protocol, behaviour });
  }
  await allOnline(lab, 2);
  for (const device of ['mqtt-1', 'amqp-1']) {
    expect(await call(lab, device, 'setTarget', '28')).toMatchObject({ status: 400 });
    expect(await call(lab, device, 'setTarget', '22.5')).toEqual({ status: 200, payload: { target: 22.5 } });
    expect(await call(lab, device, 'fly')).toMatchObject({ status: 404 });
  }
  lab.rebootDevices([deviceId('mqtt-1')], 50);
  await until(() => lab.views.device(deviceId('mqtt-1'))?.connects === 2);
  expect(await call(lab, 'mqtt-1', 'getTarget')).toEqual({ status: 200, payload: { target: 22.5 } });
});

test('one that throws in a timer, or lets promises go, is told on its device and ends nobody', async () => {
  const lab = await aLab();
  const file = join(folder, 'careless.mjs');
  writeFileSync(
    file,
    `export async function onMethod(request, device) {
       setTimeout(() => { throw new Error('thrown in a timer'); }, 1);
       Promise.reject(new Error('let go'));
       device.report({ ['x'.repeat(2_000)]: 1 });
       device.wait(5).then(() => device.report({ ['y'.repeat(2_000)]: 1 }));
       await device.reply(200, 'careless');
     }`,
  );
  await addFleet(lab, { name: 'careless', count: 2, id: 'c-{index}', behaviour: { kind: 'module', file } });
  await addFleet(lab, { name: 'careful', count: 2, id: 'e-{index}', behaviour: { kind: 'echo' } });
  await allOnline(lab, 4);
  for (let time = 0; time < 3; time++) {
    expect(await call(lab, 'c-1', 'x')).toEqual({ status: 200, payload: 'careless' });
  }
  const said = () => JSON.stringify(lab.views.traffic({ filter: '', limit: 1_000 }));
  await until(() => /thrown in a timer/.test(said()) && /let go/.test(said()), said);
  expect(await call(lab, 'e-2', 'x', '1')).toEqual({ status: 200, payload: 1 });
  expect(lab.views.totals().devices.online).toBe(4);
});

// Fleets as a user describes them, on one hub: every transport the hub has a door for, certificates, modules, telemetry.
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../simulators/clock/system.ts';
import { openMessages } from '../../simulators/invoker/messages.ts';
import { deviceId, fleetName } from '../../simulators/vocabulary/ids.ts';
import { addFleet, aLab, allOnline, runAll, until } from '../support/a-lab.ts';

const everyDevice = { sort: 'id', descending: false, from: 0, count: 500, wall: false, filter: '' } as const;

test.each(['mqtt-ws', 'amqp', 'amqp-ws'] as const)('devices over %s answer, with TLS and without', async (protocol) => {
  const lab = await aLab();
  const fleet = { count: 5, protocol, behaviour: { kind: 'echo' } } as const;
  await addFleet(lab, { ...fleet, name: 'plain', id: 'plain-{index}' });
  await addFleet(lab, { ...fleet, name: 'sealed', id: 'sealed-{index}', tls: true });
  await allOnline(lab, 10);
  const run = await runAll(lab, { method: 'ping', payload: '{"n":1}' });
  expect(run.outcomes).toEqual([{ key: '200/200', count: 10 }]);
  expect(lab.views.fleet(everyDevice).rows.map(({ protocol }) => protocol)).toEqual(Array(10).fill(protocol));
});

test.each(['x509-self-signed', 'x509-ca'] as const)(
  'devices that show a certificate (%s) come online and back',
  async (authentication) => {
    const lab = await aLab({ fleetWorkers: 2 });
    await addFleet(lab, {
      ...{ name: 'pumps', count: 12, authentication, behaviour: { kind: 'echo' } },
      ...{
        protocol: { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 },
        reconnect: { kind: 'backoff', first: 50, most: 500 },
      },
    });
    await allOnline(lab, 12);
    expect((await runAll(lab, { method: 'ping' })).outcomes).toEqual([{ key: '200/200', count: 12 }]);
    expect(lab.views.fleet(everyDevice).rows[0]).toMatchObject({ authentication, tls: true });
    expect(await lab.connectionString({ kind: 'device', device: deviceId('device-0001') })).toMatch(/;x509=true$/);
    // The private keys went to the devices' threads; nothing that can be seen holds one.
    expect(JSON.stringify([lab.views.totals(), lab.views.fleet(everyDevice), lab.fleets(), lab.status])).not.toContain(
      'PRIVATE',
    );
    const [fleet] = lab.fleets();
    if (fleet === undefined) throw new Error('the fleet is gone');
    await lab.removeFleet(fleet.name);
    await addFleet(lab, { name: 'pumps', count: 12, behaviour: { kind: 'echo' } });
    await allOnline(lab, 12);
  },
);

test('a folder whose devices had keys takes the same fleet with certificates', async () => {
  const lab = await aLab();
  await addFleet(lab, { name: 'pumps', count: 3 });
  await allOnline(lab, 3);
  lab.stopFleet(lab.fleets()[0]?.name as never);
  await allOnline(lab, 0);
  await lab.removeFleet(lab.fleets()[0]?.name as never);
  await addFleet(lab, { name: 'pumps', count: 3, authentication: 'x509-self-signed' });
  await allOnline(lab, 3);
});

test('modules are rows, twins and callees of their own beside their device', async () => {
  const lab = await aLab({ fleetWorkers: 2 });
  await addFleet(lab, {
    name: 'gateways',
    count: 4,
    id: 'gw-{index}',
    modules: ['eye', 'ear'],
    protocol: { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 },
    behaviour: { kind: 'echo' },
  });
  await allOnline(lab, 12);
  expect(lab.views.fleet({ ...everyDevice, filter: 'is:module' }).matching).toBe(8);
  expect(lab.views.fleet({ ...everyDevice, filter: 'module:eye' }).rows.map(({ id }) => id)).toEqual([
    'gw-1/eye',
    'gw-2/eye',
    'gw-3/eye',
    'gw-4/eye',
  ]);
  expect((await runAll(lab, { method: 'ping' })).outcomes).toEqual([{ key: '200/200', count: 12 }]);
  const eye = deviceId('gw-2/eye');
  await lab.patchDesired(eye, { focus: 3 }, undefined);
  await until(() => lab.views.device(eye)?.row.drift);
  expect(lab.views.device(deviceId('gw-2'))?.row.drift).toBe(false);
  expect(await lab.connectionString({ kind: 'device', device: eye })).toMatch(
    /;DeviceId=gw-2;ModuleId=eye;SharedAccessKey=/,
  );
  await lab.removeFleet(lab.fleets()[0]?.name as never);
  await expect(lab.connectionString({ kind: 'device', device: eye })).rejects.toThrow(/NotFound/);
});

test('telemetry is a row of the traffic each, and counted beside its device', async () => {
  const lab = await aLab();
  await addFleet(lab, {
    ...{ name: 'pumps', count: 8, protocol: { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 }, modules: ['eye'] },
    devicesPerConnection: 3,
    telemetry: { intervalMs: 50, template: { device: '{deviceId}', heat: '{walk:18:24:0.2}' } },
  });
  await until(() => lab.views.fleet(everyDevice).rows.every(({ telemetry }) => telemetry.sent > 3));
  const rows = lab.views.fleet(everyDevice).rows;
  expect(rows).toHaveLength(16);
  expect(rows.every(({ telemetry }) => telemetry.failed === 0)).toBe(true);
  const traffic = await until(() => {
    const view = lab.views.traffic({ filter: 'telemetry device:device-0003/eye', limit: 10 });
    return view.matching > 3 ? view : undefined;
  });
  const detail = lab.trafficDetail(traffic.rows[0]?.id ?? 0);
  expect(JSON.parse(detail?.request?.text ?? '')).toMatchObject({
    device: 'device-0003/eye',
    heat: expect.any(Number),
  });
});

test('messages to devices and modules are completed, rejected and abandoned by rule, on every transport', async () => {
  const lab = await aLab();
  await addFleet(lab, {
    ...{ name: 'pumps', count: 4, protocol: { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 }, modules: ['eye'] },
    messages: {
      rules: [
        { property: 'do', value: 'reject', do: 'reject' },
        { property: 'do', value: 'abandon', do: 'abandon' },
      ],
    },
  });
  await allOnline(lab, 8);
  const messages = await openMessages({
    ...{ clock: systemClock(), connectionString: lab.status.connectionStrings.service ?? '' },
    ...{ address: { host: '127.0.0.1', port: lab.status.doors.amqp?.port ?? 0, tls: false } },
  });
  onTestFinished(() => messages.close());
  const rows = lab.views.fleet(everyDevice).rows;
  const send = (device: string, way: string) =>
    messages.send(device, { body: Buffer.from(way), messageId: `${device} ${way}`, properties: { do: way } });
  for (const { id } of rows) expect(await send(id, 'complete')).toEqual({});
  await until(() => lab.views.fleet(everyDevice).rows.every((row) => row.messages === 1));
  for (const { id, protocol } of rows) {
    if (!protocol.startsWith('amqp')) continue;
    await send(id, 'reject');
    await send(id, 'abandon');
  }
  const outcomes = () =>
    lab.views
      .traffic({ filter: 'kind:c2d', limit: 1_000 })
      .rows.map(({ outcome = 'none yet' }) => outcome)
      .sort();
  // An abandoned message comes again until it was delivered ten times; then the hub gives it up.
  await until(
    () => lab.views.fleet(everyDevice).rows.every((row) => row.messages === (row.protocol.startsWith('amqp') ? 12 : 1)),
    outcomes,
  );
  const ends = [...Array(8).fill('completed'), ...Array(4).fill('delivery-count'), ...Array(4).fill('rejected')];
  await until(() => JSON.stringify(outcomes()) === JSON.stringify(ends), outcomes);
});

test('the limits of a tier can be set while the hub runs, and are seen in use', async () => {
  const lab = await aLab();
  await until(() => lab.views.hub().usage?.throttle.tier === 'off');
  await lab.setThrottle({ tier: 'S1', units: 1 });
  await addFleet(lab, { name: 'pumps', count: 5, behaviour: { kind: 'echo' } });
  await allOnline(lab, 5);
  const usage = await until(() => (lab.views.hub().usage?.throttle.tier === 'S1' ? lab.views.hub().usage : undefined));
  expect(usage.limits.find(({ kind }) => kind === 'connections')?.limit).toBe(100);
});

test('a fleet that is stopped before it is registered stays off until it is started', async () => {
  const lab = await aLab();
  const adding = addFleet(lab, { name: 'pumps', count: 20, id: 'pump-{index}', connect: { perSecond: 10_000 } });
  const state = () => lab.views.totals().fleets[0]?.state;
  expect(state()).toBe('provisioning');
  lab.stopFleet(fleetName('pumps'));
  await adding;
  expect(state()).toBe('stopped');
  // What threads do comes in order: were the others told to dial, the first would be on its way now.
  lab.startDevices([deviceId('pump-20')]);
  await until(() => lab.views.totals().devices.online === 1);
  expect(lab.views.totals().devices).toMatchObject({ off: 19, online: 1 });
  lab.startFleet(fleetName('pumps'));
  expect(state()).toBe('running');
  await allOnline(lab, 20);
});

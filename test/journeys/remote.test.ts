// A fleet on a hub of somebody else: another hub of ours plays it, over TLS. What it makes there it takes away, and nothing else.
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../simulators/clock/system.ts';
import { type Hub, openHub } from '../../simulators/hub/hub.ts';
import { type Invoker, openInvoker } from '../../simulators/invoker/invoker.ts';
import type { HubFact } from '../../simulators/vocabulary/facts.ts';
import { deviceId, fleetName } from '../../simulators/vocabulary/ids.ts';
import type { FleetSpecInput } from '../../simulators/vocabulary/specs.ts';
import { addFault, addFleet, aLab, allOnline, runAll, until } from '../support/a-lab.ts';

const everyDevice = { sort: 'id', descending: false, from: 0, count: 500, wall: false, filter: '' } as const;
const clock = systemClock();

interface Remote {
  readonly hub: Hub;
  readonly connectionString: string;
  readonly facts: HubFact[];
  /** Its own service client, apart from the lab's. */
  readonly invoker: Invoker;
  readonly ids: () => Promise<string[]>;
}

async function aRemoteHub(): Promise<Remote> {
  const facts: HubFact[] = [];
  const hub = await openHub({
    ...{ clock, randomBytes, folder: undefined, hostName: 'remote.localhost', emit: (fact) => facts.push(fact) },
    listen: { host: '127.0.0.1', https: 0, http: false, mqtts: 0, mqtt: false, amqps: 0, amqp: false },
  });
  const connectionString = hub.status.connectionStrings.iothubowner ?? '';
  const invoker = openInvoker({
    ...{ connectionString, clock, ca: hub.status.ca.pem },
    address: { host: '127.0.0.1', port: hub.status.doors.https?.port ?? 0, tls: true },
  });
  onTestFinished(async () => {
    await invoker.close();
    await hub.stop();
  });
  const ids = async () =>
    (JSON.parse((await invoker.listDevices(1_000)).body) as { deviceId: string }[]).map((each) => each.deviceId).sort();
  return { hub, connectionString, facts, invoker, ids };
}

async function aLabBeside(remote: Remote) {
  const { https, mqtts, amqps } = remote.hub.status.doors;
  const doors = {
    host: '127.0.0.1',
    ...(https && { https: https.port }),
    ...(mqtts && { mqtts: mqtts.port }),
    ...(amqps && { amqps: amqps.port }),
    ca: remote.hub.status.ca.pem,
  };
  return aLab({ remotes: { 'remote.localhost': doors } });
}

const pumps = (remote: Remote, changes: Partial<FleetSpecInput> = {}): FleetSpecInput => ({
  ...{ name: 'pumps', count: 8, id: 'pump-{index}', hub: remote.connectionString, behaviour: { kind: 'echo' } },
  ...changes,
});
const confirmed = { confirmRemote: true };
const name = fleetName('pumps');

test('lives there over TLS, answers methods and shows its twins, and is taken away whole', async () => {
  const remote = await aRemoteHub();
  await remote.invoker.createDevice('theirs');
  const lab = await aLabBeside(remote);
  await addFleet(lab, { name: 'locals', count: 2, id: 'local-{index}', behaviour: { kind: 'echo' } });
  const spec = pumps(remote, {
    ...{ protocol: { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 }, modules: ['eye'], devicesPerConnection: 4 },
    telemetry: { intervalMs: 50, template: { n: '{count}' } },
  });
  await addFleet(lab, spec, confirmed);
  await allOnline(lab, 18);
  expect(await remote.ids()).toEqual([...Array.from({ length: 8 }, (_, index) => `pump-${index + 1}`), 'theirs']);
  expect(remote.facts.filter(({ type }) => type === 'device.connected')).toHaveLength(16);
  expect(remote.facts.every((fact) => fact.type !== 'device.connected' || fact.tls)).toBe(true);

  expect(lab.views.hub()).toMatchObject({ devices: 2, connected: 2 });
  expect(lab.views.totals().fleets.map(({ identities, online }) => [identities, online])).toEqual([
    [2, 2],
    [16, 16],
  ]);

  const run = await runAll(lab, { method: 'ping', payload: '{"n":1}' });
  expect(run.outcomes).toEqual([{ key: '200/200', count: 18 }]);
  const pump = deviceId('pump-3');
  const call = await until(() =>
    lab.views.traffic({ filter: '', device: pump, limit: 20 }).rows.find((row) => row.kind === 'method'),
  );
  expect(call).toMatchObject({ name: 'ping', httpStatus: 200, deviceStatus: 200, pending: false });
  const twin = await until(() => lab.views.device(pump)?.twin);
  await lab.patchDesired(pump, { interval: 30 }, twin.etag);
  await until(() => lab.views.device(pump)?.twin?.drift.includes('interval'));
  await until(() =>
    lab.views.fleet({ ...everyDevice, filter: 'is:remote' }).rows.every((row) => row.telemetry.sent > 2),
  );
  expect(lab.views.fleet({ ...everyDevice, filter: 'pump-3/eye' }).rows[0]).toMatchObject({
    ...{ remote: 'remote.localhost', tls: true, state: 'online' },
  });
  expect(await lab.connectionString({ kind: 'device', device: pump })).toMatch(
    /^HostName=remote\.localhost;DeviceId=pump-3;/,
  );

  await lab.removeFleet(name, confirmed);
  expect(await remote.ids()).toEqual(['theirs']);
  await allOnline(lab, 2);
});

test('is not made, and not removed, without a word of its own', async () => {
  const remote = await aRemoteHub();
  const lab = await aLabBeside(remote);
  await expect(addFleet(lab, pumps(remote))).rejects.toMatchObject({
    code: 'remote.unconfirmed',
    message: "fleet 'pumps' makes 8 identities on remote.localhost, which is not this lab's own hub",
  });
  expect(await remote.ids()).toEqual([]);
  expect(lab.views.totals().fleets).toEqual([]);
  await addFleet(lab, pumps(remote), confirmed);
  await expect(lab.removeFleet(name)).rejects.toMatchObject({ code: 'remote.unconfirmed' });
  await allOnline(lab, 8);
  expect(await remote.ids()).toHaveLength(8);
  await lab.removeFleet(name, confirmed);
  expect(await remote.ids()).toEqual([]);
});

test('leaves nothing behind when an identity of its is somebody else’s, and touches that one not at all', async () => {
  const remote = await aRemoteHub();
  const lab = await aLabBeside(remote);
  await remote.invoker.createDevice('pump-137');
  const before = (await remote.invoker.getDevice('pump-137')).body;
  await expect(addFleet(lab, pumps(remote, { count: 250 }), confirmed)).rejects.toThrow(
    "'pump-137' exists on the remote hub",
  );
  expect(await remote.ids()).toEqual(['pump-137']);
  expect((await remote.invoker.getDevice('pump-137')).body).toBe(before);
  expect(lab.views.totals().fleets).toMatchObject([{ state: 'failed', problem: expect.stringContaining('pump-137') }]);
  await lab.removeFleet(name, confirmed);
  expect(await remote.ids()).toEqual(['pump-137']);
});

test('with certificates is registered by their thumbprints', async () => {
  const remote = await aRemoteHub();
  const lab = await aLabBeside(remote);
  await addFleet(
    lab,
    pumps(remote, { authentication: 'x509-self-signed', protocol: { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 } }),
    confirmed,
  );
  await allOnline(lab, 8);
  await expect(
    addFleet(lab, pumps(remote, { name: 'others', id: 'other-{index}', authentication: 'x509-ca' }), confirmed),
  ).rejects.toThrow('x509-ca needs a CA that remote.localhost knows');
  expect(await remote.ids()).toHaveLength(8);
  await lab.removeFleet(name, confirmed);
  expect(await remote.ids()).toEqual([]);
});

test.each(['sas', 'x509-self-signed'] as const)(
  'is found again by a lab that was stopped before it could clean up: %s',
  async (authentication) => {
    const remote = await aRemoteHub();
    const first = await aLabBeside(remote);
    await addFleet(first, pumps(remote, { authentication }), confirmed);
    await allOnline(first, 8);
    await first.stop();
    const second = await aLabBeside(remote);
    await addFleet(second, pumps(remote, { authentication }), confirmed);
    await allOnline(second, 8);
    await second.removeFleet(name, confirmed);
    expect(await remote.ids()).toEqual([]);
  },
);

test('that is still being made when the lab stops leaves nothing behind', async () => {
  const remote = await aRemoteHub();
  const lab = await aLabBeside(remote);
  const adding = addFleet(lab, pumps(remote, { count: 2_000, modules: ['eye'] }), confirmed);
  await until(() => remote.hub.counts().devices > 0);
  await lab.stop();
  await adding;
  expect(await remote.ids()).toEqual([]);
});

test('stays where it can be removed again while its hub cannot be reached', async () => {
  const remote = await aRemoteHub();
  const lab = await aLabBeside(remote);
  await addFleet(lab, pumps(remote), confirmed);
  await allOnline(lab, 8);
  await remote.hub.stop();
  await expect(lab.removeFleet(name, confirmed)).rejects.toMatchObject({ code: 'hub.unreachable' });
  expect(lab.views.totals().fleets).toMatchObject([
    { state: 'failed', problem: expect.stringContaining('its identities could not be deleted') },
  ]);
});

test('shows and keeps no key of its hub', async () => {
  const remote = await aRemoteHub();
  const lab = await aLabBeside(remote);
  await addFleet(lab, pumps(remote), confirmed);
  await allOnline(lab, 8);
  const key = /SharedAccessKey=(.*)$/.exec(remote.connectionString)?.[1] ?? 'no key';
  const seen = [
    lab.views.totals(),
    lab.views.fleet(everyDevice),
    lab.views.device(deviceId('pump-1')),
    lab.fleets(),
    lab.views.hub(),
  ];
  expect(JSON.stringify(seen)).not.toContain(key);
  expect(lab.views.totals().fleets[0]?.spec.hub).toBe('remote.localhost');
  expect(lab.fleets()).toEqual([]);
  await lab.removeFleet(name, confirmed);
});

test('a fault with a condition on tags is on none of its devices, not even where one here has the same name', async () => {
  const remote = await aRemoteHub();
  const lab = await aLabBeside(remote);
  const tags = { floor: 3 };
  await addFleet(lab, pumps(remote, { count: 2, tags }), confirmed);
  await addFleet(lab, { name: 'fans', count: 2, id: 'fan-{index}', tags, behaviour: { kind: 'echo' } });
  await allOnline(lab, 4);
  const here = openInvoker({
    ...{ connectionString: lab.status.connectionStrings.iothubowner ?? '', clock, ca: lab.status.ca.pem },
    address: { host: '127.0.0.1', port: lab.status.doors.https?.port ?? 0, tls: true },
  });
  onTestFinished(() => here.close());
  await here.createDevice('pump-1');
  await here.patchTwin('pump-1', { tags });
  const settings = { kind: 'reply.status', status: 500 } as const;
  await addFault(lab, { name: 'odd', settings, on: { tags: 'tags.floor = 3' } });
  expect(lab.views.totals().faults).toMatchObject([{ devices: 2 }]);
  expect((await runAll(lab, { method: 'ping' })).outcomes).toEqual(
    expect.arrayContaining([
      { key: '200/200', count: 2 },
      { key: '200/500', count: 2 },
    ]),
  );
});

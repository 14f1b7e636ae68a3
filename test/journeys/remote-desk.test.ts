// Queries, jobs and messages on a hub of somebody else, where a fleet of ours lives beside devices that are not ours.
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../simulators/clock/system.ts';
import { openHub } from '../../simulators/hub/hub.ts';
import { openInvoker } from '../../simulators/invoker/invoker.ts';
import { deviceId } from '../../simulators/vocabulary/ids.ts';
import { addFleet, aLab, allOnline, until } from '../support/a-lab.ts';

const hostName = 'remote.localhost';

test('queries and jobs go to the chosen hub, and only our own devices there become a target', async () => {
  const clock = systemClock();
  const theirs = await openHub({
    ...{ clock, randomBytes, folder: undefined, hostName, emit: () => {} },
    listen: { host: '127.0.0.1', https: 0, http: false, mqtts: 0, mqtt: false, amqps: 0, amqp: false },
  });
  const { https, mqtts, amqps } = theirs.status.doors;
  if (!https || !mqtts || !amqps) throw new Error('a door is shut');
  const connectionString = theirs.status.connectionStrings.iothubowner ?? '';
  const service = openInvoker({
    ...{ connectionString, clock, ca: theirs.status.ca.pem },
    address: { host: '127.0.0.1', port: https.port, tls: true },
  });
  onTestFinished(async () => {
    await service.close();
    await theirs.stop();
  });
  await service.createDevice('theirs');

  const doors = {
    host: '127.0.0.1',
    https: https.port,
    mqtts: mqtts.port,
    amqps: amqps.port,
    ca: theirs.status.ca.pem,
  };
  const lab = await aLab({ remotes: { [hostName]: doors } });
  const pumps = {
    name: 'pumps',
    count: 2,
    id: 'pump-{index}',
    hub: connectionString,
    behaviour: { kind: 'echo' },
  } as const;
  await addFleet(lab, pumps, { confirmRemote: true });
  await allOnline(lab, 2);

  const { queries, jobs } = lab.desk.of(hostName);
  expect((await queries.run({ text: 'SELECT deviceId FROM devices', size: 10 })).rows).toHaveLength(3);
  expect((await lab.desk.of().queries.run({ text: 'SELECT deviceId FROM devices', size: 10 })).rows).toEqual([]);
  expect((await queries.devices('SELECT * FROM devices')).devices).toEqual(['pump-1', 'pump-2']);

  const { job } = await jobs.create({
    ...{ action: { method: { method: 'ping' } }, maxSeconds: 60, confirmRemote: true },
    condition: "STARTS_WITH(deviceId, 'pump-')",
  });
  const done = await until(
    () => {
      const view = jobs.detail(job);
      return view.job?.status === 'completed' && view;
    },
    () => jobs.detail(job),
  );
  expect(done.devices.map(({ device, deviceStatus }) => [device, deviceStatus])).toEqual([
    ['pump-1', 200],
    ['pump-2', 200],
  ]);
  expect(lab.desk.of().jobs.list().jobs ?? []).toEqual([]);

  const message = { body: 'hello', ack: 'none', properties: {}, devices: [deviceId('pump-1')] } as const;
  expect(await lab.desk.messages.send(message)).toEqual({ sent: 1, refused: 0, reasons: [] });
});

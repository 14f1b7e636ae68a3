// Faults on links through a whole lab: its threads get what they need, the count of strikes comes back, and one lift of all brings everybody back.
import { expect, test } from 'vitest';
import { deviceId, faultName } from '../../../../simulators/vocabulary/ids.ts';
import { addFault, addFleet, aLab, allOnline, until } from '../../../support/a-lab.ts';

const soon = { kind: 'backoff', first: 50, most: 200, jitter: 0 } as const;
const quick = { connect: { perSecond: 1_000, jitter: 0 }, reconnect: soon };

test('a share of the fleet is offline, is counted, and is back when all faults are lifted', async () => {
  const lab = await aLab({ fleetWorkers: 2 });
  await addFleet(lab, { name: 'pumps', count: 40, id: 'pump-{index}', ...quick });
  await allOnline(lab, 40);
  addFault(lab, { name: 'dead-zone', settings: { kind: 'link.offline' }, on: { share: 0.25 } });
  const summary = () => lab.views.totals().faults.find(({ spec }) => spec.name === 'dead-zone');
  const hit = summary()?.devices ?? 0;
  expect(hit).toBeGreaterThan(0);
  await until(
    () => summary()?.strikes === hit && lab.views.totals().devices.online === 40 - hit,
    () => [hit, summary(), lab.views.totals().devices],
  );
  expect(await lab.liftAllFaults()).toBe(1);
  await allOnline(lab, 40);
});

test.each([
  ['mqtt', 'expired'],
  ['amqp', 'wrong-ca'],
] as const)(
  'devices over %s with a certificate of the lab show one that is %s, made in their own thread',
  async (protocol, which) => {
    const lab = await aLab();
    await addFleet(lab, { name: 'pumps', count: 3, id: 'pump-{index}', protocol, authentication: 'x509-ca', ...quick });
    await allOnline(lab, 3);
    addFault(lab, { name: 'bad-proof', settings: { kind: 'link.certificate', which } });
    addFault(lab, { name: 'storm', settings: { kind: 'link.storm' } });
    const totals = () => lab.views.totals();
    await until(() => totals().devices.online === 0, totals);
    await until(() => (totals().faults.find(({ spec }) => spec.name === 'bad-proof')?.strikes ?? 0) >= 6, totals);
    await lab.liftAllFaults();
    await allOnline(lab, 3);
  },
);

test('a fault that is added again under the name of one that was lifted begins to count anew', async () => {
  const lab = await aLab({ fleetWorkers: 2 });
  await addFleet(lab, { name: 'pumps', count: 40, id: 'pump-{index}', ...quick });
  await allOnline(lab, 40);
  const storm = { name: 'storm', settings: { kind: 'link.storm', again: 20 } } as const;
  const strikes = () => lab.views.totals().faults.find(({ spec }) => spec.name === storm.name)?.strikes ?? 0;
  await addFault(lab, storm);
  await until(() => strikes() > 40);
  await lab.liftFault(faultName(storm.name));
  await addFault(lab, { ...storm, on: { device: deviceId('nobody') } });
  await addFault(lab, { name: 'another', settings: { kind: 'link.storm' } });
  // A fact that was late would have come before those of a fault that was added later.
  await until(() => (lab.views.totals().faults.find(({ spec }) => spec.name === 'another')?.strikes ?? 0) > 0);
  expect(strikes()).toBe(0);
});

// Faults of the hub through the whole lab: set in one thread, at work in the hub's, told in rows and counts.
import { expect, test } from 'vitest';
import type { FaultSpec } from '../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';
import { addFault, addFleet, aLab, allOnline, runAll, until } from '../../support/a-lab.ts';

const count = 40;
const fault = faultName('brown');

test.each(['mqtt', 'amqp'] as const)(
  'over %s, a share of a fleet gets errors from the service, as many as the fault says it is on and counts',
  async (protocol) => {
    const lab = await aLab();
    await addFleet(lab, { name: 'pumps', count, id: 'pump-{index}', protocol, behaviour: { kind: 'echo' } });
    await allOnline(lab, count);
    await addFault(lab, {
      ...{ name: fault, settings: { kind: 'hub.error', status: 502, operations: ['methods'] } },
      on: { fleet: 'pumps', share: 0.3 },
    });
    const summary = () => lab.views.totals().faults.find(({ spec }) => spec.name === fault);
    const hit = summary()?.devices ?? 0;
    expect(hit).toBeGreaterThan(0);
    expect(hit).toBeLessThan(count);
    const run = await runAll(lab, { method: 'ping', payload: '1', fleet: 'pumps' });
    expect(new Map(run.outcomes.map(({ key, count: times }) => [key, times]))).toEqual(
      new Map([
        ['200/200', count - hit],
        ['502', hit],
      ]),
    );
    await until(() => summary()?.strikes === hit, summary);
    await lab.liftAllFaults();
    const again = await runAll(lab, { method: 'ping', payload: '1', fleet: 'pumps' });
    expect(again.outcomes).toEqual([{ key: '200/200', count }]);
  },
);

test('the hub page shows the tier that a fault imposes, and the own one once it is lifted', async () => {
  const lab = await aLab();
  const tier = () => lab.views.hub().usage?.throttle.tier;
  await lab.setThrottle({ tier: 'S2', units: 2 });
  const limits = { name: fault, settings: { kind: 'hub.throttle', tier: 'F1' } } as const;
  await expect(addFault(lab, { ...limits, when: { every: 2 } })).rejects.toThrow(
    'when.every: hub.throttle has no turns',
  );
  expect(lab.faults()).toEqual([]);
  await addFault(lab, limits);
  const [spec] = lab.faults();
  await expect(lab.changeFault({ ...spec, when: { ...spec?.when, first: 1 } } as FaultSpec)).rejects.toThrow(
    'when.first:',
  );
  await until(() => tier() === 'F1', tier);
  await lab.setThrottle({ tier: 'S3', units: 1 });
  await lab.liftFault(fault);
  await until(() => tier() === 'S3', tier);
});

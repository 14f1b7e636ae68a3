// Conditions on tags: asked of the hub when a fault is set, and again when something changed there, once for a burst of changes.
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { openInvoker } from '../../../simulators/invoker/invoker.ts';
import { FaultTargets } from '../../../simulators/lab/fault-targets.ts';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import type { Fact } from '../../../simulators/vocabulary/facts.ts';
import { faultSpecSchema } from '../../../simulators/vocabulary/fault-specs.ts';
import { type DeviceId, deviceId, faultName, fleetName } from '../../../simulators/vocabulary/ids.ts';
import { addFault, addFleet, aLab, allOnline, runAll, until } from '../../support/a-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const [one, two] = [deviceId('pump-1'), deviceId('pump-2')];
const dead = (tags?: string) =>
  faultSpecSchema.parse({ name: 'dead', settings: { kind: 'reply.never' }, on: { tags } });
const patched = (section: 'tags' | 'reported'): Fact => ({
  ...{ type: 'twin.patched', at: 0, device: one, section, version: 2, patch: { text: '{}', bytes: 2 } },
});

function theTargets() {
  const clock = new VirtualClock(0);
  const asked: string[] = [];
  const changed: string[] = [];
  const hub: { devices: readonly DeviceId[]; trouble?: Error; slow: number } = { devices: [one], slow: 0 };
  const targets = new FaultTargets({
    clock,
    async query(text) {
      asked.push(text);
      if (hub.slow > 0) await new Promise<void>((resolve) => void clock.after(hub.slow, resolve));
      if (hub.trouble !== undefined) throw hub.trouble;
      return hub.devices;
    },
    changed: (fault, devices) => void changed.push(`${fault}: ${devices.join(' ')}`),
  });
  const begun: (readonly DeviceId[] | undefined)[] = [];
  const begin = (tags?: string) => targets.begin(dead(tags), (devices) => void begun.push(devices));
  return { clock, targets, hub, asked, changed, begun, begin };
}

test('a fault without a condition begins at once, and nothing is asked, then or later', async () => {
  const { clock, targets, asked, begun, begin } = theTargets();
  const beginning = begin();
  expect(begun).toEqual([undefined]);
  await beginning;
  targets.record(patched('tags'));
  await clock.advance(10_000);
  expect([asked, clock.pending]).toEqual([[], 0]);
});

test('a condition is asked of the hub before the fault begins', async () => {
  const { asked, begun, begin } = theTargets();
  await begin('tags.floor = 3');
  expect([asked, begun]).toEqual([['SELECT deviceId FROM devices WHERE tags.floor = 3'], [[one]]]);
});

test('a condition that cannot be read refuses the fault, with the place in what the user wrote', async () => {
  const { clock, targets, hub, asked, begun, begin } = theTargets();
  hub.trouble = new LabError('hub.refused', 'ArgumentInvalid: query, line 1, column 48: Expected a value.', 'A fix.');
  await expect(begin('tags.floor =')).rejects.toMatchObject({
    ...{ code: 'hub.refused', hint: 'A fix.' },
    message: 'on.tags: ArgumentInvalid: column 13: Expected a value.',
  });
  targets.record(patched('tags'));
  await clock.advance(10_000);
  expect([begun, asked.length]).toEqual([[], 1]);
});

describe('a change at the hub', () => {
  test.each<[string, Fact]>([
    ['of tags', patched('tags')],
    ['of an identity', { type: 'identity.changed', at: 0, device: two, change: 'created' }],
    ['by a new fleet', { type: 'fleet.added', at: 0, fleet: fleetName('pumps'), count: 2 }],
  ])('%s is looked at again, and told when others meet the condition', async (_what, fact) => {
    const { clock, targets, hub, changed, begin } = theTargets();
    await begin('tags.floor = 3');
    hub.devices = [two, one];
    targets.record(fact);
    await clock.advance(1_000);
    expect(changed).toEqual(['dead: pump-2 pump-1']);
    hub.devices = [one, two];
    targets.record(fact);
    await clock.advance(1_000);
    expect(changed, 'the same devices are no news').toHaveLength(1);
  });

  test('of reported properties is none of tags', async () => {
    const { clock, targets, asked, begin } = theTargets();
    await begin('tags.floor = 3');
    targets.record(patched('reported'));
    await clock.advance(1_000);
    expect(asked).toHaveLength(1);
  });

  test('that is one of a thousand makes one question, with what the last of them left', async () => {
    const { clock, targets, hub, asked, changed, begin } = theTargets();
    await begin('tags.floor = 3');
    for (let count = 0; count < 1_000; count++) targets.record(patched('tags'));
    await clock.advance(100);
    hub.devices = [];
    targets.record(patched('tags'));
    await clock.advance(10_000);
    expect([asked.length, changed, clock.pending]).toEqual([2, ['dead: '], 0]);
  });

  test('while a question is under way is asked about once more', async () => {
    const { clock, targets, hub, asked, changed, begin } = theTargets();
    await begin('tags.floor = 3');
    hub.slow = 100;
    targets.record(patched('tags'));
    await clock.advance(300);
    targets.record(patched('tags'));
    hub.devices = [two];
    await clock.advance(10_000);
    expect([asked.length, changed]).toEqual([3, ['dead: pump-2']]);
  });

  test('while the fault is being set is asked about once more', async () => {
    const { clock, targets, hub, asked, begin } = theTargets();
    hub.slow = 100;
    const beginning = begin('tags.floor = 3');
    await clock.advance(50);
    targets.record(patched('tags'));
    await clock.advance(10_000);
    await beginning;
    expect(asked).toHaveLength(2);
  });

  test('is asked about the less often the longer the hub takes: a fifth of the time at most', async () => {
    const { clock, targets, hub, asked, begin } = theTargets();
    await begin('tags.floor = 3');
    hub.slow = 1_000;
    for (let at = 0; at < 60_000; at += 100) {
      targets.record(patched('tags'));
      await clock.advance(100);
    }
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.length).toBeLessThanOrEqual(2 + 60_000 / 5_000);
  });

  test('that the hub says nothing of leaves the devices as they were, until it does', async () => {
    const { clock, targets, hub, changed, begin } = theTargets();
    await begin('tags.floor = 3');
    hub.devices = [two];
    hub.trouble = new LabError('hub.refused', 'ThrottlingException: too many');
    targets.record(patched('tags'));
    await clock.advance(2_000);
    expect(changed).toEqual([]);
    delete hub.trouble;
    await clock.advance(5_000);
    expect(changed).toEqual(['dead: pump-2']);
  });

  test('is nothing to a fault that was lifted, not even in the middle of a question', async () => {
    const { clock, targets, hub, changed, begin } = theTargets();
    await begin('tags.floor = 3');
    hub.slow = 100;
    hub.devices = [two];
    targets.record(patched('tags'));
    await clock.advance(300);
    targets.end(faultName('dead'));
    await clock.advance(10_000);
    expect(changed).toEqual([]);
  });
});

test('nothing is asked any more once it is closed', async () => {
  const { clock, targets, asked, begin } = theTargets();
  await begin('tags.floor = 3');
  targets.record(patched('tags'));
  targets.close();
  targets.record(patched('tags'));
  await clock.advance(10_000);
  expect([asked.length, clock.pending]).toEqual([1, 0]);
});

test('what the hub says after it was closed changes nothing', async () => {
  const { clock, targets, hub, changed, begin } = theTargets();
  await begin('tags.floor = 3');
  hub.slow = 1_000;
  hub.devices = [two];
  targets.record(patched('tags'));
  await clock.advance(300);
  targets.close();
  await clock.advance(10_000);
  expect([changed, clock.pending]).toEqual([[], 0]);
});

test('in a lab a fault is on the devices whose tags meet its condition, as these change', async () => {
  const lab = await aLab();
  const { http } = lab.status.doors;
  const connectionString = lab.status.connectionStrings.iothubowner;
  if (http === undefined || connectionString === undefined) throw new Error('the plain http door is shut');
  const invoker = openInvoker({ clock: systemClock(), connectionString, address: { ...http, tls: false } });
  onTestFinished(() => invoker.close());

  const fleet = { count: 4, behaviour: { kind: 'echo' }, protocol: { mqtt: 1, amqp: 1 } } as const;
  const on = { tags: 'tags.floor = 3' };
  await addFleet(lab, { ...fleet, name: 'low', id: 'low-{index}', tags: { floor: 1 } });
  await addFault(lab, { name: 'odd', settings: { kind: 'reply.status', status: 500 }, on });
  expect(lab.views.totals().faults).toMatchObject([{ devices: 0 }]);
  await addFleet(lab, { ...fleet, name: 'high', id: 'high-{index}', tags: { floor: 3 } });
  await allOnline(lab, 8);
  const hit = (count: number) => until(() => lab.views.totals().faults[0]?.devices === count);
  const odd = async (device: string) => (await runAll(lab, { method: 'ping', device })).outcomes[0]?.key;
  await hit(4);
  await until(async () => (await odd('high-1')) === '200/500');
  expect(await odd('low-1')).toBe('200/200');

  await invoker.patchTwin('high-1', { tags: { floor: null } });
  await hit(3);
  await until(async () => (await odd('high-1')) === '200/200');
  await lab.changeFault(faultSpecSchema.parse({ name: 'odd', settings: { kind: 'reply.status', status: 501 }, on }));
  expect(await odd('high-2')).toBe('200/501');
  expect(await lab.countTarget({ name: faultName('new'), on: { tags: 'tags.floor = 1', share: 1 } })).toMatchObject({
    ...{ devices: 4, total: 8, some: ['low-1', 'low-2', 'low-3', 'low-4'] },
  });

  const broken = { name: 'broken', settings: { kind: 'reply.never' }, on: { tags: 'tags.floor =' } } as const;
  await expect(addFault(lab, broken)).rejects.toThrow(/^on\.tags: ArgumentInvalid: column 13: /);
  expect(lab.faults().map(({ name }) => name)).toEqual(['odd']);
});

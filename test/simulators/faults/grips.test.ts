// Devices and the hub in the hands of faults: taken hold of when one comes on for them, let go when it no longer is, however that comes about.
import { expect, test } from 'vitest';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import type { FaultFact } from '../../../simulators/vocabulary/facts.ts';
import { type FaultSpecInput, faultSpecSchema } from '../../../simulators/vocabulary/fault-specs.ts';
import { type DeviceId, deviceId, faultName, fleetName } from '../../../simulators/vocabulary/ids.ts';
import type { DeviceGrip } from '../../../simulators/vocabulary/passages.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const pumps = ['pump-1', 'pump-2', 'pump-3'].map(deviceId);
const [first, second] = pumps as [DeviceId, DeviceId];
const offline = (name: string, more: Partial<FaultSpecInput> = {}) =>
  faultSpecSchema.parse({ name, settings: { kind: 'link.offline' }, ...more });

/** Three pumps, each of which notes who keeps it off and who lets it go. */
function thePumps() {
  const clock = new VirtualClock(0);
  const facts: FaultFact[] = [];
  const log: string[] = [];
  const gripOf = (device: DeviceId): DeviceGrip => ({
    ...{ device, state: 'online', drop: () => {}, reset: () => {}, redial: () => {}, eachFlow: () => () => {} },
    keepOff(by) {
      log.push(`${device} off by ${by}`);
      return () => void log.push(`${device} back from ${by}`);
    },
  });
  const faults = new FaultSet({
    ...{ clock, seed: 7, emit: (fact) => void facts.push(fact) },
    fleetOf: (device) => (device === first ? fleetName('near') : fleetName('far')),
    devices: () => pumps.map((id) => ({ id, grip: gripOf(id) })),
  });
  return { clock, faults, facts, gripOf, news: () => log.splice(0) };
}

test('a fault takes hold of the devices it is on, and lets them go when it is lifted', () => {
  const { faults, news } = thePumps();
  faults.add(offline('away', { on: { fleet: 'far' } }));
  expect(news()).toEqual(['pump-2 off by away', 'pump-3 off by away']);
  faults.lift(faultName('away'));
  expect(news()).toEqual(['pump-2 back from away', 'pump-3 back from away']);
});

test('a change takes hold anew, of those that are meant now, after it let all go', () => {
  const { faults, news } = thePumps();
  faults.add(offline('away', { on: { device: first } }));
  news();
  faults.change(offline('away', { on: { device: second } }));
  expect(news()).toEqual(['pump-1 back from away', 'pump-2 off by away']);
});

test('a fault that is switched off lets go and touches nothing, and keeps its name and its place', () => {
  const { faults, news } = thePumps();
  const reply = faultSpecSchema.parse({ name: 'dead', settings: { kind: 'reply.never' }, enabled: false });
  faults.add(reply);
  faults.add(offline('away', { on: { device: first } }));
  expect([faults.at('reply', first), faults.namesOn(first, fleetName('near'))]).toEqual([undefined, ['away']]);
  faults.change(offline('away', { on: { device: first }, enabled: false }));
  expect(news()).toEqual(['pump-1 off by away', 'pump-1 back from away']);
  faults.change({ ...reply, enabled: true });
  expect(faults.at('reply', first)).toBeDefined();
  expect(faults.specs().map(({ name, enabled }) => [name, enabled])).toEqual([
    ['dead', true],
    ['away', false],
  ]);
});

test('a device that comes while a fault is on it is taken hold of, and let go when it is gone', () => {
  const { faults, gripOf, news } = thePumps();
  faults.add(offline('away', { on: { fleet: 'far' } }));
  news();
  const late = deviceId('pump-4');
  let made = 0;
  const device = {
    id: late,
    get grip() {
      made += 1;
      return gripOf(late);
    },
  };
  faults.attach(device);
  faults.detach(late);
  faults.detach(late);
  expect(news()).toEqual(['pump-4 off by away', 'pump-4 back from away']);
  faults.lift(faultName('away'));
  expect(news()).not.toContain('pump-4 back from away');
  faults.attach(device);
  expect(made, 'a grip is made only for a fault that is on').toBe(1);
});

test('a condition on tags holds nobody until it is known, then those who meet it, and lets go those who cease to', () => {
  const { faults, news } = thePumps();
  faults.add(offline('away', { on: { tags: 'tags.floor = 3' } }));
  const dead = faultSpecSchema.parse({
    name: 'dead',
    settings: { kind: 'reply.never' },
    on: { tags: 'tags.floor = 3' },
  });
  faults.add(dead);
  expect([news(), faults.at('reply', second)]).toEqual([[], undefined]);
  for (const { name } of faults.specs()) faults.retarget(name, [first, second]);
  expect(news()).toEqual(['pump-1 off by away', 'pump-2 off by away']);
  expect(pumps.map((pump) => faults.at('reply', pump) !== undefined)).toEqual([true, true, false]);
  faults.retarget(faultName('away'), [second, deviceId('pump-3')]);
  expect(news()).toEqual(['pump-1 back from away', 'pump-3 off by away']);
  // Other settings, the same condition: who meets it is still known.
  faults.change({ ...dead, when: { ...dead.when, probability: 0.5 } });
  expect(faults.at('reply', second)).toBeDefined();
  faults.change({ ...dead, on: { ...dead.on, tags: 'tags.floor = 4' } });
  expect(faults.at('reply', second)).toBeUndefined();
});

test('whatever undoing leads back to does not undo twice', () => {
  const { faults, gripOf } = thePumps();
  const late = deviceId('pump-4');
  let undone = 0;
  faults.add(offline('away', { on: { device: late } }));
  const keepOff = () => () => {
    undone += 1;
    faults.detach(late);
  };
  faults.attach({ id: late, grip: { ...gripOf(late), keepOff } });
  faults.lift(faultName('away'));
  expect(undone).toBe(1);
});

test('what a fault does outside of calls is counted each time, and told at most once a second for each device', async () => {
  const { clock, faults, facts } = thePumps();
  const storm = { kind: 'link.storm', again: 100 } as const;
  faults.add(faultSpecSchema.parse({ name: 'storm', settings: storm, on: { device: first } }));
  await clock.advance(1_950);
  faults.liftAll();
  const told = facts.filter((fact) => fact.type === 'fault.struck').map(({ at, device }) => [at, device]);
  const counted = facts.reduce((sum, fact) => sum + (fact.type === 'fault.counted' ? fact.strikes : 0), 0);
  expect([told, counted]).toEqual([
    [
      [0, first],
      [1_000, first],
    ],
    20,
  ]);
  expect(clock.pending).toBe(0);
});

test('the hub is taken hold of when it comes, and let go before it is taken anew', () => {
  const { faults } = thePumps();
  const log: string[] = [];
  const throttle = (tier: string, enabled = true) =>
    faultSpecSchema.parse({ name: 'brown-out', settings: { kind: 'hub.throttle', tier }, enabled });
  faults.add(throttle('S1'));
  faults.attachHub({
    throttle(tier) {
      log.push(tier);
      return () => void log.push(`not ${tier}`);
    },
  });
  faults.change(throttle('S2'));
  faults.change(throttle('S2', false));
  faults.change(throttle('S3'));
  faults.lift(faultName('brown-out'));
  expect(log).toEqual(['S1', 'not S1', 'S2', 'not S2', 'S3', 'not S3']);
});

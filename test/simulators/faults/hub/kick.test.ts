import { expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import type { Fact } from '../../../../simulators/vocabulary/facts.ts';
import { type FaultSpecInput, faultSpecSchema } from '../../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { Grip, lead, stages } from './a-connection.ts';

const name = faultName('kicker');
function aSet(settings: Partial<FaultSpecInput['settings']> = {}, more: Partial<FaultSpecInput> = {}) {
  const clock = new VirtualClock();
  const facts: Fact[] = [];
  const faults = new FaultSet({ clock, seed: 1, emit: (fact) => facts.push(fact), fleetOf: () => undefined });
  faults.add(faultSpecSchema.parse({ name, settings: { kind: 'hub.kick', ...settings }, ...more }));
  return { clock, facts, faults };
}

test.each([
  ['connected', 'connected'],
  ['called', 'delivery'],
  ['answered', 'answer'],
] as const)('at %s it lets things pass, and kicks the device once its time has come', async (at, stage) => {
  const { clock, faults } = aSet({ at, after: 250 });
  for (const one of stages) {
    const grip = new Grip();
    lead(faults, one, grip);
    await clock.advance(249);
    expect(grip.done).toEqual(['passed']);
    await clock.advance(1);
    expect(grip.done).toEqual(one === stage ? ['passed', 'kick kicker kicked'] : ['passed']);
  }
});

test('with no wait it still kicks after the passage, never within it', async () => {
  const { clock, faults } = aSet();
  const grip = new Grip();
  lead(faults, 'delivery', grip);
  expect(grip.done).toEqual(['passed']);
  await clock.advance(0);
  expect(grip.done).toEqual(['passed', 'kick kicker kicked']);
});

test('calls that were on their way together are one kick, and each new connection is kicked anew', async () => {
  const { clock, faults } = aSet({ after: 100 });
  const [first, second] = [new Grip(), new Grip()];
  lead(faults, 'delivery', first);
  lead(faults, 'delivery', first);
  await clock.advance(100);
  lead(faults, 'delivery', second);
  await clock.advance(100);
  expect(first.done).toEqual(['passed', 'passed', 'kick kicker kicked']);
  expect(second.done).toEqual(['passed', 'kick kicker kicked']);
});

test('one kick is enough for a connection, however many calls go out before it comes', async () => {
  const { clock, faults } = aSet({ after: 60_000 });
  const grip = new Grip();
  for (let count = 0; count < 100; count++) lead(faults, 'delivery', grip);
  expect(clock.pending).toBeLessThanOrEqual(2);
  await clock.advance(60_000);
  expect(grip.done.filter((what) => what !== 'passed')).toEqual(['kick kicker kicked']);
});

test('connections that end before their kick do not pile up', async () => {
  const { clock, faults } = aSet({ after: 3_600_000 });
  for (let count = 0; count < 10_000; count++) {
    const grip = new Grip();
    lead(faults, 'delivery', grip);
    grip.open = false;
  }
  expect(clock.pending).toBeLessThan(1_100);
});

test('lifted in time, it spares those it was about to kick, and leaves no timer behind', async () => {
  const { clock, faults } = aSet({ after: 5_000 });
  const grip = new Grip();
  lead(faults, 'delivery', grip);
  faults.lift(name);
  expect(clock.pending).toBe(0);
  await clock.advance(10_000);
  expect(grip.done).toEqual(['passed']);
});

test('its share and its schedule hold within 1% over 5,000 calls', async () => {
  const shared = aSet({}, { on: { share: 0.3 } });
  let kicked = 0;
  for (let index = 0; index < 5_000; index++) {
    const grip = new Grip();
    lead(shared.faults, 'delivery', grip, `device-${index}`);
    await shared.clock.advance(0);
    kicked += grip.open ? 0 : 1;
  }
  expect(Math.abs(kicked / 5_000 - 0.3)).toBeLessThan(0.01);
  const third = aSet({}, { when: { every: 3 } });
  const grips = Array.from({ length: 5_000 }, () => new Grip());
  for (const grip of grips) lead(third.faults, 'delivery', grip);
  await third.clock.advance(0);
  expect(grips.filter(({ open }) => !open)).toHaveLength(1_666);
});

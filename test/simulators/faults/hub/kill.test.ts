import { expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import { type FaultSpecInput, faultSpecSchema, killTargets } from '../../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { Grip, lead } from './a-connection.ts';

const name = faultName('cutter');
function aSet(settings: Partial<FaultSpecInput['settings']>, more: Partial<FaultSpecInput> = {}) {
  const clock = new VirtualClock();
  const faults = new FaultSet({ clock, seed: 1, fleetOf: () => undefined });
  faults.add(faultSpecSchema.parse({ name, settings: { kind: 'hub.kill', ...settings }, ...more }));
  return { clock, faults };
}

test.each(killTargets)('it cuts the %s', async (what) => {
  const { clock, faults } = aSet({ what });
  const grip = new Grip();
  lead(faults, 'delivery', grip);
  await clock.advance(0);
  expect(grip.done).toEqual(['passed', `kill ${what} cutter ${what.replaceAll('-', ' ')} cut`]);
});

test.each([
  ['connected', 'connected'],
  ['called', 'delivery'],
  ['answered', 'answer'],
] as const)('at %s, and so long after it', async (at, stage) => {
  const { clock, faults } = aSet({ at, after: 40 });
  const grip = new Grip();
  lead(faults, stage, grip);
  await clock.advance(39);
  expect(grip.done).toEqual(['passed']);
  await clock.advance(1);
  expect(grip.done).toHaveLength(2);
});

test('a connection that ended in the meantime is left alone', async () => {
  const { clock, faults } = aSet({ after: 40 });
  const grip = new Grip();
  lead(faults, 'delivery', grip);
  grip.open = false;
  await clock.advance(40);
  expect(grip.done).toEqual(['passed']);
});

test('lifted or changed in time, it cuts nothing that it was about to cut', async () => {
  const { clock, faults } = aSet({ after: 1_000 });
  const grip = new Grip();
  lead(faults, 'delivery', grip);
  faults.change(faultSpecSchema.parse({ name, settings: { kind: 'hub.kill', after: 9_000 } }));
  lead(faults, 'delivery', grip);
  faults.liftAll();
  expect(clock.pending).toBe(0);
  expect(grip.done).toEqual(['passed', 'passed']);
});

test('its probability holds within 1% over 5,000 devices', async () => {
  const { clock, faults } = aSet({}, { when: { probability: 0.3 }, seed: 4 });
  const grips = Array.from({ length: 5_000 }, () => new Grip());
  for (const [index, grip] of grips.entries()) lead(faults, 'delivery', grip, `device-${index}`);
  await clock.advance(0);
  const cut = grips.filter(({ done }) => done.length === 2).length;
  expect(Math.abs(cut / 5_000 - 0.3)).toBeLessThan(0.01);
});

// Limits of faults over the user's: in whatever order they come and go, those in use are the newest fault's that is left, and at last the user's.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { imposedOn } from '../../../../simulators/hub/throttling/imposed.ts';
import { openThrottling, type Throttle, type Tier } from '../../../../simulators/hub/throttling/throttling.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { faultName } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function theLimits() {
  const throttling = openThrottling({ clock: new VirtualClock(), emit: () => {} });
  const { set, impose, named } = imposedOn(throttling);
  return {
    throttling,
    named,
    imposed: { set, impose: (tier: Tier, units: number) => impose(tier, units, fault, () => {}) },
  };
}
const fault = faultName('brown-out');

test('two lifted in the order they came leave the user their own, set meanwhile', () => {
  const { throttling, imposed } = theLimits();
  const one = imposed.impose('S1', 1);
  const two = imposed.impose('S3', 2);
  imposed.set({ tier: 'S2', units: 5 });
  expect(throttling.throttle).toEqual({ tier: 'S3', units: 2 });
  one();
  expect(throttling.throttle).toEqual({ tier: 'S3', units: 2 });
  two();
  expect(throttling.throttle).toEqual({ tier: 'S2', units: 5 });
});

test('whatever comes and goes, the newest that is left is in use', () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('impose' as const), units: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ what: fc.constant('lift' as const), which: fc.nat(5) }),
    fc.record({ what: fc.constant('set' as const), units: fc.integer({ min: 1, max: 200 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const { throttling, imposed } = theLimits();
      let own: Throttle = { tier: 'off' };
      const on: { units: number; undo: () => void }[] = [];
      for (const each of steps) {
        if (each.what === 'impose') on.push({ units: each.units, undo: imposed.impose('S1', each.units) });
        else if (each.what === 'set') {
          own = { tier: 'S2', units: each.units };
          imposed.set(own);
        } else on.splice(each.which, 1)[0]?.undo();
        const newest = on.at(-1);
        expect(throttling.throttle).toEqual(newest ? { tier: 'S1', units: newest.units } : own);
      }
    }),
  );
});

test('counters go on where the limits in use stay as they are', () => {
  const { throttling, imposed } = theLimits();
  const below = imposed.impose('S1', 1);
  imposed.impose('F1', 1);
  throttling.take('queries');
  below();
  imposed.set({ tier: 'S3', units: 1 });
  expect(throttling.usage().find(({ kind }) => kind === 'queries')?.used).toBe(1);
});

test('what a tier does not have is refused and changes nothing, for faults and users alike', () => {
  const { throttling, imposed } = theLimits();
  expect(() => imposed.impose('S3', 11)).toThrow('units: 11 must be a whole number within [1; 10] for S3');
  imposed.impose('S1', 1);
  expect(() => imposed.set({ tier: 'F1', units: 2 })).toThrow('units: 2');
  expect(throttling.throttle).toEqual({ tier: 'S1', units: 1 });
});

test('a refusal names the fault whose limits are in use, which counts it; not under limits of the user', () => {
  const throttling = openThrottling({ clock: new VirtualClock(), emit: () => {} });
  const { impose, named } = imposedOn(throttling);
  const hit: HubFact = { type: 'throttle.hit', at: 0, kind: 'queries' };
  let hits = 0;
  expect(named(hit)).toBe(hit);
  const undo = impose('F1', 1, fault, () => {
    hits += 1;
  });
  expect(named(hit)).toEqual({ ...hit, faults: [fault] });
  expect(named({ type: 'hub.closed', at: 0 })).toEqual({ type: 'hub.closed', at: 0 });
  undo();
  expect([named(hit), hits]).toEqual([hit, 1]);
});

// Each fault on what devices say to their twins: what it makes of it; the other operation passes by.
import { describe, expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import { type FaultSettingsInput, faultSpecSchema } from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { aPassage, theFault } from '../a-passage.ts';

const pump = deviceId('pump-1');
const later = { kind: 'fixed', ms: 800 } as const;

function theFaultOn(settings: FaultSettingsInput) {
  const clock = new VirtualClock(0);
  const faults = new FaultSet({ clock, seed: 7, fleetOf: () => undefined });
  faults.add(faultSpecSchema.parse({ name: theFault, settings, when: { first: 1 } }));
  const strike = (operation: 'get' | 'report') => {
    const one = aPassage('twin', pump, { operation });
    faults.at('twin', pump)?.(one.passage);
    return one;
  };
  return { clock, faults, strike };
}

const kinds: readonly (readonly [FaultSettingsInput, 'get' | 'report', string])[] = [
  [{ kind: 'twin.report-lost' }, 'report', 'lost'],
  [{ kind: 'twin.report-late', delay: { kind: 'fixed', ms: 0 } }, 'report', 'passed'],
  [{ kind: 'twin.report-rejected', status: 429 }, 'report', 'refused 429'],
  [{ kind: 'twin.get-unanswered' }, 'get', 'lost'],
];

describe.each(kinds)('%j', (settings, operation, end) => {
  test('does what it says, once; the other operation is no chance for it', async () => {
    const { clock, strike } = theFaultOn(settings);
    const other = strike(operation === 'get' ? 'report' : 'get');
    const first = strike(operation);
    const second = strike(operation);
    await clock.advance(0);
    expect([other.ends, first.ends, second.ends]).toEqual([['passed'], [end], ['passed']]);
    expect([other.passage.touches, second.passage.touches]).toEqual([undefined, undefined]);
    expect(first.passage.touches).toMatchObject([{ fault: theFault }]);
  });
});

test('a late report goes on after its delay, and at once when the fault is lifted', async () => {
  const slow: FaultSettingsInput = { kind: 'twin.report-late', delay: later };
  const one = theFaultOn(slow);
  const passed = one.strike('report');
  await one.clock.advance(799);
  expect(passed.ends).toEqual([]);
  await one.clock.advance(1);
  expect(passed.ends).toEqual(['passed']);
  const two = theFaultOn(slow);
  const lifted = two.strike('report');
  two.faults.lift(theFault);
  expect(lifted.ends).toEqual(['passed']);
  expect(two.clock.pending).toBe(0);
});

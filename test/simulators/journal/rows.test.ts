// Facts as rows: what was lost or dropped says so, and names the faults that had a hand in it.
import { expect, test } from 'vitest';
import { rowOf } from '../../../simulators/journal/rows.ts';
import { deviceId, faultName } from '../../../simulators/vocabulary/ids.ts';

const device = deviceId('pump');
const faults = [faultName('lossy')];

test.each([
  ['get', 'twin request lost'],
  ['report', 'reported lost'],
] as const)('a %s that a fault lost is the row "%s"', (operation, name) => {
  expect(rowOf({ type: 'twin.lost', at: 1, device, operation, faults })).toEqual({
    row: { kind: 'twin', device, name, error: 'lost', faults },
  });
  expect(rowOf({ type: 'twin.lost', at: 1, device, operation })?.row).not.toHaveProperty('faults');
});

test('a dropped answer names the faults that struck its call', () => {
  const fact = { type: 'answer.dropped', at: 1, device, rid: '2a', deviceStatus: 200, why: 'late' } as const;
  expect(rowOf({ ...fact, faults })?.row).toMatchObject({ name: 'answer dropped', deviceStatus: 200, faults });
  expect(rowOf(fact)?.row).not.toHaveProperty('faults');
});

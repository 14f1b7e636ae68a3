// The presets: faults that can be added as they are, as often as one likes.
import { expect, test } from 'vitest';
import { holdWhen } from '../../../simulators/vocabulary/fault-fit.ts';
import { faultPresets, withFreeNames } from '../../../simulators/vocabulary/fault-presets.ts';
import { faultSpecSchema } from '../../../simulators/vocabulary/specs.ts';

test('every preset can be added as it is, all of them side by side', () => {
  const names = faultPresets.flatMap(({ faults }) => faults.map((fault) => String(faultSpecSchema.parse(fault).name)));
  expect(new Set(names).size).toBe(names.length);
  for (const fault of faultPresets.flatMap(({ faults }) => faults)) holdWhen(faultSpecSchema.parse(fault));
  expect(faultPresets.map(({ title }) => title)).toEqual([
    ...['Slow tail', 'Dead share', 'Flaky link', 'Works then drops', 'Answers after the deadline'],
    ...['Reboot loop', 'Brown-out hub', 'Throttled S1'],
  ]);
  for (const { name, title } of faultPresets) expect(title.toLowerCase().replaceAll(' ', '-')).toContain(name);
});

test('added again they get the next free number', () => {
  const faults = [
    { name: 'dead-share', settings: { kind: 'reply.never' } },
    { name: 'slow', settings: { kind: 'reply.never' } },
  ] as const;
  const names = (taken: readonly string[]) => withFreeNames(faults, taken).map(({ name }) => name);
  expect(names([])).toEqual(['dead-share', 'slow']);
  expect(names(['dead-share', 'dead-share-2'])).toEqual(['dead-share-3', 'slow']);
});

test('two of one name are told apart, and a number makes no name too long', () => {
  const long = 'x'.repeat(64);
  const fault = { name: long, settings: { kind: 'reply.never' } } as const;
  const names = withFreeNames([fault, fault], []).map(({ name }) => name);
  expect(names).toEqual([long, `${'x'.repeat(62)}-2`]);
  for (const name of names) expect(faultSpecSchema.shape.name.safeParse(name).success).toBe(true);
});

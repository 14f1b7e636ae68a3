// What is kept of devices has its bounds, whatever ids come by.
import { expect, test } from 'vitest';
import { mostRemembered, remember } from '../../../simulators/faults/remembered.ts';

test('beyond its bounds what was kept longest goes; what is there already is replaced in its place', () => {
  const kept = new Map<number, string>();
  for (let id = 0; id < mostRemembered; id++) remember(kept, id, 'old');
  remember(kept, 1, 'new');
  expect([kept.size, kept.get(0), kept.get(1)]).toEqual([mostRemembered, 'old', 'new']);
  remember(kept, -1, 'made up');
  expect([kept.size, kept.get(0), kept.get(1), kept.get(-1)]).toEqual([mostRemembered, undefined, 'new', 'made up']);
});

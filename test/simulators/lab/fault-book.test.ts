// The faults as the host shows them: on how many devices each is, how often it struck, and whom one that is only thought of would hit.
import { expect, test } from 'vitest';
import { FaultBook } from '../../../simulators/lab/fault-book.ts';
import { identitiesOf } from '../../../simulators/lab/identities.ts';
import { Roster } from '../../../simulators/lab/roster.ts';
import { type FaultSpecInput, faultSpecSchema } from '../../../simulators/vocabulary/fault-specs.ts';
import { deviceId, faultName, fleetName } from '../../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const slow = faultName('slow');
const fault = (changes: Partial<FaultSpecInput> = {}) =>
  faultSpecSchema.parse({ name: slow, settings: { kind: 'reply.never' }, ...changes });

function theBook() {
  const roster = new Roster();
  const join = (name: string, count: number) => {
    const spec = fleetSpecSchema.parse({ name, count, id: `${name}-{index:000}` });
    roster.add(spec, identitiesOf(spec), 0);
  };
  const tagged = [deviceId('pumps-007'), deviceId('pumps-001'), deviceId('a stranger')];
  const meeting = () => Promise.resolve(tagged);
  const book = new FaultBook(roster, { clock: new VirtualClock(0), seed: 7, meeting });
  join('pumps', 100);
  const shown = () => book.summaries().map(({ spec, devices, strikes }) => [spec.name, devices, strikes]);
  const struck = (strikes: number) => book.record({ type: 'fault.counted', at: 0, fault: slow, strikes });
  return { roster, book, join, shown, struck };
}

test('a fault shows the devices it is on, as fleets come and go', () => {
  const { roster, book, join, shown } = theBook();
  book.add(fault({ on: { fleet: 'fans' } }));
  expect(shown()).toEqual([['slow', 0, 0]]);
  join('fans', 5);
  expect(shown()).toEqual([['slow', 5, 0]]);
  roster.remove(fleetName('fans'));
  expect(shown()).toEqual([['slow', 0, 0]]);
});

test('strikes add up over changes, and are gone with the fault', () => {
  const { book, shown, struck } = theBook();
  struck(3);
  book.add(fault());
  struck(4);
  book.change(fault({ on: { device: 'pumps-001' }, enabled: false }));
  struck(5);
  expect(shown()).toEqual([['slow', 1, 9]]);
  book.lift(slow);
  book.add(fault());
  expect(shown()).toEqual([['slow', 100, 0]]);
  book.liftAll();
  expect(shown()).toEqual([]);
});

test('a condition on tags is on nobody until it is known who meets it', () => {
  const { book, shown } = theBook();
  book.add(fault({ on: { tags: 'tags.floor = 3' } }));
  expect(shown()).toEqual([['slow', 0, 0]]);
  book.retarget(slow, [deviceId('pumps-001'), deviceId('a stranger')]);
  expect(shown()).toEqual([['slow', 1, 0]]);
});

test('a count says whom the fault will be on once it is added, and adds nothing', async () => {
  const { book, shown } = theBook();
  const on = { fleet: fleetName('pumps'), share: 0.3 };
  const { devices, total, some } = await book.count({ name: slow, on, seed: 12 });
  expect(shown()).toEqual([]);
  book.add(fault({ on, seed: 12 }));
  expect([shown(), total]).toEqual([[['slow', devices, 0]], 100]);
  expect(some).toHaveLength(20);
  expect(some.every((device) => book.of(device, on.fleet).includes(slow))).toBe(true);
  // Another name, another share of the same size: faults pick their devices independently.
  expect((await book.count({ name: faultName('other'), on, seed: 12 })).some).not.toEqual(some);
});

test('a count asks who meets a condition on tags, and names them by id', async () => {
  const { book } = theBook();
  const count = await book.count({ name: slow, on: { tags: 'tags.floor = 3', share: 1 } });
  expect(count).toEqual({ devices: 2, total: 100, some: ['pumps-001', 'pumps-007'] });
});

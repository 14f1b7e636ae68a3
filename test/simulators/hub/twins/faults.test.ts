// Notifications of desired changes in the hands of faults: what the device and the fact say, and that the twin has the change all the same.
import { expect, test } from 'vitest';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openTwins } from '../../../../simulators/hub/twins/open-twins.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { deviceId, faultName } from '../../../../simulators/vocabulary/ids.ts';
import type { FaultHooks, Passages, Stage } from '../../../../simulators/vocabulary/passages.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { identity } from '../parts.ts';

const id = deviceId('pump');

/** @param strike does something with each notification. */
function theTwins(strike: (passage: Passages['notification']) => void) {
  const clock = new VirtualClock();
  const store = openStore(undefined, clock.now());
  const facts: HubFact[] = [];
  const told: number[] = [];
  const events: string[] = [];
  const faults: FaultHooks = {
    at: (stage: Stage) => (stage === 'notification' ? (strike as never) : undefined),
    noteEvent: (event, device) => void events.push(`${event} ${device}`),
  };
  const pump = identity(id);
  let listening = true;
  const twins = openTwins({
    ...{ clock, store, faults, emit: (fact) => void facts.push(fact) },
    find: (name) => (name === id ? pump : undefined),
    activity: () => ({ connected: listening }),
    listens: () => listening,
    notify: (_id, _patch, version) => listening && told.push(version) > 0,
  });
  twins.create(id);
  return {
    twins,
    told,
    events,
    patch: (a: number) => twins.patch(id, { properties: { desired: { a } } }, undefined),
    leave() {
      listening = false;
    },
    patched: () =>
      facts.flatMap((fact) =>
        fact.type === 'twin.patched' ? [{ delivered: fact.delivered, faults: fact.faults ?? [] }] : [],
      ),
  };
}

const struck = (passage: Passages['notification']) => {
  passage.touches = [{ fault: faultName('fault'), leg: 'toDevice' }];
};

test('one that is held is not delivered as the fact says, and reaches the device when it is let go', () => {
  const held: Passages['notification'][] = [];
  const { patch, patched, told, twins } = theTwins((passage) => {
    struck(passage);
    held.push(passage);
  });
  patch(1);
  patch(2);
  expect(patched()).toEqual(Array(2).fill({ delivered: false, faults: ['fault'] }));
  expect(twins.deviceView(id)).toContain('"a":2');
  expect(told).toEqual([]);
  held[1]?.pass();
  held[0]?.pass();
  expect(told).toEqual([3, 2]);
  expect(patched()).toHaveLength(2);
});

test('one that passes is delivered, with the faults that touched it', () => {
  const { patch, patched, told } = theTwins((passage) => {
    struck(passage);
    passage.pass();
  });
  patch(1);
  expect(patched()).toEqual([{ delivered: true, faults: ['fault'] }]);
  expect(told).toEqual([2]);
});

test('one that nobody listens for meets no fault; that the desired properties changed is an event all the same', () => {
  const { patch, patched, leave, events } = theTwins(() => {
    throw new Error('a notification that never set out met a fault');
  });
  leave();
  patch(1);
  expect(patched()).toEqual([{ delivered: false, faults: [] }]);
  expect(events).toEqual(['desired pump']);
});

test('tags and reported properties are no notifications', () => {
  const { twins, events } = theTwins(() => {
    throw new Error('what is no notification met a fault for them');
  });
  twins.patch(id, { tags: { floor: 3 } }, undefined);
  twins.report(id, '{"a":1}');
  expect(events).toEqual([]);
});

// Each fault of the hub's service, its requests and its notifications: what it makes of what passes.
import { describe, expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import type { FaultFact } from '../../../../simulators/vocabulary/facts.ts';
import {
  type FaultSettingsInput,
  type FaultSpecInput,
  faultSpecSchema,
  serviceOperations,
} from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import type { HubGrip, Passages, Stage } from '../../../../simulators/vocabulary/passages.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { aPassage, theFault } from '../a-passage.ts';

const pump = deviceId('pump-1');
const later = { kind: 'fixed', ms: 800 } as const;

function theFaultOn(settings: FaultSettingsInput, when: FaultSpecInput['when'] = {}) {
  const clock = new VirtualClock(0);
  const told: FaultFact[] = [];
  const faults = new FaultSet({ clock, seed: 7, emit: (fact) => void told.push(fact), fleetOf: () => undefined });
  faults.add(faultSpecSchema.parse({ name: theFault, settings, when }));
  const strike = <S extends Stage>(stage: S, changes: Partial<Passages[S]> = {}) => {
    const one = aPassage(stage, pump, changes);
    faults.at(stage, pump)?.(one.passage);
    return one;
  };
  return { clock, faults, strike, told };
}

test('a refusal has a code for MQTT and a condition for AMQP, and names its fault', () => {
  const { strike } = theFaultOn({ kind: 'hub.refuse', connack: 5, condition: 'amqp:not-found' });
  const said: unknown[] = [];
  const refuse: Passages['admission']['refuse'] = (by, code, detail) => void said.push([by, code, detail]);
  strike('admission', { protocol: 'mqtt-ws', refuse });
  strike('admission', { protocol: 'amqp', refuse });
  const code = { connack: 5, condition: 'amqp:not-found' };
  expect(said).toEqual([
    [theFault, code, `refused by fault ${theFault}: not authorized`],
    [theFault, code, `refused by fault ${theFault}: amqp:not-found`],
  ]);
});

test('a request is lost, or goes out and then once more', () => {
  expect(theFaultOn({ kind: 'hub.request-lost' }).strike('delivery').ends).toEqual(['lost']);
  expect(theFaultOn({ kind: 'hub.request-twice' }).strike('delivery').ends).toEqual(['passed', 'another']);
  expect(theFaultOn({ kind: 'hub.desired-lost' }).strike('notification').ends).toEqual(['lost']);
});

test('slow service begins later, and at once when the fault is lifted', async () => {
  const { clock, faults, strike } = theFaultOn({ kind: 'hub.slow', delay: later });
  const one = strike('request');
  await clock.advance(799);
  expect(one.ends).toEqual([]);
  await clock.advance(1);
  const two = strike('request');
  await clock.advance(300);
  faults.lift(theFault);
  expect([one.ends, two.ends]).toEqual([['passed'], ['passed']]);
  expect([one, two].map(({ passage }) => passage.touches)).toMatchObject([
    [{ fault: theFault, kind: 'hub.slow', leg: 'hub', held: 800 }],
    [{ fault: theFault, kind: 'hub.slow', leg: 'hub', held: 300 }],
  ]);
});

test.each(['hub.error', 'hub.slow'] as const)('%s passes by other operations, which are no chances for it', (kind) => {
  const settings = kind === 'hub.slow' ? { kind, delay: later } : { kind };
  const { strike } = theFaultOn({ ...settings, operations: ['twins', 'jobs'] }, { first: 2 });
  const struck = () =>
    serviceOperations.filter((operation) => strike('request', { operation }).passage.touches !== undefined);
  expect(struck()).toEqual(['twins', 'jobs']);
  expect(struck()).toEqual([]);
});

describe('hub.throttle', () => {
  function aGrip() {
    const limits: string[] = [];
    const grip: HubGrip = {
      throttle(tier, units) {
        limits.push(`${tier} x ${units}`);
        return () => void limits.push('undone');
      },
    };
    return { limits, grip };
  }

  test('imposes its tier when it comes on, and undoes it when it goes', () => {
    const { faults } = theFaultOn({ kind: 'hub.throttle', tier: 'S2', units: 3 });
    const { limits, grip } = aGrip();
    faults.attachHub(grip);
    expect(limits).toEqual(['S2 x 3']);
    faults.lift(theFault);
    expect(limits).toEqual(['S2 x 3', 'undone']);
  });

  test('only while its times hold', async () => {
    const { clock, faults } = theFaultOn({ kind: 'hub.throttle' }, { from: 1_000, until: 3_000 });
    const { limits, grip } = aGrip();
    faults.attachHub(grip);
    await clock.advance(999);
    expect(limits).toEqual([]);
    await clock.advance(1);
    expect(limits).toEqual(['S1 x 1']);
    await clock.advance(2_000);
    expect(limits).toEqual(['S1 x 1', 'undone']);
    faults.lift(theFault);
    expect(limits).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test('in a window after an event, whichever device brings it on', async () => {
    const { clock, faults } = theFaultOn({ kind: 'hub.throttle' }, { after: { event: 'called', lasting: 1_000 } });
    const { limits, grip } = aGrip();
    faults.attachHub(grip);
    faults.noteEvent?.('called', pump, 'reboot');
    expect(limits).toEqual(['S1 x 1']);
    await clock.advance(500);
    faults.noteEvent?.('called', deviceId('pump-2'), 'reboot');
    await clock.advance(999);
    expect(limits).toHaveLength(1);
    await clock.advance(1);
    expect(limits).toEqual(['S1 x 1', 'undone']);
    expect(clock.pending).toBe(0);
  });

  test('counts each refusal by its limits', () => {
    const { faults, told } = theFaultOn({ kind: 'hub.throttle' });
    const hits: (() => void)[] = [];
    faults.attachHub({
      throttle(_tier, _units, by, hit) {
        expect(by).toBe(theFault);
        hits.push(hit);
        return () => {};
      },
    });
    for (const hit of [...hits, ...hits]) hit();
    faults.tellStrikes();
    expect(told).toMatchObject([{ type: 'fault.counted', fault: theFault, strikes: 2 }]);
  });

  test('has no more units than the tier', () => {
    for (const [tier, units] of [
      ['F1', 2],
      ['S3', 11],
    ] as const) {
      const { error } = faultSpecSchema.safeParse({ name: 'f', settings: { kind: 'hub.throttle', tier, units } });
      expect(error?.issues).toMatchObject([{ path: ['settings', 'units'], message: 'units: F1 has 1, S3 at most 10' }]);
    }
  });
});

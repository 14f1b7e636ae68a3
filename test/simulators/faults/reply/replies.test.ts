// Each fault on replies: what it makes of one, and that it keeps nothing of what it held.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import { type FaultSettingsInput, faultSpecSchema } from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import type { Passages, ReplyPassage } from '../../../../simulators/vocabulary/passages.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { aPassage, theFault } from '../a-passage.ts';

const pump = deviceId('pump-1');

function theFaultOn(settings: FaultSettingsInput) {
  const clock = new VirtualClock(0);
  const faults = new FaultSet({ clock, seed: 7, fleetOf: () => undefined });
  faults.add(faultSpecSchema.parse({ name: theFault, settings }));
  const strike = <S extends 'reply' | 'answer'>(stage: S, changes: Partial<Passages[S]> = {}) => {
    const one = aPassage(stage, pump, changes);
    faults.at(stage, pump)?.(one.passage);
    return one;
  };
  return { clock, faults, reply: (changes: Partial<ReplyPassage> = {}) => strike('reply', changes), strike };
}

describe('a late reply on the device', () => {
  test('leaves after its delay, and the touch says how long it was held', async () => {
    const { clock, reply } = theFaultOn({ kind: 'reply.delay', delay: { kind: 'fixed', ms: 800 } });
    const { passage, ends } = reply();
    await clock.advance(799);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual(['passed']);
    expect(passage.touches).toEqual([{ fault: theFault, kind: 'reply.delay', leg: 'inDevice', held: 800 }]);
  });

  test('lifted, leaves at once, held for as long as it was', async () => {
    const { clock, faults, reply } = theFaultOn({ kind: 'reply.delay', delay: { kind: 'fixed', ms: 60_000 } });
    const { passage, ends } = reply();
    await clock.advance(300);
    faults.lift(theFault);
    expect(ends).toEqual(['passed']);
    expect(passage.touches).toMatchObject([{ held: 300 }]);
    await clock.advance(60_000);
    expect(ends).toEqual(['passed']);
  });
});

describe('a reply past the deadline, in the hub', () => {
  const late: FaultSettingsInput = { kind: 'reply.late', by: { kind: 'fixed', ms: 250 } };

  test('goes on so long after the deadline, whatever that is', async () => {
    const { clock, strike } = theFaultOn(late);
    const { passage, ends } = strike('answer', { deadline: 5_000 });
    await clock.advance(5_249);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual(['passed']);
    expect(passage.touches).toEqual([{ fault: theFault, kind: 'reply.late', leg: 'back', held: 5_250 }]);
  });

  test('is never at the deadline itself, not even by 0 ms', async () => {
    const { clock, strike } = theFaultOn({ kind: 'reply.late', by: { kind: 'fixed', ms: 0 } });
    const { ends } = strike('answer', { deadline: 5_000 });
    await clock.advance(5_000);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual(['passed']);
  });

  test('reaches its caller when the fault is lifted in time', async () => {
    const { clock, faults, strike } = theFaultOn(late);
    const { ends } = strike('answer', { deadline: 5_000 });
    await clock.advance(1_000);
    faults.lift(theFault);
    expect(ends).toEqual(['passed']);
  });

  test('lets the device send it in time: nothing is held there', () => {
    const { faults } = theFaultOn(late);
    expect(faults.at('reply', pump)).toBeUndefined();
  });
});

test('a reply that never leaves hangs, an unanswered one lets the method go on, and lifting calls neither back', () => {
  for (const [kind, end] of [
    ['reply.never', 'hung'],
    ['reply.unanswered', 'swallowed'],
  ] as const) {
    const { faults, reply } = theFaultOn({ kind });
    const { passage, ends } = reply();
    expect(ends).toEqual([end]);
    faults.lift(theFault);
    expect(ends).toEqual([end]);
    expect(passage.touches).toMatchObject([{ fault: theFault, leg: 'inDevice' }]);
  }
});

test.each<[FaultSettingsInput, Partial<ReplyPassage>]>([
  [{ kind: 'reply.status' }, { status: 500 }],
  [{ kind: 'reply.status', status: 0 }, { status: 0 }],
  [{ kind: 'reply.body', body: { a: [1, null] } }, { payload: '{"a":[1,null]}' }],
  [{ kind: 'reply.body', body: null }, { payload: 'null' }],
  [{ kind: 'reply.malformed' }, { payload: '{"done"' }],
  [{ kind: 'reply.oversize', bytes: 1 }, { payload: '0' }],
  [{ kind: 'reply.oversize', bytes: 4 }, { payload: '"xx"' }],
])('%j changes that and nothing else of the reply, at once', (settings, change) => {
  const { passage, ends } = theFaultOn(settings).reply();
  const { status, payload, rid } = passage;
  expect({ status, payload, rid, ends }).toEqual({
    ...{ status: 200, payload: '{"done":true}', rid: '1', ends: ['passed'] },
    ...change,
  });
});

test('whatever the payload was, a malformed one is no JSON and not longer, unless it was empty', () => {
  const { reply } = theFaultOn({ kind: 'reply.malformed' });
  const payload = fc.oneof(fc.json(), fc.constant(''), fc.integer().map(String));
  fc.assert(
    fc.property(payload, (text) => {
      const { passage } = reply({ payload: text });
      expect(() => JSON.parse(passage.payload)).toThrow(SyntaxError);
      expect(passage.payload.length).toBeLessThanOrEqual(Math.max(1, text.length));
    }),
  );
});

test('an oversize payload is JSON of exactly that many bytes, by default one more than the service takes', () => {
  const sizes = [undefined, 1, 2, 3, 131_072, 1_048_576];
  const made = sizes.map((bytes) => {
    const settings = { kind: 'reply.oversize', ...(bytes === undefined ? {} : { bytes }) } as const;
    const { payload } = theFaultOn(settings).reply().passage;
    JSON.parse(payload);
    return Buffer.byteLength(payload);
  });
  expect(made).toEqual([131_073, 1, 2, 3, 131_072, 1_048_576]);
});

test('a wrong request id is one the hub never makes: those are hexadecimal numbers', () => {
  const { passage } = theFaultOn({ kind: 'reply.wrong-rid' }).reply();
  expect(passage.rid).not.toMatch(/^[0-9a-f]+$/);
});

describe('a reply that leaves again', () => {
  test('does so at once when nothing is between', () => {
    const { ends } = theFaultOn({ kind: 'reply.duplicate', copies: 2 }).reply();
    expect(ends).toEqual(['passed', 'another', 'another']);
  });

  test('does so at the pace it is given', async () => {
    const { clock, reply } = theFaultOn({ kind: 'reply.duplicate', copies: 2, after: 100 });
    const { ends } = reply();
    expect(ends).toEqual(['passed']);
    await clock.advance(100);
    expect(ends).toEqual(['passed', 'another']);
    await clock.advance(100);
    expect(ends).toEqual(['passed', 'another', 'another']);
  });

  test('sends what it still owes at once when the fault is lifted', async () => {
    const { clock, faults, reply } = theFaultOn({ kind: 'reply.duplicate', copies: 3, after: 100 });
    const { ends } = reply();
    await clock.advance(100);
    faults.lift(theFault);
    expect(ends).toEqual(['passed', 'another', 'another', 'another']);
  });

  test('sends all it owes as soon as the reply leaves, where the fault was lifted before', () => {
    const { clock, faults } = theFaultOn({ kind: 'reply.duplicate', copies: 2, after: 100 });
    const leaving: (() => void)[] = [];
    const { passage, ends } = aPassage('reply', pump, { onceLeft: (run) => void leaving.push(run) });
    faults.at('reply', pump)?.(passage);
    faults.lift(theFault);
    expect(ends).toEqual(['passed']);
    for (const left of leaving) left();
    expect(ends).toEqual(['passed', 'another', 'another']);
    expect(clock.pending).toBe(0);
  });

  test('does not when a fault after it keeps the first one', () => {
    const { faults, reply } = theFaultOn({ kind: 'reply.duplicate' });
    faults.add(faultSpecSchema.parse({ name: 'dead', settings: { kind: 'reply.unanswered' } }));
    expect(reply().ends).toEqual(['swallowed']);
  });
});

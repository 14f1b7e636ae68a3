// Faults on replies: whom they touch, in which order they stack, and that nothing held is lost when one is changed or lifted.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import type { FaultFact } from '../../../simulators/vocabulary/facts.ts';
import { type DeviceId, deviceId, faultName, fleetName, requestId } from '../../../simulators/vocabulary/ids.ts';
import type { DeviceGrip } from '../../../simulators/vocabulary/passages.ts';
import { type FaultSpecInput, faultSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { aPassage, aReply } from './a-passage.ts';

const fleet = fleetName('thermostats');
const ids = Array.from({ length: 5_000 }, (_, index) => deviceId(`thermostat-${String(index + 1).padStart(4, '0')}`));
const pairs = ids.map((id) => [id, fleet] as const);
const spec = (input: FaultSpecInput) => faultSpecSchema.parse(input);
const delay = (ms: number, name = 'slow', on: object = {}) =>
  spec({ name, settings: { kind: 'reply.delay', delay: { kind: 'fixed', ms } }, on });
const never = (name = 'dead', on: object = {}) => spec({ name, settings: { kind: 'reply.never' }, on });

function theFaults(seed = 7) {
  const clock = new VirtualClock(0);
  const facts: FaultFact[] = [];
  const faults = new FaultSet({ clock, seed, emit: (fact) => void facts.push(fact), fleetOf: () => fleet });
  const lines: string[] = [];
  let rid = 0;
  /** Lets a device answer; notes when the reply left and what touched it. */
  const answer = (device: DeviceId = ids[0] as DeviceId) => {
    rid += 1;
    const name = String(rid);
    const note = (what: string) => {
      const by = (passage.touches ?? []).map(({ fault }) => fault).join(' ');
      lines.push(`${clock.now()} ${name} ${what} [${by}]`);
    };
    const silent = () => note('silent');
    const passage = aReply(device, { rid: requestId(name), pass: () => note('sent'), hang: silent, swallow: silent });
    const chain = faults.at('reply', device);
    if (chain) chain(passage);
    else passage.pass();
  };
  /** How often each fault struck, as facts tell. */
  const strikes = (fault: string) =>
    facts.reduce((sum, one) => sum + (one.type === 'fault.counted' && one.fault === fault ? one.strikes : 0), 0);
  return { clock, faults, lines, answer, facts, strikes };
}

test('without faults there is nothing to pass through', () => {
  const { faults } = theFaults();
  expect(faults.at('reply', ids[0] as DeviceId)).toBeUndefined();
  faults.add(delay(10, 'slow', { fleet: fleetName('others') }));
  expect(faults.at('reply', ids[0] as DeviceId)).toBeUndefined();
});

test('a delayed reply leaves after its delay, touched by that fault', async () => {
  const { clock, faults, lines, answer, strikes } = theFaults();
  faults.add(delay(800));
  answer();
  await clock.advance(799);
  expect(lines).toEqual([]);
  await clock.advance(1);
  expect(lines).toEqual(['800 1 sent [slow]']);
  faults.tellStrikes();
  expect(strikes('slow')).toBe(1);
});

test('a reply that never leaves is told at once', () => {
  const { faults, lines, answer } = theFaults();
  faults.add(never());
  answer();
  expect(lines).toEqual(['0 1 silent [dead]']);
});

test('faults stack in the order they were added', async () => {
  const { clock, faults, lines, answer } = theFaults();
  faults.add(delay(100, 'one'));
  faults.add(delay(50, 'two'));
  faults.add(never('three'));
  answer();
  await clock.advance(1_000);
  expect(lines).toEqual(['150 1 silent [one two three]']);
  faults.liftAll();
  faults.add(never('three'));
  faults.add(delay(100, 'one'));
  answer();
  await clock.advance(1_000);
  expect(lines.at(-1)).toBe('1000 2 silent [three]');
});

test('lifting a delay lets go what it holds at once, in the order it came, through the faults after it', async () => {
  const { clock, faults, lines, answer } = theFaults();
  faults.add(delay(60_000));
  faults.add(delay(10, 'hop'));
  answer();
  await clock.advance(5);
  answer();
  faults.lift(faultName('slow'));
  await clock.advance(10);
  expect(lines).toEqual(['15 1 sent [slow hop]', '15 2 sent [slow hop]']);
  answer();
  await clock.advance(10);
  expect(lines.at(-1)).toBe('25 3 sent [hop]');
  faults.tellStrikes();
  expect(clock.pending).toBe(0);
});

test('lifting everything sends what was held at once, even with a fault behind it that would have kept it', () => {
  const { faults, lines, answer, clock } = theFaults();
  faults.add(delay(60_000));
  faults.add(never());
  answer();
  expect(faults.liftAll()).toBe(2);
  expect(lines).toEqual(['0 1 sent [slow]']);
  expect(clock.pending).toBe(0);
  expect(faults.liftAll()).toBe(0);
});

test('changing a fault keeps its place and its count, and lets go what it held', async () => {
  const { clock, faults, lines, answer, strikes } = theFaults();
  faults.add(delay(60_000));
  faults.add(delay(10, 'hop'));
  answer();
  faults.change(delay(20));
  answer();
  await clock.advance(100);
  expect(lines).toEqual(['10 1 sent [slow hop]', '30 2 sent [slow hop]']);
  faults.tellStrikes();
  expect(strikes('slow')).toBe(2);
  expect(faults.specs().map(({ name }) => name)).toEqual(['slow', 'hop']);
});

test('names are unique, and an unknown one is refused with those there are', () => {
  const { faults } = theFaults();
  faults.add(delay(1));
  expect(() => faults.add(never('slow'))).toThrow(expect.objectContaining({ code: 'fault.exists' }));
  for (const act of [
    () => faults.lift(faultName('x')),
    () => faults.change(delay(1, 'x')),
    () => faults.retarget(faultName('x'), []),
    () => faults.devicesOf(faultName('x'), pairs),
  ]) {
    expect(act).toThrow(
      expect.objectContaining({ code: 'fault.unknown', message: 'name: there is no fault x; there are: slow' }),
    );
  }
});

test('a target is a device, a fleet, or all', () => {
  const { faults } = theFaults();
  faults.add(delay(1, 'one', { device: ids[3] }));
  faults.add(delay(1, 'fleet', { fleet }));
  faults.add(delay(1, 'others', { fleet: fleetName('pumps') }));
  faults.add(delay(1, 'all'));
  faults.add(delay(1, 'none', { share: 0 }));
  const counts = ['one', 'fleet', 'others', 'all', 'none'].map((name) => faults.devicesOf(faultName(name), pairs));
  expect(counts).toEqual([1, 5_000, 0, 5_000, 0]);
  expect(faults.namesOn(ids[3] as DeviceId, fleet)).toEqual(['one', 'fleet', 'all']);
  expect(faults.namesOn(ids[3] as DeviceId, fleetName('pumps'))).toEqual(['one', 'others', 'all']);
});

test('a share is the same devices for the same seed, within 1%, and keeps them when it grows', () => {
  const members = (seed: number, share: number, own?: number) => {
    const { faults } = theFaults(seed);
    faults.add({ ...delay(1, 'slow', { share }), ...(own === undefined ? {} : { seed: own }) });
    return ids.filter((id) => faults.at('reply', id));
  };
  const seven = members(7, 0.07);
  expect(Math.abs(seven.length / 5_000 - 0.07)).toBeLessThan(0.01);
  expect(members(7, 0.07)).toEqual(seven);
  expect(members(8, 0.07)).not.toEqual(seven);
  expect(members(8, 0.07, 3)).toEqual(members(9, 0.07, 3));
  const more = new Set(members(7, 0.1));
  expect(seven.every((id) => more.has(id))).toBe(true);
});

test('two faults of one seed pick their shares independently', () => {
  const { faults } = theFaults();
  faults.add(delay(1, 'slow', { share: 0.3 }));
  faults.add(never('dead', { share: 0.3 }));
  const both = ids.filter((id) => faults.namesOn(id, fleet).length === 2).length;
  expect(Math.abs(both / 5_000 - 0.09)).toBeLessThan(0.015);
});

test("one device's draws do not depend on the others", async () => {
  const times = async (others: number) => {
    const { clock, faults, lines, answer } = theFaults();
    faults.add(
      spec({ name: 'slow', settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 800, sigma: 0.5 } } }),
    );
    const own: string[] = [];
    for (let round = 0; round < 20; round++) {
      for (let other = 1; other <= others; other++) answer(ids[other]);
      const before = clock.now();
      lines.length = 0;
      answer(ids[0]);
      await clock.advance(60_000);
      const mine = lines.find((line) => line.includes(` ${round * (others + 1) + others + 1} sent`));
      own.push(String(Number(mine?.split(' ')[0]) - before));
    }
    return own;
  };
  const alone = await times(0);
  expect(new Set(alone).size).toBeGreaterThan(10);
  expect(await times(3)).toEqual(alone);
});

test('whatever is added, changed, lifted and retargeted in between, each reply leaves once or is told silent once', async () => {
  const settings: fc.Arbitrary<FaultSpecInput['settings']> = fc.oneof(
    fc.nat(500).map((ms) => ({ kind: 'reply.delay' as const, delay: { kind: 'fixed' as const, ms } })),
    fc.record({
      kind: fc.constant('reply.duplicate' as const),
      copies: fc.integer({ min: 1, max: 3 }),
      after: fc.nat(99),
    }),
    fc.constantFrom('reply.never', 'reply.unanswered', 'reply.malformed', 'reply.wrong-rid').map((kind) => ({ kind })),
  );
  const name = fc.constantFrom('f0', 'f1', 'f2', 'f3');
  const fault = fc.record({
    ...{ name, settings, enabled: fc.boolean() },
    on: fc.record(
      { share: fc.double({ min: 0, max: 1, noNaN: true }), tags: fc.constant('tags.floor = 3') },
      { requiredKeys: [] },
    ),
    when: fc.record(
      { every: fc.integer({ min: 1, max: 3 }), until: fc.integer({ min: 1, max: 900 }) },
      { requiredKeys: [] },
    ),
  });
  const device = fc.nat(5).map((index) => ids[index] as DeviceId);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ act: fc.constant('answer' as const), device }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constant('set' as const), fault }) },
    fc.record({ act: fc.constant('lift' as const), name }),
    fc.record({ act: fc.constant('retarget' as const), name, devices: fc.array(device) }),
    fc.record({ act: fc.constant('liftAll' as const) }),
    fc.record({ act: fc.constant('detach' as const), device }),
    fc.record({ act: fc.constant('wait' as const), ms: fc.nat(400) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, faults, lines, answer } = theFaults();
      let answers = 0;
      const has = (which: string) => faults.specs().some((one) => one.name === which);
      for (const one of steps) {
        if (one.act === 'answer') {
          answers += 1;
          answer(one.device);
        } else if (one.act === 'set') {
          if (has(one.fault.name)) faults.change(spec(one.fault));
          else faults.add(spec(one.fault));
        } else if (one.act === 'lift' && has(one.name)) faults.lift(faultName(one.name));
        else if (one.act === 'retarget' && has(one.name)) faults.retarget(faultName(one.name), one.devices);
        else if (one.act === 'liftAll') faults.liftAll();
        else if (one.act === 'detach') faults.detach(one.device);
        else if (one.act === 'wait') await clock.advance(one.ms);
      }
      faults.liftAll();
      expect(lines).toHaveLength(answers);
      expect(new Set(lines.map((line) => line.split(' ')[1])).size).toBe(answers);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('each fault sees what those before it made of the reply', () => {
  const { faults } = theFaults();
  const seen = (order: readonly FaultSpecInput[]) => {
    for (const one of order) faults.add(spec(one));
    const passage = aReply(ids[0] as DeviceId);
    faults.at('reply', ids[0] as DeviceId)?.(passage);
    faults.liftAll();
    return passage.payload;
  };
  const body: FaultSpecInput = { name: 'body', settings: { kind: 'reply.body', body: 'hello' } };
  const cut: FaultSpecInput = { name: 'cut', settings: { kind: 'reply.malformed' } };
  expect([seen([body, cut]), seen([cut, body])]).toEqual(['"hel', '"hello"']);
});

test('a reply on its way meets no fault that is added later, and none that was lifted or changed since', async () => {
  const { clock, faults, lines, answer } = theFaults();
  faults.add(delay(100, 'one'));
  faults.add(delay(50, 'two'));
  faults.add(delay(30, 'three'));
  answer();
  faults.add(never('late'));
  faults.lift(faultName('two'));
  faults.change(never('three'));
  await clock.advance(1_000);
  expect(lines).toEqual(['100 1 sent [one]']);
});

test('strikes are told now and then, in few facts, and all of them before a fault is gone', async () => {
  const { clock, faults, answer, facts, strikes } = theFaults();
  faults.add(delay(0, 'slow', { share: 0.5 }));
  faults.add(never('dead', { device: ids[0] }));
  for (let round = 0; round < 10; round++) {
    for (const id of ids.slice(0, 100)) answer(id);
    await clock.advance(100);
  }
  for (const id of ids.slice(0, 100)) answer(id);
  expect(facts.length).toBeLessThanOrEqual(10);
  const slow = faults.devicesOf(
    faultName('slow'),
    ids.slice(0, 100).map((id) => [id, fleet] as const),
  );
  expect(slow).toBeGreaterThan(30);
  faults.lift(faultName('slow'));
  expect([strikes('slow'), strikes('dead')]).toEqual([11 * slow, 11]);
  expect(clock.pending).toBe(0);
});

test('what concerns no device is touched by a fault that is meant for all, with turns of its own', () => {
  const { faults } = theFaults();
  faults.add(spec({ name: 'all', settings: { kind: 'hub.error' }, when: { every: 2 } }));
  for (const [name, on] of Object.entries({ device: { device: ids[0] }, fleet: { fleet }, share: { share: 0.99 } })) {
    faults.add(spec({ name, settings: { kind: 'hub.error' }, on }));
  }
  const ask = (device: DeviceId | undefined) => {
    const one = aPassage('request', device);
    faults.at('request', device)?.(one.passage);
    return [...one.ends, ...(one.passage.touches ?? []).map(({ fault }) => fault)];
  };
  expect([ask(undefined), ask(undefined)]).toEqual([['passed'], ['refused 503', 'all']]);
  for (const name of ['device', 'fleet', 'share']) faults.lift(faultName(name));
  expect(ask(ids[0])).toEqual(['passed']);
});

test('events are asked for only while a fault waits for one', () => {
  const { faults } = theFaults();
  expect(faults.noteEvent).toBeUndefined();
  const after = { event: 'connected', lasting: 1_000 } as const;
  faults.add(spec({ name: 'soon', settings: { kind: 'reply.never' }, when: { after }, on: { fleet } }));
  faults.add(never('always'));
  expect(faults.noteEvent).toBeDefined();
  faults.change(spec({ name: 'soon', settings: { kind: 'reply.never' }, when: { after }, enabled: false }));
  expect(faults.noteEvent).toBeUndefined();
  faults.change(spec({ name: 'soon', settings: { kind: 'reply.never' }, when: { after } }));
  expect(faults.noteEvent).toBeDefined();
  faults.lift(faultName('soon'));
  expect(faults.noteEvent).toBeUndefined();
});

test('of a device that is gone nothing is kept: come back, it has the draws and turns of a new one', async () => {
  const { clock, faults, lines, answer } = theFaults();
  faults.add(
    spec({
      name: 'slow',
      settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 800, sigma: 1 } },
      when: { probability: 0.5 },
    }),
  );
  const times = async () => {
    lines.length = 0;
    for (let round = 0; round < 10; round++) answer();
    const begun = clock.now();
    await clock.advance(600_000);
    return lines.map((line) => Number(line.split(' ')[0]) - begun);
  };
  const before = await times();
  expect(await times()).not.toEqual(before);
  faults.detach(ids[0] as DeviceId);
  expect(await times()).toEqual(before);
});

describe('what goes wrong', () => {
  const device = ids[0] as DeviceId;

  test('in a fault is told, and what it had in its hands goes on without it', () => {
    const { faults, facts } = theFaults();
    faults.add(spec({ name: 'teapot', settings: { kind: 'reply.status', status: 418 } }));
    const { passage, ends } = aPassage('reply', device);
    Object.defineProperty(passage, 'status', {
      set: () => {
        throw new Error('no such status');
      },
    });
    faults.at('reply', device)?.(passage);
    expect(ends).toEqual(['passed']);
    expect(facts).toEqual([{ type: 'fault.failed', at: 0, fault: 'teapot', device, detail: 'no such status' }]);
  });

  test('behind a fault that lets go later is told, and does not end the thread', async () => {
    const { clock, faults, facts } = theFaults();
    faults.add(delay(10));
    const broken = () => {
      throw new Error('no way on');
    };
    faults.at('reply', device)?.(aReply(device, { pass: broken }));
    await clock.advance(10);
    expect(facts).toEqual([{ type: 'fault.failed', at: 10, fault: 'slow', device, detail: 'no way on' }]);
  });

  test('behind a fault that lets go at once is the affair of who made the passage, as without the fault', () => {
    const { faults, facts } = theFaults();
    faults.add(spec({ name: 'teapot', settings: { kind: 'reply.status', status: 418 } }));
    const broken = () => {
      throw new Error('no way on');
    };
    expect(() => faults.at('reply', device)?.(aReply(device, { pass: broken }))).toThrow('no way on');
    expect(facts).toEqual([]);
  });

  test('as a fault takes hold of a device is told, and the other devices are held', () => {
    const { facts, clock } = theFaults();
    const held: DeviceId[] = [];
    const grip = (id: DeviceId) =>
      ({
        device: id,
        keepOff() {
          if (id === device) throw new Error('not now');
          held.push(id);
          return () => {};
        },
      }) as Partial<DeviceGrip> as DeviceGrip;
    const set = new FaultSet({
      ...{ clock, seed: 7, emit: (fact: FaultFact) => void facts.push(fact), fleetOf: () => fleet },
      devices: () => ids.slice(0, 3).map((id) => ({ id, grip: grip(id) })),
    });
    set.add(spec({ name: 'off', settings: { kind: 'link.offline' } }));
    expect(held).toEqual(ids.slice(1, 3));
    expect(facts.filter(({ type }) => type === 'fault.failed')).toMatchObject([{ fault: 'off', device }]);
    set.liftAll();
  });
});

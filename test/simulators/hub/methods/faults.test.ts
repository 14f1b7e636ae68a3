// What faults do to calls in the hub, by its clock: what is told of them, which timeouts run, and that nothing is answered twice or left behind.
import { beforeEach, describe, expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import { openConnections } from '../../../../simulators/hub/connections/connections.ts';
import { type MethodAnswer, openMethods } from '../../../../simulators/hub/methods/methods.ts';
import {
  type FaultSettingsInput,
  type FaultSpecInput,
  faultSpecSchema,
} from '../../../../simulators/vocabulary/fault-specs.ts';
import { type DeviceId, deviceId, faultName } from '../../../../simulators/vocabulary/ids.ts';
import type { FaultHooks, Passages, Stage } from '../../../../simulators/vocabulary/passages.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { someDevices } from '../../faults/a-passage.ts';
import { Facts, FakeConnection, identity } from '../parts.ts';

const body = (fields: object = {}) => Buffer.from(JSON.stringify({ methodName: 'reboot', ...fields }));
const fixed = (ms: number) => ({ kind: 'fixed', ms }) as const;
const answered = (status: number) => ({ status, payload: Buffer.from('{}') });

let clock: VirtualClock;
let facts: Facts;
let faults: FaultSet;

function theMethods(hooks: FaultHooks, devices: readonly string[] = ['d']) {
  const connections = openConnections({ clock, emit: facts.emit });
  const known = new Map(devices.map((id) => [id, identity(id)]));
  const find = (id: string) => known.get(id);
  const methods = openMethods({ clock, emit: facts.emit, find, connections, faults: hooks });
  return {
    methods,
    connect(id = 'd'): FakeConnection {
      const connection = new FakeConnection(id);
      connection.whenClosed = (reason) => connections.closed(connection, reason);
      connections.opened(connection, undefined);
      return connection;
    },
    call(id = 'd', fields: object = {}) {
      const state: { outcome: MethodAnswer | Refusal | undefined } = { outcome: undefined };
      methods.invoke(deviceId(id), body(fields)).then((outcome) => {
        state.outcome = outcome;
      });
      return state;
    },
  };
}

beforeEach(() => {
  clock = new VirtualClock();
  facts = new Facts();
  faults = new FaultSet({ clock, seed: 7, fleetOf: () => undefined });
});

const add = (settings: FaultSettingsInput, more: Partial<FaultSpecInput> = {}) =>
  faults.add(faultSpecSchema.parse({ name: faultName('fault'), settings, ...more }));
const lift = () => faults.lift(faultName('fault'));
const nameOf = ({ outcome }: { outcome: unknown }) => (outcome instanceof Refusal ? outcome.name : outcome);

/** A call with a response timeout of 5 s, answered after so long; a fault holds the answer until 250 ms after the deadline. */
async function anAnswerHeld({ after }: { readonly after: number }) {
  const { methods, call, connect } = theMethods(faults);
  const device = connect();
  add({ kind: 'reply.late', by: fixed(250) });
  const one = call('d', { responseTimeoutInSeconds: 5 });
  await clock.advance(after);
  methods.answered(device, '1', 200, Buffer.from('{}'));
  return { methods, device, one };
}

/** Hooks that keep the requests on their way to devices. */
function keepingDeliveries() {
  const kept: Passages['delivery'][] = [];
  const take = (passage: Passages['delivery']) => void kept.push(passage);
  const at = (stage: Stage) => (stage === 'delivery' ? (take as never) : undefined);
  return { kept, hooks: { at, noteEvent: undefined } satisfies FaultHooks };
}

describe('a call that hub.slow holds', () => {
  test('has begun, counts as in flight, and has both of its timeouts left when the hub begins with it', async () => {
    const { methods, call, connect } = theMethods(faults);
    add({ kind: 'hub.slow', delay: fixed(60_000) });
    const one = call('d', { connectTimeoutInSeconds: 10, responseTimeoutInSeconds: 5 });
    expect(facts.of('invocation.begun')).toHaveLength(1);
    expect(methods.inFlight).toBe(1);
    await clock.advance(60_000 + 9_999);
    const device = connect();
    methods.listening(device);
    await clock.advance(4_999);
    expect(one.outcome).toBeUndefined();
    await clock.advance(1);
    expect(nameOf(one)).toBe('GatewayTimeout');
    const [ended] = facts.of('invocation.ended');
    expect(ended).toMatchObject({ rid: '1', touches: [{ fault: 'fault', leg: 'hub', held: 60_000 }] });
    expect(ended?.at).toBe((ended?.begunAt ?? 0) + 74_999);
    expect(methods.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('is checked when the hub begins with it', async () => {
    const { call } = theMethods(faults);
    add({ kind: 'hub.slow', delay: fixed(1_000) });
    const bad = call('d', { responseTimeoutInSeconds: 4 });
    await clock.advance(999);
    expect(bad.outcome).toBeUndefined();
    await clock.advance(1);
    expect(nameOf(bad)).toBe('ArgumentInvalid');
  });

  test('is ended by a hub that stops, and never begun with', async () => {
    const { methods, call, connect } = theMethods(faults);
    const device = connect();
    add({ kind: 'hub.slow', delay: fixed(1_000) });
    const one = call();
    methods.stop();
    await clock.advance(1_000);
    expect(nameOf(one)).toBe('ServiceUnavailable');
    expect(device.sent).toEqual([]);
    expect(facts.of('invocation.ended')).toHaveLength(1);
    expect(methods.inFlight).toBe(0);
  });
});

describe('a held answer', () => {
  test('that comes before the deadline is the answer, and the way back was as long as it was held', async () => {
    const { one } = await anAnswerHeld({ after: 100 });
    await clock.advance(900);
    lift();
    await clock.advance(0);
    expect(one.outcome).toEqual(answered(200));
    const [ended] = facts.of('invocation.ended');
    expect(ended).toMatchObject({ touches: [{ fault: 'fault', leg: 'back', held: 900 }] });
    expect(ended?.answeredAt).toBe((ended?.begunAt ?? 0) + 1_000);
    expect(clock.pending).toBe(0);
  });

  test('that comes after the deadline is dropped; its caller had 504 and learns how long it was held by then', async () => {
    const { one } = await anAnswerHeld({ after: 100 });
    await clock.advance(4_900);
    expect(nameOf(one)).toBe('GatewayTimeout');
    const [ended] = facts.of('invocation.ended');
    expect(ended?.touches).toMatchObject([{ fault: 'fault', leg: 'back', held: 4_900 }]);
    expect(facts.of('answer.dropped')).toEqual([]);
    await clock.advance(250);
    expect(facts.of('answer.dropped')).toMatchObject([
      { at: (ended?.at ?? 0) + 250, device: 'd', rid: '1', deviceStatus: 200, why: 'late', faults: ['fault'] },
    ]);
    // What was told does not change when the fault writes on.
    expect(ended?.touches).toMatchObject([{ fault: 'fault', leg: 'back', held: 4_900 }]);
    expect(facts.of('invocation.ended')).toHaveLength(1);
  });

  test('of a connection that is lost meanwhile is dropped', async () => {
    const { one, device } = await anAnswerHeld({ after: 0 });
    device.close('lost');
    await clock.advance(0);
    expect(nameOf(one)).toBe('DeviceConnectionClosedRemotely');
    lift();
    expect(facts.of('answer.dropped')).toMatchObject([{ rid: '1', why: 'late', faults: ['fault'] }]);
  });

  test('of a hub that stopped meanwhile is no fact any more', async () => {
    const { one, methods } = await anAnswerHeld({ after: 0 });
    methods.stop();
    await clock.advance(0);
    expect(nameOf(one)).toBe('ServiceUnavailable');
    const told = facts.all.length;
    lift();
    expect(facts.all).toHaveLength(told);
  });
});

test('the second answer to a request that left twice is dropped, and the fact names the fault', async () => {
  const { methods, call, connect } = theMethods(faults);
  const device = connect();
  add({ kind: 'hub.request-twice' });
  const one = call();
  for (const { rid } of device.sent) methods.answered(device, rid, 200, Buffer.from('{}'));
  await clock.advance(0);
  expect(one.outcome).toEqual(answered(200));
  expect(facts.of('answer.dropped')).toMatchObject([{ rid: '1', why: 'late', faults: ['fault'] }]);
  // A call that no fault struck names none.
  lift();
  call();
  for (const status of [200, 201]) methods.answered(device, '2', status, Buffer.from('{}'));
  expect(facts.of('answer.dropped')[1]).toMatchObject({ rid: '2', deviceStatus: 201 });
  expect(facts.of('answer.dropped')[1]).not.toHaveProperty('faults');
});

test('a copy whose first request is lost is sent, and answered, at a moment of its own', async () => {
  const { methods, call, connect } = theMethods(faults);
  const device = connect();
  add({ kind: 'hub.request-twice' });
  faults.add(faultSpecSchema.parse({ name: faultName('lost'), settings: { kind: 'hub.request-lost' } }));
  const one = call();
  expect(device.sent).toHaveLength(1);
  methods.answered(device, '1', 200, Buffer.from('{}'));
  await clock.advance(0);
  expect(one.outcome).toEqual(answered(200));
  const [ended] = facts.of('invocation.ended');
  expect(ended?.sentAt).toBe(ended?.begunAt);
});

test('a fault that fails costs the call it is on, and nobody else', async () => {
  let broken = true;
  const at = (stage: Stage) =>
    stage === 'request' && broken
      ? () => {
          throw new Error('a slip of ours');
        }
      : undefined;
  const { methods, call, connect } = theMethods({ at, noteEvent: undefined });
  const device = connect();
  const one = call();
  await clock.advance(0);
  expect(nameOf(one)).toBe('ServerError');
  expect(methods.inFlight).toBe(0);
  broken = false;
  const two = call();
  methods.answered(device, '1', 200, Buffer.from('{}'));
  await clock.advance(0);
  expect(two.outcome).toEqual(answered(200));
});

describe('a held request', () => {
  test('leaves when it is let go, and the response timeout runs all the while', async () => {
    const { kept, hooks } = keepingDeliveries();
    const { call, connect } = theMethods(hooks);
    const device = connect();
    const one = call('d', { responseTimeoutInSeconds: 5 });
    await clock.advance(3_000);
    expect(device.sent).toEqual([]);
    kept[0]?.pass();
    expect(device.sent).toMatchObject([{ method: 'reboot', rid: '1' }]);
    await clock.advance(2_000);
    expect(nameOf(one)).toBe('GatewayTimeout');
    const [ended] = facts.of('invocation.ended');
    expect((ended?.sentAt ?? 0) - (ended?.begunAt ?? 0)).toBe(3_000);
  });

  test('is not sent once nobody waits for it', async () => {
    const { kept, hooks } = keepingDeliveries();
    const { call, connect } = theMethods(hooks);
    const device = connect();
    const one = call('d', { responseTimeoutInSeconds: 5 });
    await clock.advance(5_000);
    kept[0]?.pass();
    expect(nameOf(one)).toBe('GatewayTimeout');
    expect(device.sent).toEqual([]);
  });
});

test('touches of all stages are told in the order in which they struck', async () => {
  const { methods, call, connect } = theMethods(faults);
  const device = connect();
  const put = (name: string, settings: FaultSettingsInput) =>
    faults.add(faultSpecSchema.parse({ name: faultName(name), settings }));
  put('late', { kind: 'reply.late', by: fixed(1_000) });
  put('slow', { kind: 'hub.slow', delay: fixed(200) });
  put('twice', { kind: 'hub.request-twice' });
  call('d', { responseTimeoutInSeconds: 5 });
  await clock.advance(200);
  expect(device.sent).toHaveLength(2);
  methods.answered(device, '1', 200, Buffer.from('{}'));
  await clock.advance(300);
  faults.lift(faultName('late'));
  expect(facts.of('invocation.ended')[0]?.touches).toMatchObject([
    { fault: 'slow', kind: 'hub.slow', leg: 'hub', held: 200 },
    { fault: 'twice', kind: 'hub.request-twice', leg: 'toDevice' },
    { fault: 'late', kind: 'reply.late', leg: 'back', held: 300 },
  ]);
});

test('a call is an event for faults that strike in a window after it', async () => {
  const { methods, call, connect } = theMethods(faults);
  const device = connect();
  const after = { event: 'called', method: 'reboot', delay: 1_000, lasting: 1_000 } as const;
  add({ kind: 'hub.error' }, { when: { after } });
  const outcomes: unknown[] = [];
  for (const [index, wait] of [0, 1_000, 1_000].entries()) {
    await clock.advance(wait);
    const one = call();
    const sent = device.sent.at(-1);
    if (sent !== undefined) methods.answered(device, sent.rid, 200 + index, Buffer.from('{}'));
    await clock.advance(0);
    outcomes.push(nameOf(one));
  }
  expect(outcomes).toEqual([answered(200), 'ServiceUnavailable', answered(202)]);
});

test.each([0.07, 0.3])(
  'over 5,000 calls a probability of %d and such a share of devices hold within 1%%',
  async (part) => {
    const ids = someDevices(100);
    const many = someDevices(5_000);
    const rate = async (devices: readonly DeviceId[], more: Partial<FaultSpecInput>) => {
      facts = new Facts();
      faults = new FaultSet({ clock, seed: 7, fleetOf: () => undefined });
      add({ kind: 'hub.error' }, more);
      const { call } = theMethods(faults, devices);
      for (let index = 0; index < 5_000; index++) call(devices[index % devices.length]);
      const ended = facts.of('invocation.ended');
      expect(ended).toHaveLength(5_000);
      return ended.filter(({ httpStatus }) => httpStatus === 503).length / 5_000;
    };
    expect(Math.abs((await rate(ids, { when: { probability: part } })) - part)).toBeLessThan(0.01);
    expect(Math.abs((await rate(many, { on: { share: part } })) - part)).toBeLessThan(0.01);
  },
);

import { beforeEach, describe, expect, test } from 'vitest';
import { openConnections } from '../../../../simulators/hub/connections/connections.ts';
import { type MethodAnswer, openMethods } from '../../../../simulators/hub/methods/methods.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { Facts, FakeConnection, identity } from '../parts.ts';

const known = new Map(
  [identity('d'), identity('e'), identity('off', 'disabled')].map((one) => [one.deviceId as string, one]),
);
const body = (fields: object = {}) => Buffer.from(JSON.stringify({ methodName: 'reboot', ...fields }));

let clock: VirtualClock;
let facts: Facts;
let connections: ReturnType<typeof openConnections>;
let methods: ReturnType<typeof openMethods>;

beforeEach(() => {
  clock = new VirtualClock();
  facts = new Facts();
  connections = openConnections({ clock, emit: facts.emit });
  methods = openMethods({ clock, emit: facts.emit, find: (id) => known.get(id), connections });
});

const connect = (id = 'd', listens = true): FakeConnection => {
  const connection = new FakeConnection(id);
  connection.listensForMethods = listens;
  connection.whenClosed = (reason) => connections.closed(connection, reason);
  connections.opened(connection, undefined);
  return connection;
};

/** A call and what it came to, so far. */
const call = (id = 'd', fields: object = {}) => {
  const state: { outcome: MethodAnswer | Refusal | undefined } = { outcome: undefined };
  methods.invoke(deviceId(id), body(fields)).then((outcome) => {
    state.outcome = outcome;
  });
  return state;
};

const refusalOf = ({ outcome }: { outcome: unknown }): string =>
  outcome instanceof Refusal
    ? `${outcome.status} ${outcome.number} ${outcome.info?.timeout ?? ''}`.trim()
    : `not refused: ${outcome}`;

describe('answered', () => {
  test('the answer carries the status and the bytes of the device', async () => {
    const device = connect();
    const one = call('d', { payload: { a: 1 } });
    expect(device.sent).toEqual([{ method: 'reboot', rid: '1', payload: '{"a":1}' }]);
    await clock.advance(40);
    methods.answered(device, '1', 404, Buffer.from('not even JSON'));
    await clock.advance(0);
    expect(one.outcome).toEqual({ status: 404, payload: Buffer.from('not even JSON') });
    expect(methods.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('facts tell when it was asked, sent and answered', async () => {
    const start = clock.now();
    const device = connect();
    call('d', { payload: 'é' });
    await clock.advance(40);
    methods.answered(device, '1', 200, Buffer.from('{}'));
    const common = { device: 'd', call: 1, method: 'reboot', rid: '1', responseTimeout: 30_000, connectTimeout: 0 };
    const request = { text: '"é"', bytes: 4 };
    expect(facts.of('invocation.begun')).toEqual([{ type: 'invocation.begun', at: start, ...common, request }]);
    expect(facts.of('invocation.ended')).toEqual([
      {
        type: 'invocation.ended',
        at: start + 40,
        ...common,
        begunAt: start,
        sentAt: start,
        answeredAt: start + 40,
        httpStatus: 200,
        deviceStatus: 200,
        request,
        response: { text: '{}', bytes: 2 },
      },
    ]);
  });

  test('request ids count on in lower-case hexadecimal over all devices', () => {
    const device = connect('d');
    const other = connect('e');
    for (let index = 0; index < 26; index++) call(index % 2 ? 'd' : 'e');
    const rids = [...device.sent, ...other.sent].map(({ rid }) => Number.parseInt(rid, 16)).sort((a, b) => a - b);
    expect(rids).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
    expect(device.sent.map(({ rid }) => rid)).toContain('1a');
  });

  test('a payload is shown cut to size, with its true size', async () => {
    const device = connect();
    call('d', { payload: 'x'.repeat(100_000) });
    methods.answered(device, '1', 200, Buffer.from(`"${'€'.repeat(20_000)}"`));
    const [ended] = facts.of('invocation.ended');
    expect(ended?.request).toEqual({ text: `"${'x'.repeat(8_191)}`, bytes: 100_002 });
    expect(ended?.response).toEqual({ text: `"${'€'.repeat(8_191)}`, bytes: 60_002 });
  });
});

describe('not answered', () => {
  test('504101 exactly at the response timeout', async () => {
    connect();
    const one = call('d', { responseTimeoutInSeconds: 300 });
    await clock.advance(299_999);
    expect(one.outcome).toBeUndefined();
    await clock.advance(1);
    expect(refusalOf(one)).toBe('504 504101 00:05:00');
    expect((one.outcome as Refusal).message).toBe('Timed out waiting for the response from device.');
    expect(facts.of('invocation.ended')[0]).toMatchObject({ rid: '1', httpStatus: 504, error: 'GatewayTimeout' });
  });

  test('many timeouts at once each keep their own deadline', async () => {
    connect();
    const calls = [9, 5, 7, 5].map((seconds) => ({ seconds, state: call('d', { responseTimeoutInSeconds: seconds }) }));
    for (let second = 1; second <= 9; second++) {
      await clock.advance(1_000);
      for (const { seconds, state } of calls) expect(state.outcome !== undefined).toBe(second >= seconds);
    }
    expect(clock.pending).toBe(0);
  });

  test('an answer after that is dropped as late, a second one too', async () => {
    const device = connect();
    call('d', { responseTimeoutInSeconds: 5 });
    await clock.advance(5_000);
    methods.answered(device, '1', 200, Buffer.alloc(0));
    call();
    methods.answered(device, '2', 200, Buffer.alloc(0));
    methods.answered(device, '2', 201, Buffer.alloc(0));
    expect(facts.of('answer.dropped').map(({ rid, why, deviceStatus }) => [rid, why, deviceStatus])).toEqual([
      ['1', 'late', 200],
      ['2', 'late', 201],
    ]);
  });

  test.each([['ff'], ['0'], ['01'], ['A'], ['zebra'], ['-1'], ['1e3']])(
    'an answer to the unknown rid %s is dropped',
    (rid) => {
      const device = connect();
      call();
      methods.answered(device, rid, 200, Buffer.alloc(0));
      expect(facts.of('answer.dropped')).toMatchObject([{ rid, why: 'unknown' }]);
      expect(methods.inFlight).toBe(1);
    },
  );

  test("a device cannot answer for another device's call", async () => {
    connect('d');
    const thief = connect('e');
    const one = call('d');
    methods.answered(thief, '1', 200, Buffer.alloc(0));
    await clock.advance(0);
    expect(one.outcome).toBeUndefined();
    expect(facts.of('answer.dropped')).toMatchObject([{ device: 'e', why: 'unknown' }]);
  });

  test('an answer above 128 KB is dropped with a hint, and the call goes on waiting', async () => {
    const device = connect();
    const one = call();
    methods.answered(device, '1', 200, Buffer.alloc(131_073));
    await clock.advance(1_000);
    expect(one.outcome).toBeUndefined();
    expect(facts.of('hint.given')).toMatchObject([{ call: 1, text: expect.stringContaining('131073 bytes') }]);
    methods.answered(device, '1', 200, Buffer.alloc(131_072));
    await clock.advance(0);
    expect(one.outcome).toMatchObject({ status: 200 });
  });
});

describe('no device listens', () => {
  test('404103 at once when there is no connection', async () => {
    const one = call();
    await clock.advance(0);
    expect(refusalOf(one)).toBe('404 404103 00:00:00');
    expect(facts.of('invocation.ended')[0]?.rid).toBeUndefined();
  });

  test('404103 at once when it has not subscribed', async () => {
    connect('d', false);
    const one = call();
    await clock.advance(0);
    expect(refusalOf(one)).toBe('404 404103 00:00:00');
  });

  test('a connection that ends while waiting calls go out takes none along that it was not sent', async () => {
    const all = [1, 2, 3].map(() => call('d', { connectTimeoutInSeconds: 20 }));
    const device = connect('d', false);
    device.listensForMethods = true;
    device.sendMethod = () => {
      device.listensForMethods = false;
      device.close('protocol-error');
    };
    connections.ready(device);
    await clock.advance(0);
    expect(all.map(({ outcome }) => (outcome === undefined ? 'waits' : refusalOf({ outcome })))).toEqual([
      '404 404104',
      'waits',
      'waits',
    ]);
    const next = connect('d', false);
    next.listensForMethods = true;
    connections.ready(next);
    expect(next.sent).toHaveLength(2);
  });

  test('404103 after the connect timeout', async () => {
    const one = call('d', { connectTimeoutInSeconds: 20 });
    await clock.advance(19_999);
    expect(one.outcome).toBeUndefined();
    expect(methods.inFlight).toBe(1);
    await clock.advance(1);
    expect(refusalOf(one)).toBe('404 404103 00:00:20');
    expect(methods.inFlight).toBe(0);
  });

  test('calls that wait go out in order once the device listens; the response time counts from there', async () => {
    const device = connect('d', false);
    const one = call('d', { connectTimeoutInSeconds: 20, responseTimeoutInSeconds: 5 });
    const two = call('d', { connectTimeoutInSeconds: 30, payload: 2 });
    await clock.advance(10_000);
    device.listensForMethods = true;
    connections.ready(device);
    expect(device.sent.map(({ rid, payload }) => [rid, payload])).toEqual([
      ['1', ''],
      ['2', '2'],
    ]);
    await clock.advance(4_999);
    expect(one.outcome).toBeUndefined();
    await clock.advance(1);
    expect(refusalOf(one)).toBe('504 504101 00:00:05');
    methods.answered(device, '2', 200, Buffer.alloc(0));
    await clock.advance(0);
    expect(two.outcome).toMatchObject({ status: 200 });
    expect(facts.of('invocation.ended')[1]).toMatchObject({
      rid: '2',
      begunAt: clock.now() - 15_000,
      sentAt: clock.now() - 5_000,
    });
    await clock.advance(600_000);
    expect(facts.of('invocation.ended')).toHaveLength(2);
  });

  test('404001 for a device that is unknown or disabled, without waiting', async () => {
    const unknown = call('nobody', { connectTimeoutInSeconds: 20 });
    const disabled = call('off', { connectTimeoutInSeconds: 20 });
    await clock.advance(0);
    expect([refusalOf(unknown), refusalOf(disabled)]).toEqual(['404 404001', '404 404001']);
  });

  test('a bad request is refused before anyone looks for the device', async () => {
    const one = call('nobody', { responseTimeoutInSeconds: 4 });
    await clock.advance(0);
    expect(refusalOf(one)).toBe('400 400004');
    expect(facts.of('invocation.begun')).toMatchObject([{ method: 'reboot', call: 1 }]);
    expect(facts.of('invocation.ended')).toMatchObject([{ httpStatus: 400, error: 'ArgumentInvalid', call: 1 }]);
  });
});

describe('the connection ends while a call waits', () => {
  test('404104 at once when it is lost', async () => {
    const device = connect();
    const one = call();
    await clock.advance(1_000);
    device.close('lost');
    await clock.advance(0);
    expect(refusalOf(one)).toBe('404 404104');
    expect(clock.pending).toBe(0);
  });

  test('400027 at once when the device connects again, and the new connection does not hear of the old call', async () => {
    connect();
    const one = call();
    const second = connect();
    await clock.advance(0);
    expect(refusalOf(one)).toBe('400 400027');
    expect(second.sent).toEqual([]);
  });

  test('calls to other devices go on', async () => {
    const device = connect('d');
    const other = connect('e');
    call('d');
    const two = call('e');
    device.close('lost');
    methods.answered(other, '2', 200, Buffer.alloc(0));
    await clock.advance(0);
    expect(two.outcome).toMatchObject({ status: 200 });
  });

  test('503001 for everything when the hub stops', async () => {
    connect();
    const sent = call();
    const waiting = call('e', { connectTimeoutInSeconds: 300 });
    methods.stop();
    await clock.advance(0);
    expect([refusalOf(sent), refusalOf(waiting)]).toEqual(['503 503001', '503 503001']);
    expect(clock.pending).toBe(0);
  });
});

test('every call ends exactly once whatever happens around it', async () => {
  const { default: fc } = await import('fast-check');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('call', 'wait', 'connect', 'listen', 'answer', 'lose', 'pass'), fc.nat(9)), {
        maxLength: 40,
      }),
      async (steps) => {
        clock = new VirtualClock();
        facts = new Facts();
        connections = openConnections({ clock, emit: facts.emit });
        methods = openMethods({ clock, emit: facts.emit, find: (id) => known.get(id), connections });
        let asked = 0;
        let current: FakeConnection | undefined;
        for (const [step, number] of steps) {
          if (step === 'call' || step === 'wait') {
            asked += 1;
            call('d', { connectTimeoutInSeconds: step === 'wait' ? number : 0, responseTimeoutInSeconds: 5 + number });
          } else if (step === 'connect') current = connect('d', number > 4);
          else if (step === 'listen' && current) {
            current.listensForMethods = true;
            connections.ready(current);
          } else if (step === 'answer' && current) methods.answered(current, number.toString(16), 200, Buffer.alloc(0));
          else if (step === 'lose') current?.close('lost');
          else await clock.advance(number * 1_000);
        }
        await clock.advance(600_000);
        const ended = facts.of('invocation.ended').map((fact) => fact.call);
        expect(ended.sort((a, b) => a - b)).toEqual(Array.from({ length: asked }, (_, index) => index + 1));
        expect(methods.inFlight).toBe(0);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});

test('a module of a disabled device is not said to be missing', async () => {
  known.set('off/m', { ...identity('off', 'disabled'), moduleId: 'm' });
  const state = call('off/m');
  await clock.advance(0);
  expect(state.outcome).toMatchObject({
    name: 'DeviceNotFound',
    message: "Device 'off' is not registered or is disabled.",
  });
});

test('a call that comes after the stop is refused at once and leaves no timer', async () => {
  methods.stop();
  const late = call('d', { connectTimeoutInSeconds: 300 });
  await clock.advance(0);
  expect(refusalOf(late)).toBe('503 503001');
  expect([methods.inFlight, clock.pending]).toEqual([0, 0]);
});

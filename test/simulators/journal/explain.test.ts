// Why a call ended as it did: each story of facts gives the sentence a developer needs, and a call without a story gives none.
import { describe, expect, test } from 'vitest';
import { type DeviceNews, explain, type Story, span } from '../../../simulators/journal/explain.ts';
import type { FaultTouch, InvocationEnded } from '../../../simulators/vocabulary/facts.ts';
import { deviceId, faultName, requestId } from '../../../simulators/vocabulary/ids.ts';

const device = deviceId('pump-1');
const rid = requestId('a');
const begunAt = 100_000;

const call = (more: Partial<InvocationEnded>): InvocationEnded => ({
  type: 'invocation.ended',
  at: begunAt + 5_000,
  device,
  rid,
  call: 1,
  method: 'reboot',
  begunAt,
  sentAt: begunAt + 1,
  httpStatus: 504,
  error: 'GatewayTimeout',
  responseTimeout: 5_000,
  connectTimeout: 0,
  request: { text: 'null', bytes: 4 },
  ...more,
});
const touch = (fault: string, leg: FaultTouch['leg'], held?: number): FaultTouch => ({
  fault: faultName(fault),
  leg,
  ...(held === undefined ? {} : { held }),
});
const handled = (more: Partial<NonNullable<Story['handled']>>): NonNullable<Story['handled']> => ({
  type: 'method.handled',
  at: begunAt + 10,
  device,
  rid,
  method: 'reboot',
  receivedAt: begunAt + 2,
  outcome: 'answered',
  status: 200,
  ...more,
});
const disconnected = (at: number, more: object = {}): DeviceNews => ({
  type: 'device.disconnected',
  at,
  device,
  reason: 'lost',
  ...more,
});
const connected = (at: number): DeviceNews => ({ type: 'device.connected', at, device, protocol: 'mqtt', tls: false });

const offline = { httpStatus: 404, error: 'DeviceNotOnline', at: begunAt + 1 } as const;
const answered = { httpStatus: 200, deviceStatus: 200, answeredAt: begunAt + 40, at: begunAt + 40 } as const;

function causeOf(story: Partial<Story>): string {
  const { error: _, ...went } = call({});
  const told = explain({ ended: went as InvocationEnded, handled: undefined, news: [], ...story });
  expect(told?.fix).toMatch(/\.$/);
  return told?.cause ?? '';
}

test('a call that went as it should needs no words', () => {
  const { error: _, ...well } = call(answered);
  expect(explain({ ended: well, handled: handled({}), news: [connected(1)] })).toBeUndefined();
});

describe('a call that a fault touched and that was answered all the same', () => {
  test('names the leg the fault lengthened, and by how much', () => {
    const { error: _, ...ended } = call({ ...answered, at: begunAt + 2_340 });
    expect(causeOf({ ended, handled: handled({ touches: [touch('slow', 'inDevice', 2_300)] }) })).toBe(
      'The device answered 200, and the call took 2.3 s: fault slow held it 2.3 s in the device.',
    );
  });
  test('lists the faults of both sides, the hub first', () => {
    const { error: _, ...ended } = call({ ...answered, touches: [touch('brown', 'hub', 20)] });
    expect(causeOf({ ended, handled: handled({ touches: [touch('odd', 'inDevice')] }) })).toContain(
      'fault brown held it 20 ms in the hub and fault odd touched it in the device',
    );
  });
  test('names what was at work on the link meanwhile', () => {
    const { error: _, ...ended } = call(answered);
    const what = 'bytes arrive 40 ms later';
    const struck: DeviceNews = { type: 'fault.struck', at: begunAt + 5, fault: faultName('wan'), device, what };
    expect(causeOf({ ended, news: [struck] })).toContain('fault wan: bytes arrive 40 ms later');
  });
});

describe('a device that was not there (404103)', () => {
  const ended = call(offline);
  test.each<[string, readonly DeviceNews[], string]>([
    ['never seen', [], 'nothing was heard of it'],
    ['gone without a goodbye', [disconnected(begunAt - 3_200)], 'its connection had ended 3.2 s before the call'],
    [
      'gone with a goodbye',
      [disconnected(begunAt - 90, { reason: 'client' })],
      '90 ms before the call (it said goodbye)',
    ],
    [
      'connected and not subscribed',
      [connected(begunAt - 15)],
      'it had connected 15 ms before the call, but not subscribed to methods yet',
    ],
    [
      'dark',
      [{ type: 'link.changed', at: begunAt - 1_000, device, state: 'dark', detail: 'rebooting' }],
      'it had gone dark 1 s before the call (rebooting)',
    ],
    [
      'refused by a fault',
      [
        {
          type: 'device.refused',
          at: begunAt - 500,
          device,
          protocol: 'mqtt',
          code: 3,
          detail: 'not now',
          faults: [faultName('brown')],
        },
      ],
      'the hub had refused it 500 ms before the call: not now, by fault brown',
    ],
    [
      'dropped by a fault on its own side',
      [
        { type: 'link.changed', at: begunAt - 101, device, state: 'waiting', faults: [faultName('flaky')] },
        disconnected(begunAt - 100),
      ],
      'the stream ended without a goodbye, by fault flaky',
    ],
  ])('says what was heard of it last: %s', (_, news, words) => {
    expect(causeOf({ ended, news })).toContain(words);
  });

  test('says that a connect timeout of 0 waits for nobody', () => {
    expect(causeOf({ ended })).toContain('a connect timeout of 0 does not wait');
  });
  test('says how long the hub waited', () => {
    expect(causeOf({ ended: call({ ...offline, connectTimeout: 4_000 }) })).toContain('The hub waited 4 s');
  });
  test('says which connect timeout would have reached it, once it is back', () => {
    const news = [disconnected(begunAt - 1_000), connected(begunAt + 6_000)];
    expect(explain({ ended, handled: undefined, news })?.fix).toContain('It was back 7 s after it went');
  });
});

describe('a call without an answer (504)', () => {
  test('says that a fault kept the reply of a method that was executed', () => {
    const silent = handled({ outcome: 'silent', touches: [touch('dead', 'inDevice')] });
    expect(causeOf({ ended: call({}), handled: silent })).toBe(
      'The hub sent the call and heard nothing for 5 s (the response timeout): the device executed the method, and fault dead kept its reply.',
    );
  });
  test('says that the request never reached the device', () => {
    expect(causeOf({ ended: call({ touches: [touch('hole', 'toDevice')] }) })).toContain(
      'fault hole kept the request from the device, which never executed it',
    );
  });
  test('says how late the answer came, and which timeout would have had it', () => {
    const late: DeviceNews = {
      type: 'answer.dropped',
      at: begunAt + 6_200,
      device,
      rid,
      deviceStatus: 200,
      why: 'late',
    };
    const told = explain({
      ended: call({}),
      handled: handled({ at: begunAt + 6_190, touches: [touch('slow', 'inDevice', 6_000)] }),
      news: [late],
    });
    expect(told?.cause).toContain('came 1.2 s after the deadline, because fault slow held it 6 s in the device');
    expect(told?.fix).toContain('above 6.2 s');
  });
  test('does not take the late answer to another call for its own', () => {
    const other: DeviceNews = {
      ...{ type: 'answer.dropped', at: begunAt + 6_200, device, deviceStatus: 200, why: 'late' },
      rid: requestId('b'),
    };
    expect(causeOf({ ended: call({}), news: [other] })).toContain('still at it, or answers nothing');
  });
  test('says that the device replied in time and the reply was lost on the way', () => {
    const struck: DeviceNews = {
      ...{ type: 'fault.struck', at: begunAt + 1, fault: faultName('gone'), device },
      what: 'the link went silent',
    };
    expect(causeOf({ ended: call({}), handled: handled({}), news: [struck] })).toContain(
      'the device replied 200 in time, and the reply never reached the hub: fault gone: the link went silent',
    );
  });
});

describe('a connection that ended during the call (404104)', () => {
  const ended = call({ httpStatus: 404, error: 'DeviceConnectionClosedRemotely', at: begunAt + 1_001 });
  test('says when and why, and that the method may have been executed', () => {
    const told = explain({ ended, handled: undefined, news: [disconnected(begunAt + 1_001)] });
    expect(told?.cause).toContain('was lost 1 s after the call reached it (the stream ended without a goodbye)');
    expect(told?.cause).toContain('whether it executed the method is not known');
    expect(told?.fix).toContain('safe to execute twice');
  });
  test('knows from the device that the method was executed', () => {
    expect(causeOf({ ended, handled: handled({ outcome: 'answered' }) })).toContain('it had executed the method');
    expect(causeOf({ ended, handled: handled({ outcome: 'lost' }) })).toContain('its reply could no longer leave');
  });
});

test('the same identity twice is called by its name', () => {
  const ended = call({ httpStatus: 400, error: 'ConnectionForcefullyClosedOnNewConnection' });
  expect(causeOf({ ended })).toContain('connected a second time');
});

test('a refusal of the hub names the fault that made it', () => {
  const ended = call({ httpStatus: 503, error: 'ServiceUnavailable', touches: [touch('brown', 'hub')] });
  expect(causeOf({ ended })).toContain('The hub answered 503 (ServiceUnavailable). Fault brown made it so.');
});

test('an error of the request is explained as ever', () => {
  expect(causeOf({ ended: call({ httpStatus: 404, error: 'DeviceNotFound' }) })).toContain('No such device');
});

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [1_000, '1 s'],
  [2_340, '2.3 s'],
  [12_400, '12 s'],
])('%d ms reads %s', (ms, words) => expect(span(ms)).toBe(words));

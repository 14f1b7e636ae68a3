// Why a call ended as it did: each story of facts gives the sentence a developer needs, and a call without a story gives none.
import { describe, expect, test } from 'vitest';
import { type DeviceNews, explain, type Story } from '../../../simulators/journal/explain.ts';
import { span } from '../../../simulators/journal/span.ts';
import { type FaultTouch, type InvocationEnded, textLimit } from '../../../simulators/vocabulary/facts.ts';
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
const touch = (fault: string, leg: FaultTouch['leg'], held?: number, kind?: FaultTouch['kind']): FaultTouch => ({
  fault: faultName(fault),
  leg,
  ...(kind === undefined ? {} : { kind }),
  ...(held === undefined ? {} : { held }),
});
const did = (fault: string, kind: NonNullable<FaultTouch['kind']>) => touch(fault, 'inDevice', undefined, kind);
const struck = (what: string, more: { readonly at?: number; readonly kind?: FaultTouch['kind'] } = {}): DeviceNews => ({
  ...{ type: 'fault.struck', at: begunAt + 5, fault: faultName('wan'), device, what },
  ...more,
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
    expect(causeOf({ ended, news: [struck('held bytes back')] })).toContain('40 ms: fault wan held bytes back.');
  });
  test('says which way a fault of the link lengthened, and by how much', () => {
    const { error: _, ...ended } = call({ ...answered, answeredAt: begunAt + 813, at: begunAt + 813 });
    const device = handled({ receivedAt: begunAt + 402, at: begunAt + 403 });
    expect(causeOf({ ended, handled: device, news: [struck('held bytes back')] })).toBe(
      'The device answered 200, and the call took 813 ms: fault wan held bytes back (401 ms to the device, 410 ms back).',
    );
  });
  test('tells of one fault once, in the words that say more', () => {
    const { error: _, ...ended } = call({ ...answered, touches: [touch('wan', 'toDevice', undefined, 'hub.kill')] });
    expect(causeOf({ ended, handled: handled({}), news: [struck('cut its method request link')] })).toContain(
      '40 ms: fault wan cut its method request link',
    );
  });
  test('does not blame what struck before a call that it lengthened nowhere', () => {
    const { error: _, ...ended } = call({ ...answered, answeredAt: begunAt + 12, at: begunAt + 12 });
    const news = [struck('made it dial anew', { at: begunAt - 600 })];
    expect(explain({ ended, handled: handled({}), news })).toBeUndefined();
  });
  test.each<[NonNullable<FaultTouch['kind']>, string, string]>([
    ['reply.status', 'fault odd gave the reply another device status', 'Read the device status'],
    ['reply.body', 'fault odd gave the reply another payload', 'Check the payload'],
    ['reply.malformed', 'fault odd cut the payload of the reply in half, so that it is no JSON', 'Parse answers'],
    ['reply.duplicate', 'fault odd sent the reply more than once', 'Nothing to change'],
    ['link.drop', 'fault odd dropped the link of the device', 'connect timeout'],
    ['hub.request-twice', 'fault odd sent the request twice, and the device executed it each time', 'execute twice'],
    ['hub.kick', 'fault odd ended the connection of the device', 'connect timeout'],
  ])('says what it did and what to learn from it: %s', (kind, words, fix) => {
    const { error: _, ...ended } = call(answered);
    const told = explain({ ended, handled: handled({ touches: [did('odd', kind)] }), news: [] });
    expect(told?.cause).toContain(words);
    expect(told?.fix).toContain(fix);
  });
});

describe('an answer that is odd by itself', () => {
  test.each([
    [404, 'do not know, and names are case-sensitive'],
    [503, 'while they are busy'],
    [418, "418 is the device's own answer to 'reboot'."],
  ])('tells the device status %d from the HTTP status', (deviceStatus, words) => {
    const { error: _, ...ended } = call({ ...answered, deviceStatus });
    expect(causeOf({ ended, handled: handled({ status: deviceStatus }) })).toContain(words);
  });
  test('says that its payload is no JSON, and does not judge a text that was cut', () => {
    const { error: _, ...ended } = call({ ...answered, response: { text: '{"a":', bytes: 5 } });
    expect(causeOf({ ended, handled: handled({}) })).toContain('the payload of its answer is no JSON');
    const text = `"${'x'.repeat(textLimit)}`.slice(0, textLimit);
    expect(
      explain({ ended: { ...ended, response: { text, bytes: 9_000 } }, handled: undefined, news: [] }),
    ).toBeUndefined();
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
      'refused by a fault that its detail names',
      [
        {
          ...{ type: 'device.refused', at: begunAt - 500, device, protocol: 'mqtt', code: 3 },
          ...{ detail: 'refused by fault brown: service unavailable', faults: [faultName('brown')] },
        },
      ],
      'before the call: refused by fault brown: service unavailable.',
    ],
    [
      'failing to connect',
      [
        disconnected(begunAt - 2_000),
        {
          ...{ type: 'link.changed', at: begunAt - 700, device, state: 'waiting' },
          ...{ detail: 'refused: not authorized (5)', faults: [faultName('old')] },
        },
      ],
      'its last attempt to connect had failed 700 ms before the call (refused: not authorized (5)), by fault old.',
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
  test('says what a client that is none of ours does after it gave up', () => {
    const lost = disconnected(begunAt - 900);
    expect(explain({ ended, handled: undefined, news: [lost] })?.fix).toContain('connects again at its next operation');
    const ours: DeviceNews = { type: 'link.changed', at: begunAt - 901, device, state: 'waiting' };
    expect(explain({ ended, handled: undefined, news: [ours, lost] })?.fix).not.toContain('SDK');
  });
  test('says that no connect timeout helps a device that is refused', () => {
    const refused: DeviceNews = {
      ...{ type: 'device.refused', at: begunAt - 500, device, protocol: 'mqtt', code: 5, detail: 'not authorized' },
    };
    expect(explain({ ended, handled: undefined, news: [refused] })?.fix).toContain('no connect timeout is long enough');
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
    const silent = handled({ outcome: 'silent', touches: [did('dead', 'reply.never')] });
    expect(causeOf({ ended: call({}), handled: silent })).toBe(
      'The hub sent the call and heard nothing for 5 s (the response timeout): the device executed the method, and fault dead kept its reply.',
    );
  });
  test('says that the request never reached the device', () => {
    expect(causeOf({ ended: call({ touches: [touch('hole', 'toDevice')] }) })).toContain(
      'fault hole kept the request from the device, which never executed it',
    );
  });
  test('adds what the hub found odd in the call', () => {
    const hints = ['The device answered with 131073 bytes; the hub dropped it.'];
    const told = explain({
      ended: call({}),
      handled: handled({ touches: [did('fat', 'reply.oversize')] }),
      news: [],
      hints,
    });
    expect(told?.cause).toMatch(
      /fault fat made the payload of the reply larger\. The device answered with 131073 bytes/,
    );
    expect(told?.fix).toContain('under 128 KB');
  });
  test.each([
    ['of a device of ours', handled({ touches: [did('odd', 'reply.wrong-rid')] }), 'fault odd named another request'],
    ['of another', undefined, 'the device answered a request that the hub never made (a-wrong)'],
  ])('says that an answer %s named a request that the hub never made', (_, told, words) => {
    const news: DeviceNews[] = [
      { type: 'answer.dropped', at: begunAt + 9, device, rid: 'a-wrong', deviceStatus: 200, why: 'unknown' },
    ];
    const cause = causeOf({ ended: call({}), handled: told, news });
    expect(cause).toContain(words);
    expect(cause).toContain('a-wrong');
  });
  test('says that a half-open link kept everything, and how such a link is found', () => {
    const news = [struck('made its link half-open', { kind: 'link.half-open' })];
    const told = explain({ ended: call({}), handled: undefined, news });
    expect(told?.cause).toContain('fault wan made its link half-open, and the device was not through with the call');
    expect(told?.fix).toContain('keep-alive');
  });
  test('says how long the ways were on which an answer came late', () => {
    const late: DeviceNews = {
      type: 'answer.dropped',
      at: begunAt + 6_010,
      device,
      rid,
      deviceStatus: 200,
      why: 'late',
    };
    const news = [struck('held bytes back'), late];
    expect(
      causeOf({ ended: call({}), handled: handled({ receivedAt: begunAt + 3_001, at: begunAt + 3_010 }), news }),
    ).toContain(
      'came 1 s after the deadline, because fault wan held bytes back (3 s to the device, 3 s back); the hub dropped it',
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
    expect(causeOf({ ended: call({}), handled: handled({}), news: [struck('made its link half-open')] })).toContain(
      'the device replied 200 in time, and the reply did not reach the call: fault wan made its link half-open',
    );
  });
});

describe('a connection that ended during the call (404104)', () => {
  const ended = call({ httpStatus: 404, error: 'DeviceConnectionClosedRemotely', at: begunAt + 1_001 });
  test('says when and why, and that the method may have been executed', () => {
    const told = explain({ ended, handled: undefined, news: [disconnected(begunAt + 1_001)] });
    expect(told?.cause).toContain('was lost 1 s after the call went out (the stream ended without a goodbye)');
    expect(told?.cause).toContain('whether it executed the method is not known');
    expect(told?.fix).toContain('safe to execute twice');
  });
  test('knows from the device that the method was executed', () => {
    expect(causeOf({ ended, handled: handled({ outcome: 'answered' }) })).toContain('it had executed the method');
    expect(causeOf({ ended, handled: handled({ outcome: 'lost' }) })).toContain('its reply could no longer leave');
  });
  test('names the fault that cut a link, behind which the device said goodbye itself', () => {
    const news = [struck('cut its method request link'), disconnected(begunAt + 1_001, { reason: 'client' })];
    expect(causeOf({ ended, news })).toContain('(it said goodbye, after fault wan cut its method request link)');
  });
  test('knows from the device that nothing was executed', () => {
    const told = explain({ ended, handled: handled({ outcome: 'lost', executed: false }), news: [] });
    expect(told?.cause).toContain('it had not executed the method yet, and never will');
    expect(told?.fix).toContain('nothing was executed');
  });
});

test('the same identity twice is called by its name', () => {
  const ended = call({ httpStatus: 400, error: 'ConnectionForcefullyClosedOnNewConnection' });
  expect(causeOf({ ended })).toContain('connected a second time');
});

test('an error that a fault made names that fault alone, and tells its 504 from that of a timeout', () => {
  const touches = [touch('slow', 'hub', 1_500, 'hub.slow'), touch('brown', 'hub', undefined, 'hub.error')];
  expect(causeOf({ ended: call({ httpStatus: 503, error: 'ServiceUnavailable', touches }) })).toBe(
    'Fault brown made the service answer 503 (ServiceUnavailable); the call never reached the device.',
  );
  expect(causeOf({ ended: call({ error: 'GenericGatewayTimeout', touches }) })).toContain(
    'not that of a response timeout',
  );
});

test('an error behind a fault that only held the call up is not put to its account', () => {
  const touches = [touch('slow', 'hub', 1_500, 'hub.slow')];
  expect(causeOf({ ended: call({ httpStatus: 429, error: 'ThrottlingException', touches }) })).toBe(
    'The hub is over its rate limit. Before that, fault slow held it 1.5 s in the hub.',
  );
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

import { describe, expect, test } from 'vitest';
import { payloadLimit, readMethodRequest } from '../../../../simulators/hub/methods/method-request.ts';

const read = (body: string | object) =>
  readMethodRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

describe('a request that is allowed', () => {
  test('defaults: 30 s for the answer, no wait for the device, an empty payload', () => {
    expect(read({ methodName: 'm' })).toMatchObject({
      method: 'm',
      responseTimeout: 30_000,
      connectTimeout: 0,
      hints: [],
    });
    expect(read({ methodName: 'm' }).payload).toHaveLength(0);
    expect(read({ methodName: 'm' }).refusal).toBeUndefined();
  });

  test.each([
    [5, 0],
    [300, 300],
    [200, 200],
  ])('a response timeout of %d s and a connect timeout of %d s', (response, connect) => {
    const asked = read({ methodName: 'm', responseTimeoutInSeconds: response, connectTimeoutInSeconds: connect });
    expect(asked).toMatchObject({ responseTimeout: response * 1_000, connectTimeout: connect * 1_000 });
    expect(asked.refusal).toBeUndefined();
  });

  test.each([['null'], ['12345678901234567890'], ['{"b": 1,  "a" : [ ] }'], ['"\\u00e9 é"'], ['false']])(
    'the payload %s goes on byte for byte',
    (payload) => {
      expect(read(`{"payload":${payload},"methodName":"m"}`).payload.toString()).toBe(payload);
    },
  );

  test('a body that begins with a byte order mark', () => {
    expect(read('\ufeff{"methodName":"m","payload":[1]}')).toMatchObject({ method: 'm', payload: Buffer.from('[1]') });
  });

  test('a payload of 128 KB', () => {
    const asked = read(`{"methodName":"m","payload":"${'x'.repeat(payloadLimit - 2)}"}`);
    expect(asked.refusal).toBeUndefined();
    expect(asked.payload).toHaveLength(payloadLimit);
  });

  test('null timeouts mean the defaults', () => {
    const asked = read({ methodName: 'm', responseTimeoutInSeconds: null, connectTimeoutInSeconds: null });
    expect(asked).toMatchObject({ responseTimeout: 30_000, connectTimeout: 0 });
    expect(asked.refusal).toBeUndefined();
  });
});

describe('a request that is refused', () => {
  test.each<[string, string | object, string, string]>([
    ['no JSON', '{', 'IotHubFormatError', 'not a JSON object'],
    ['nothing', '', 'IotHubFormatError', 'not a JSON object'],
    ['a list', '[]', 'IotHubFormatError', 'not a JSON object'],
    ['something behind it', '{"methodName":"m"}x', 'IotHubFormatError', 'not a JSON object'],
    ['no name', {}, 'ArgumentInvalid', 'methodName is missing'],
    ['an empty name', { methodName: '' }, 'ArgumentInvalid', 'methodName is empty'],
    ['null for a name', { methodName: null }, 'ArgumentNull', 'methodName must not be null'],
    ['a number for a name', { methodName: 7 }, 'ArgumentInvalid', 'methodName must be text, not 7'],
    ['a space in the name', { methodName: 'a b' }, 'ArgumentInvalid', "methodName 'a b'"],
    ['a slash in the name', { methodName: 'a/b' }, 'ArgumentInvalid', "methodName 'a/b'"],
    ['an accent in the name', { methodName: 'é' }, 'ArgumentInvalid', "methodName 'é'"],
    ['a long name', { methodName: 'm'.repeat(101) }, 'ArgumentInvalid', 'has 101 characters'],
    [
      '4 s',
      { methodName: 'm', responseTimeoutInSeconds: 4 },
      'ArgumentInvalid',
      'responseTimeoutInSeconds must be within [5; 300].',
    ],
    [
      '301 s',
      { methodName: 'm', responseTimeoutInSeconds: 301 },
      'ArgumentInvalid',
      'responseTimeoutInSeconds must be within [5; 300].',
    ],
    [
      '0 s',
      { methodName: 'm', responseTimeoutInSeconds: 0 },
      'ArgumentInvalid',
      'responseTimeoutInSeconds must be within [5; 300].',
    ],
    [
      '5.5 s',
      { methodName: 'm', responseTimeoutInSeconds: 5.5 },
      'ArgumentInvalid',
      'responseTimeoutInSeconds must be within [5; 300].',
    ],
    [
      'text for seconds',
      { methodName: 'm', responseTimeoutInSeconds: '30' },
      'ArgumentInvalid',
      'responseTimeoutInSeconds',
    ],
    [
      'a connect timeout of -1 s',
      { methodName: 'm', connectTimeoutInSeconds: -1 },
      'ArgumentInvalid',
      'connectTimeoutInSeconds must be within [0; 300].',
    ],
    [
      'a connect timeout of 301 s',
      { methodName: 'm', connectTimeoutInSeconds: 301 },
      'ArgumentInvalid',
      'connectTimeoutInSeconds must be within [0; 300].',
    ],
    [
      'a payload above 128 KB',
      `{"methodName":"m","payload":"${'x'.repeat(payloadLimit - 1)}"}`,
      'MessageTooLarge',
      '131073 bytes',
    ],
  ])('%s', (_, body, name, message) => {
    const { refusal } = read(body);
    expect(refusal?.name).toBe(name);
    expect(refusal?.message).toContain(message);
  });
});

describe('hints', () => {
  test('the field every Node tutorial passes is named, with the one to use', () => {
    expect(read({ methodName: 'm', timeoutInSeconds: 10 }).hints).toEqual([
      'timeoutInSeconds is not a field the service knows; it is ignored. Use responseTimeoutInSeconds.',
    ]);
  });

  test.each([
    ['MethodName', 'Use methodName.'],
    ['body', 'Use payload.'],
    ['colour', 'Known are methodName'],
    ['constructor', 'Known are methodName'],
  ])('%s', (field, advice) => {
    expect(read({ methodName: 'm', [field]: 1 }).hints[0]).toContain(advice);
  });

  test('a thousand unknown fields give a handful of hints', () => {
    const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, 0]));
    expect(read({ methodName: 'm', ...body }).hints.length).toBeLessThan(10);
  });
});

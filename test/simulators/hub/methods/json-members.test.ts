import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { membersOf } from '../../../../simulators/hub/methods/json-members.ts';

/** Name -> value text, the last of two with one name. */
const read = (text: string | Buffer) => {
  const bytes = Buffer.from(text);
  return membersOf(bytes)?.map(({ name, start, end }) => [name, bytes.toString('utf8', start, end)]);
};

/** What JSON.parse makes of a text: an object or nothing. */
const reference = (text: string): object | undefined => {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const sorted = (value: object): string =>
  JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));

describe('agrees with JSON.parse', () => {
  const same = (text: string) => {
    const members = read(text);
    const expected = reference(text);
    if (expected === undefined) expect(members).toBeUndefined();
    else {
      expect(members).toBeDefined();
      const rebuilt = Object.create(null);
      for (const [name, value] of members ?? []) rebuilt[name as string] = JSON.parse(value as string);
      expect(sorted(rebuilt)).toBe(sorted(expected));
    }
  };

  test('on any object, with any white space', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 3, '\t', '\n'), (value, space) =>
        same(JSON.stringify(value, undefined, space)),
      ),
      { numRuns: 500 },
    );
  });

  test('on objects with one piece cut out, doubled or exchanged', () => {
    const piece = fc.constantFrom(...'{}[]",:\\0123456789+-.eEtrufalsn u\u0000\u001f\u007f\u00e9');
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
        fc.nat(),
        fc.nat(3),
        fc.array(piece, { maxLength: 3 }),
        (value, where, cut, put) => {
          const text = JSON.stringify(value);
          const at = where % (text.length + 1);
          same(text.slice(0, at) + put.join('') + text.slice(at + cut));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('on texts made of JSON pieces', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"a"', '"\\u00e9"', '"\\u12g4"', '"\\x"', '0', '-', '01', '1.5', '.5', '1.'],
      ...['1e5', '1e', 'true', 'tru', 'null', 'nul', ' ', '\n', '\f', '"', '{"b":1}', '"\\"'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => same(`{"a":${pieces.join('')}}`)),
      { numRuns: 5_000 },
    );
  });
});

test('values keep their bytes: big integers, key order, white space, escapes', () => {
  const payload = '{ "z":\t12345678901234567890123,"a" : [1.0, 1e400 ],"\\u0041":"\\/" }';
  expect(read(`{"methodName":"m", "payload": ${payload} }`)).toEqual([
    ['methodName', '"m"'],
    ['payload', payload],
  ]);
});

test('names are decoded, duplicates kept in order', () => {
  expect(read('{"\\u0061":1,"a":2,"":3}')).toEqual([
    ['a', '1'],
    ['a', '2'],
    ['', '3'],
  ]);
});

test('deep nesting does not exhaust the stack', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  expect(read(`{"payload":${deep}}`)).toEqual([['payload', deep]]);
  expect(read(`{"payload":${'['.repeat(200_000)}}`)).toBeUndefined();
});

test('bytes that are not UTF-8, and a byte order mark, are refused', () => {
  expect(membersOf(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined();
  expect(read('\ufeff{}')).toBeUndefined();
});

test('no bytes make it throw', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void membersOf(Buffer.from(bytes))));
});

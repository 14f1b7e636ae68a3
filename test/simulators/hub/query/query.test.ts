// The query language: what selects which twin, what is refused and where, and conditions against a plain evaluator.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meets } from '../../../../simulators/hub/query/evaluate.ts';
import { type Expression, parseQuery } from '../../../../simulators/hub/query/parse.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';

const twin = {
  deviceId: 'pump-1',
  status: 'enabled',
  connectionState: 'Connected',
  version: 4,
  tags: { site: 'north', floor: 3, on: true, none: null, list: [1], 'odd key': 1, o: { x: 'y' } },
  properties: { desired: { rate: 5, $version: 2 }, reported: { rate: -1.5 } },
};

function conditionOf(text: string): Expression {
  const query = parseQuery(`SELECT * FROM devices WHERE ${text}`);
  if (query instanceof Refusal) throw new Error(query.message);
  if (query.condition === undefined) throw new Error('no condition');
  return query.condition;
}
const holds = (text: string): boolean => meets(twin, conditionOf(text));

test.each([
  "tags.site = 'north'",
  'tags.site = "north"',
  "tags.site != 'south'",
  "tags.site <> 'south'",
  'tags.floor > 2 AND tags.floor >= 3 AND tags.floor < 4 AND tags.floor <= 3',
  'properties.desired.rate = 5',
  'properties.desired.$version = 2',
  'properties.reported.rate = -1.5',
  'properties.reported.rate = -15e-1',
  'tags.floor = 0x3',
  "DeviceId = 'pump-1' and STATUS = 'enabled'",
  "deviceId IN ['a', 'pump-1']",
  "deviceId NIN ['a']",
  'tags.on',
  'tags.on = true',
  'NOT tags.floor = 4',
  'not not tags.on',
  'tags.floor = 4 OR tags.floor = 3',
  'tags.floor = 4 OR tags.on AND tags.floor = 3',
  '(tags.floor = 4 OR tags.on) AND NOT (tags.floor = 4)',
  'IS_DEFINED(tags.site)',
  'is_defined( tags.none )',
  'tags.none = null',
  'tags.[[odd key]] = 1',
  "'a' < 'b'",
  '3 = tags.floor',
  'tags.missing = 1 OR tags.on',
  "tags.o.x = 'y'",
  "'\\u0041\\'' = 'A\\''",
])('selects: %s', (text) => expect(holds(text)).toBe(true));

test.each([
  "tags.site = 'North'",
  "tags.Site = 'north'",
  'tags.site = 3',
  'tags.missing = 1',
  'tags.missing != 1',
  'NOT tags.missing = 1',
  'tags.site',
  'tags.floor',
  'tags.o',
  'tags.o = tags.o',
  'tags.list = 1',
  "tags.floor > 'a'",
  'tags.none < 1',
  'NOT tags.floor',
  'tags.missing NIN [1]',
  'deviceId IN []',
  'IS_DEFINED(tags.missing)',
  'IS_DEFINED(tags.toString)',
  "tags.constructor.name = 'Object'",
  'tags.site.length = 5',
  'null',
])('does not select: %s', (text) => expect(holds(text)).toBe(false));

test.each([
  'SELECT * FROM devices',
  ' select  *  from devices ',
  'SELECT *\nFROM DEVICES\r\n\tWHERE\n1=1',
  'SELECT * FROM devices WHERE nothing = 1 AND order1 = 2 AND inner_x=3',
])('reads: %s', (text) => expect(parseQuery(text)).not.toBeInstanceOf(Refusal));

test.each([
  ['', 'line 1, column 1: Expected SELECT'],
  ['SELECT', 'line 1, column 7: Expected *'],
  ['SELECT * WHERE x', 'line 1, column 10: Expected FROM'],
  ['SELECT * FROM', 'a collection (devices)'],
  ['SELECT * FROM devices WHERE', 'line 1, column 28: Expected'],
  ['SELECT * FROM devices WHERE a =', 'column 32: Expected'],
  ['SELECT * FROM devices\nWHERE a == 1', 'line 2, column 10: Expected'],
  ['SELECT * FROM devices WHERE a = 1 b = 2', 'column 35: Expected AND, OR, or the end of the query'],
  ['SELECT * FROM devices WHERE (a = 1', 'Expected ")"'],
  ["SELECT * FROM devices WHERE a = 'x", 'column 33: Expected'],
  ['SELECT * FROM devices WHERE a IN [1,]', 'a value'],
  ["SELECT * FROM devices WHERE STARTS_WITH(a, 'x')", 'column 40: Expected'],
  ['SELECT * FROM devices ORDER BY a', 'WHERE'],
  ['SELECT * FROM devices.modules', 'FROM devices.modules is not available on this hub so far, only FROM devices.'],
  ['SELECT COUNT() AS n FROM devices', 'SELECT COUNT() AS n is not available on this hub so far, only SELECT *.'],
  [`SELECT * FROM devices WHERE ${'('.repeat(6_000)}`, ''],
  [`SELECT * FROM devices WHERE a = '${'x'.repeat(8_192)}'`, 'at most 8192 are allowed'],
])('refuses %.60s', (text, part) => {
  const refusal = parseQuery(text);
  expect(refusal).toMatchObject({ name: 'ArgumentInvalid' });
  expect((refusal as Refusal).message).toContain(part);
});

describe('any condition', () => {
  interface Written {
    readonly text: string;
    /** By the rules of the language, written down a second time: true, false or undefined. */
    readonly value: unknown;
  }
  const leaf: fc.Arbitrary<Written> = fc.oneof(
    fc.integer({ min: -5, max: 5 }).map((number) => ({ text: `tags.floor > ${number}`, value: 3 > number })),
    fc.constantFrom<Written>(
      { text: 'tags.on', value: true },
      { text: 'tags.missing = 1', value: undefined },
      { text: "tags.site = 'x'", value: false },
      { text: 'tags.floor', value: undefined },
      { text: 'IS_DEFINED(tags.site)', value: true },
    ),
  );
  const { any } = fc.letrec<{ any: Written }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'medium' },
      leaf,
      tie('any').map(({ text, value }) => ({
        text: `NOT (${text})`,
        value: typeof value === 'boolean' ? !value : undefined,
      })),
      fc.tuple(tie('any'), tie('any')).map(([one, other]) => ({
        text: `(${one.text}) AND (${other.text})`,
        value:
          one.value === false || other.value === false
            ? false
            : one.value === true && other.value === true
              ? true
              : undefined,
      })),
      fc.tuple(tie('any'), tie('any')).map(([one, other]) => ({
        text: `(${one.text}) OR (${other.text})`,
        value:
          one.value === true || other.value === true
            ? true
            : one.value === false && other.value === false
              ? false
              : undefined,
      })),
    ),
  }));

  test('selects exactly when the rules make it true', () => {
    fc.assert(
      fc.property(any, ({ text, value }) => {
        fc.pre(text.length < 8_000);
        expect(holds(text)).toBe(value === true);
      }),
      { numRuns: 500 },
    );
  });

  test('any text at all is a query or a refusal', () => {
    const words = fc.constantFrom(
      'SELECT',
      '*',
      'FROM',
      'devices',
      'WHERE',
      'AND',
      'NOT',
      'IN',
      '(',
      ')',
      '[',
      ']',
      '=',
      '<',
      "'",
      'tags.a',
      '1',
      '\\',
      ',',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 20 }).map((list) => `SELECT * FROM devices WHERE ${list.join(' ')}`),
    );
    fc.assert(
      fc.property(text, (query) => {
        const read = parseQuery(query);
        if (read instanceof Refusal) expect(read.name).toBe('ArgumentInvalid');
      }),
      { numRuns: 2_000 },
    );
  });
});

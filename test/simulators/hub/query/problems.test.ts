// What is refused, with the place: the message names line and column, shows the text with a caret below it and says what was expected.
import { describe, expect, test } from 'vitest';
import { longestQuery, mostCalls } from '../../../../simulators/hub/query/parse.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { Asked } from './a-query.ts';

const asked = new Asked({ secret: { tags: { key: 'hidden' } } });
const where = (condition: string): string => `SELECT * FROM devices WHERE ${condition}`;

test.each([
  ['', 1, 1, 'Expected SELECT'],
  ['SELECT', 1, 7, 'Expected *, TOP, a path'],
  ['SELECT * WHERE x', 1, 10, 'Expected FROM'],
  ['SELECT *, deviceId FROM devices', 1, 9, 'Expected FROM'],
  ['SELECT * FROM', 1, 14, 'Expected a collection (devices, devices.modules, devices.jobs)'],
  ['SELECT * FROM thermostats', 1, 15, 'thermostats is not a collection'],
  ['SELECT * FROM devices.twins', 1, 15, 'devices.twins is not a collection'],
  ['SELECT * FROM devices, devices.modules', 1, 22, 'the end of the query'],
  ['SELECT * FROM devices x', 1, 23, 'Expected GROUP BY, ORDER BY, WHERE, or the end of the query but "x" found.'],
  ['SELECT * FROM devices WHERE', 1, 28, 'Expected'],
  [where('a ='), 1, 32, 'Expected'],
  ['SELECT * FROM devices\nWHERE a == 1', 2, 10, 'Expected'],
  [where('a = 1 b = 2'), 1, 35, 'AND, GROUP BY, OR, ORDER BY, or the end of the query but "b" found'],
  [where('(a = 1'), 1, 35, 'Expected ")"'],
  [where('a = 1)'), 1, 34, 'the end of the query but ")" found'],
  [where("a = 'x"), 1, 33, "the text that begins with ' here does not end"],
  [where("a = 'x\\'"), 1, 33, "the text that begins with ' here does not end"],
  [where('tags.[[x = 1'), 1, 34, 'the key that begins with [[ here does not end'],
  [where('tags. = 1'), 1, 34, 'a name is expected after the dot'],
  [where('tags.my-key = 1'), 1, 36, 'a hyphen right after a name; write tags.[[two-words]]'],
  [where('a IN [1,]'), 1, 37, 'a value'],
  [where('a IN (1)'), 1, 34, 'Expected "["'],
  [where('a = 1 = 2'), 1, 35, 'Expected'],
  [where('a LIKE 1'), 1, 31, 'Expected'],
  [where('a = 12x'), 1, 33, 'a value'],
  [where('a = 1e999'), 1, 33, 'a number beyond 1.79e308 is out of range'],
  [where("STARTSWITH(a, 'x')"), 1, 29, 'STARTSWITH is not a function; there are IS_DEFINED, IS_NULL'],
  [where('a = 1 AND toString(a)'), 1, 39, 'TOSTRING is not a function'],
  [where('LOWER()'), 1, 29, 'LOWER takes 1 value, not 0; it is called as LOWER(text)'],
  [where('SUBSTRING(a)'), 1, 29, 'SUBSTRING takes 2 to 3 values, not 1'],
  [where('IS_DEFINED(1)'), 1, 29, 'IS_DEFINED takes a path'],
  [where('COUNT() > 1'), 1, 29, 'COUNT is an aggregate; it is allowed only between SELECT and FROM'],
  ['SELECT SUM() FROM devices', 1, 8, 'SUM is called as SUM(path)'],
  ['SELECT COUNT(tags.a) FROM devices', 1, 8, 'COUNT is called as COUNT()'],
  ['SELECT LOWER(deviceId) FROM devices', 1, 13, 'Expected'],
  ['SELECT tags.a, properties.desired.a FROM devices', 1, 16, 'two members of the result are named a'],
  ['SELECT COUNT() AS n, deviceId FROM devices', 1, 22, 'a path beside aggregates has many values'],
  ['SELECT COUNT() AS n, deviceId FROM devices GROUP BY tags.a', 1, 22, 'only the path of GROUP BY can be shown'],
  ['SELECT * FROM devices GROUP BY tags.a', 1, 32, 'GROUP BY does not go with SELECT *'],
  ['SELECT COUNT() AS n FROM devices GROUP BY tags.a ORDER BY tags.b', 1, 59, 'ORDER BY of groups names a member'],
  ['SELECT * FROM devices ORDER BY deviceId UP', 1, 41, 'ASC, DESC'],
  ['SELECT * FROM devices ORDER BY deviceId WHERE a = 1', 1, 41, 'the end of the query'],
  ['SELECT TOP 0 * FROM devices', 1, 12, 'TOP 0 is out of range; a whole number within [1; 1000000] is expected'],
  ['SELECT TOP 9999999 * FROM devices', 1, 12, 'TOP 9999999 is out of range'],
  ['SELECT deviceId FROM devices.jobs', 1, 8, 'FROM devices.jobs gives whole rows; SELECT * is expected'],
  ['SELECT COUNT() AS n FROM devices.jobs', 1, 8, 'FROM devices.jobs gives whole rows'],
  [where('('.repeat(6_000)), 1, 93, 'nested too deep; at most 64 brackets inside each other are allowed'],
  [where('['.repeat(6_000)), 1, 93, 'nested too deep'],
  [where('ABS('.repeat(2_000)), 1, 288, 'nested too deep'],
  [where(`a = '${'x'.repeat(8_192)}'`), 1, 1, 'a text of 8226 characters is too long; at most 8192 are allowed.'],
])('refuses %.60s', (text, line, column, part) => {
  const refusal = asked.refusal(text);
  expect(refusal.name).toBe('ArgumentInvalid');
  const [sentence = '', shown = '', caret = ''] = refusal.message.split('\n');
  expect(sentence).toContain(`query, line ${line}, column ${column}: `);
  expect(sentence).toContain(part);
  const before = text.split('\n')[line - 1]?.slice(0, column - 1) ?? '';
  expect(caret.endsWith('^')).toBe(true);
  expect(before.endsWith(shown.slice(0, caret.length - 1))).toBe(true);
  expect(asked.queries.check(text)).toMatchObject({ line, column });
});

test('a long chain and a deep nest within the bounds are answered', () => {
  const deep = `${'('.repeat(64)}tags.key = 'hidden'${')'.repeat(64)}`;
  for (const condition of [
    deep,
    `${'NOT '.repeat(2_000)}(1 = 1)`,
    `1 = 1${' AND 1=1'.repeat(900)}`,
    `1 = 0${' OR 1=1'.repeat(900)}`,
    `0${'+1'.repeat(2_000)} = 2000`,
    `1${'*1'.repeat(2_000)} = 1`,
    `${'- '.repeat(2_000)}1 = 1`,
    `tags${'.a'.repeat(2_000)} = 1 OR 1 = 1`,
    `deviceId IN [${"'a',".repeat(1_000)}'secret']`,
  ]) {
    expect(asked.select(condition)).toEqual(['secret']);
  }
});

test('calls of functions are bounded', () => {
  const calls = (count: number): string => `0${' + ABS(1)'.repeat(count)} = ${count}`;
  expect(asked.select(calls(mostCalls))).toEqual(['secret']);
  expect(asked.queries.select(calls(mostCalls + 1))).toMatchObject({ message: /at most 100 function calls/ });
});

describe('a condition alone', () => {
  test.each(['', '  ', '*', ' * ', "FROM devices.modules WHERE moduleId = 'a'", 'FROM devices', 'tags.a = 1'])(
    '%j is one',
    (text) => {
      expect(asked.queries.check(text, 'devices')).toBeUndefined();
      expect(asked.queries.select(text)).not.toBeInstanceOf(Refusal);
    },
  );

  test.each([
    ["tags.site = 'north' x", 21, 'the end of the query'],
    ['FROM devices.jobs', 6, 'a condition picks devices or devices.modules, not devices.jobs'],
    ['FROM nowhere WHERE a = 1', 6, 'nowhere is not a collection'],
    ['SELECT * FROM devices', 1, 'Expected'],
    ['WHERE a = 1', 1, 'Expected'],
    ['* AND a = 1', 3, 'the end of the query'],
    [`a = '${'x'.repeat(longestQuery)}'`, 1, 'too long'],
  ])('%.40j is none', (text, column, part) => {
    expect(asked.queries.check(text, 'devices')).toMatchObject({ line: 1, column, offset: column - 1 });
    const refusal = asked.queries.select(text) as Refusal;
    expect(refusal.name).toBe('ArgumentInvalid');
    expect(refusal.message).toContain(`condition, line 1, column ${column}: `);
    expect(refusal.message).toContain(part);
  });
});

test('a good query has no problem', () => {
  expect(asked.queries.check('SELECT COUNT() AS n, tags.a FROM devices GROUP BY tags.a')).toBeUndefined();
});

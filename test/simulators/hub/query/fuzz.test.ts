// Any text at all is answered or refused: nothing is thrown, nothing hangs, and a refusal tells of the text and of no twin.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  queryAggregates,
  queryFunctions,
  queryKeywords,
  queryRoots,
} from '../../../../simulators/vocabulary/query-words.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { Asked } from './a-query.ts';

const secret = 'secret-of-another-device';
const asked = new Asked({
  [`id-${secret}`]: { tags: { a: secret, [secret]: { b: secret } }, desired: { a: 5 }, reported: { list: [secret] } },
  [`id-${secret}/m`]: { tags: { a: secret } },
});
asked.jobs.push({ jobId: 'j', deviceId: `id-${secret}`, error: { description: secret } });

const words = [
  ...queryKeywords.map(({ word }) => word),
  ...Object.keys(queryFunctions).flatMap((name) => [name, `${name}(`]),
  ...Object.keys(queryAggregates).map((name) => `${name}(`),
  ...Object.values(queryRoots).flatMap((roots) => roots.map(({ word }) => word)),
  ...[
    'devices',
    'devices.modules',
    'devices.jobs',
    'tags.a',
    'properties.desired.a',
    '*',
    ',',
    '.',
    '(',
    ')',
    '[',
    ']',
    '[[',
    ']]',
  ],
  ...[
    '=',
    '!=',
    '<>',
    '<',
    '<=',
    '>',
    '>=',
    '+',
    '-',
    '%',
    '/',
    "'",
    '"',
    "'x'",
    '"y"',
    '\\',
    '\\u00',
    '0',
    '1',
    '0x1F',
    '1e9',
    '.5',
  ],
];
const good = [
  "SELECT TOP 3 deviceId, tags.a AS x FROM devices WHERE tags.a = 'x' AND NOT (IS_DEFINED(tags.b) OR 1 + 2 * 3 > 4) ORDER BY tags.a DESC",
  'SELECT COUNT() AS n, AVG(properties.desired.a) AS m, tags.a FROM devices GROUP BY tags.a ORDER BY n',
  "SELECT * FROM devices.modules WHERE tags.[[a b]]['c'] IN ['x', \"y\", -1, 0x1F, null] AND CONCAT(LOWER(tags.a), 'z') != 'q'",
  "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j' AND devices.jobs.status NIN ['failed']",
];

const soup = fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((list) => list.join(' '));
const glued = fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((list) => list.join(''));
const edit = fc.tuple(fc.nat(), fc.nat(12), fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(...words)));
const edited = fc.tuple(fc.constantFrom(...good), fc.array(edit, { minLength: 1, maxLength: 4 })).map(([text, edits]) =>
  edits.reduce((soFar, [place, length, put]) => {
    const at = place % (soFar.length + 1);
    return soFar.slice(0, at) + put + soFar.slice(at + length);
  }, text),
);
const nested = fc
  .tuple(
    fc.constantFrom('(', '[', 'NOT ', '- ', 'ABS(', 'tags.a = (', '[[', 'NOT(', '1 IN [', 'a.'),
    fc.nat(4_000),
    fc.constantFrom('', '1', 'tags.a'),
  )
  .map(([opening, count, end]) => `SELECT * FROM devices WHERE ${opening.repeat(count)}${end}`);
const any = fc.oneof(
  { arbitrary: fc.string({ unit: 'binary', maxLength: 60 }), weight: 1 },
  { arbitrary: soup, weight: 2 },
  { arbitrary: soup.map((text) => `SELECT * FROM devices WHERE ${text}`), weight: 4 },
  { arbitrary: glued.map((text) => `SELECT ${text}`), weight: 2 },
  { arbitrary: edited, weight: 6 },
  { arbitrary: nested, weight: 1 },
);

const judged = (outcome: object): void => {
  if (!(outcome instanceof Refusal)) return;
  expect(outcome.name).toBe('ArgumentInvalid');
  expect(outcome.message).not.toContain(secret);
  expect(outcome.message).toMatch(/^(query|condition), line \d+, column \d+: [^\n]+\n[^\n]*\n *\^$/);
};

test('any query is answered or refused', () => {
  let answered = 0;
  fc.assert(
    fc.property(any, (text) => {
      const outcome = asked.queries.run({ query: text }, undefined, undefined);
      judged(outcome);
      const problem = asked.queries.check(text);
      expect(problem !== undefined).toBe(outcome instanceof Refusal);
      expect(problem?.offset ?? 0).toBeLessThanOrEqual(text.length);
      if (!(outcome instanceof Refusal)) answered += 1;
    }),
    { numRuns: 3_000 },
  );
  // Else it would be a test of the first character.
  expect(answered).toBeGreaterThan(20);
}, 60_000);

test('any condition is answered or refused', () => {
  const conditions = fc.oneof(
    soup,
    glued,
    edited.map((text) => text.split('WHERE ')[1] ?? text),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(conditions, fc.constantFrom('devices' as const, 'devices.modules' as const), (text, from) => {
      const outcome = asked.queries.select(text);
      judged(outcome);
      if (from === 'devices') expect(asked.queries.check(text, from) !== undefined).toBe(outcome instanceof Refusal);
      else asked.queries.check(text, from);
    }),
    { numRuns: 1_500 },
  );
}, 60_000);

test('any continuation is one that was given, or is refused', () => {
  const query = 'SELECT deviceId FROM devices ORDER BY tags.a';
  const json = fc.json().map((text) => Buffer.from(text).toString('base64'));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), json), (text) => {
      fc.pre(text !== '');
      expect(asked.queries.run({ query }, undefined, text)).toMatchObject({ name: 'ArgumentInvalid' });
    }),
    { numRuns: 500 },
  );
});

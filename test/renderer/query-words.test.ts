// What the query editor offers at a place, and what of a query becomes the condition of a job.
import { describe, expect, test } from 'vitest';
import { completionAt, conditionOf, pathsIn } from '../../renderer/query/words.ts';

/** The cursor stands at `|`. */
function offered(marked: string, given: { kind?: 'query' | 'condition'; paths?: string[]; asked?: boolean } = {}) {
  const at = marked.indexOf('|');
  const { kind = 'query', paths = [], asked = false } = given;
  return completionAt(marked.replace('|', ''), at, { kind, paths, asked })?.words.map(({ label }) => label);
}

describe('words are offered', () => {
  test.each([
    ['SEL|', ['SELECT']],
    ['sel|', ['SELECT']],
    ['SELECT * FROM dev|', ['devices', 'devices.modules', 'devices.jobs']],
    ['SELECT * FROM devices WHERE STA|', ['status', 'statusReason', 'statusUpdateTime', 'STARTS_WITH']],
    ['SELECT * FROM devices WHERE connectionState = "Disc|', undefined],
    ["SELECT * FROM devices WHERE tags.a = 'it\\'s |", undefined],
    ["SELECT * FROM devices WHERE tags.a = 'x' AN|", ['AND']],
    ['SELECT * FROM devices WHERE |', undefined],
    ['SELECT co|', ['connectionState', 'COUNT', 'CONTAINS', 'CONCAT']],
    ['SELECT * FROM devices WHERE cou|', undefined],
    ['SELECT * FROM devices WHERE cap|', ['capabilities.iotEdge']],
    ['SELECT * FROM devices.jobs WHERE jobT|', ['jobType']],
    ['SELECT * FROM devices WHERE AND|', undefined],
  ])('at %o: %o', (marked, words) => {
    expect(offered(marked)?.toSorted()).toEqual(words?.toSorted());
  });

  test('everything when asked for before the first letter, paths first', () => {
    const words = offered('SELECT * FROM devices WHERE |', { asked: true });
    expect(words?.[0]).toBe('deviceId');
    expect(words).toContain('tags');
  });

  test('paths that were seen, beside the roots, but not for jobs', () => {
    const paths = ['tags.site', 'tags.floor'];
    expect(offered('tags.s|', { kind: 'condition', paths })).toEqual(['tags.site']);
    expect(offered('SELECT * FROM devices.jobs WHERE tags.s|', { paths })).toBeUndefined();
  });
});

test('paths below tags and properties are found, keys that are no names in double brackets, metadata left out', () => {
  const rows = [
    {
      deviceId: 'a',
      tags: { site: 'x', 'two-words': { in: 1 } },
      properties: { reported: { a: { b: 1 }, $version: 3 } },
    },
    { deviceId: 'b', tags: { site: 'y' } },
  ];
  expect(pathsIn(rows, ['tags.old'])).toEqual([
    'tags.old',
    'tags.site',
    'tags.[[two-words]]',
    'tags.[[two-words]].in',
    'properties.reported.a',
    'properties.reported.a.b',
  ]);
  const known = ['tags.site'];
  expect(pathsIn([{ tags: { site: 1 } }], known), 'the same list when nothing is new').toBe(known);
});

test.each([
  ['SELECT * FROM devices', '*'],
  ["SELECT * FROM devices WHERE tags.site = 'north'", "tags.site = 'north'"],
  ["select deviceId from devices where tags.a = 'ORDER BY WHERE' order by deviceId", "tags.a = 'ORDER BY WHERE'"],
  ['SELECT status, COUNT() AS n FROM devices WHERE version > 2 GROUP BY status', 'version > 2'],
  ["SELECT * FROM devices.modules WHERE moduleId = 'm'", "FROM devices.modules WHERE moduleId = 'm'"],
  ['SELECT * FROM devices.modules', 'FROM devices.modules'],
])('the condition of %o is %o', (query, condition) => {
  expect(conditionOf(query)).toBe(condition);
});

// The words that window and command line offer are the words the language has.
import { describe, expect, test } from 'vitest';
import {
  queryAggregates,
  queryFunctions,
  queryKeywords,
  queryRoots,
} from '../../../../simulators/vocabulary/query-words.ts';
import { Asked } from './a-query.ts';

const asked = new Asked({ d: {}, 'd/m': {} });
const rootsOf = (twin: object): string[] =>
  Object.keys(twin).flatMap((name) => (name === 'properties' ? ['properties.desired', 'properties.reported'] : [name]));

test.each([
  ['devices', 'd'],
  ['devices.modules', 'd/m'],
] as const)('every member of a twin in %s can be completed, and nothing else', (from, id) => {
  const offered = queryRoots[from].map(({ word }) => (word === 'capabilities.iotEdge' ? 'capabilities' : word));
  // These are shown only when the identity has them.
  const sometimes = ['statusReason', ...(from === 'devices' ? ['deviceScope', 'parentScopes'] : [])];
  expect([...offered].sort()).toEqual([...rootsOf(asked.twin(id)), ...sometimes].sort());
});

describe('each function', () => {
  test.each(Object.entries(queryFunctions))('%s can be called as it is explained', (name, { call, says }) => {
    expect(call.startsWith(`${name}(`)).toBe(true);
    expect(asked.queries.check(call.replace(', ...', ''), 'devices')).toBeUndefined();
    expect(says).not.toBe('');
  });
});

test.each(Object.values(queryAggregates))('$call can be selected', ({ call }) => {
  expect(asked.queries.check(`SELECT ${call} FROM devices`)).toBeUndefined();
});

test('keywords and roots are explained once each', () => {
  for (const words of [queryKeywords, ...Object.values(queryRoots)]) {
    expect(new Set(words.map(({ word }) => word)).size).toBe(words.length);
    for (const { says } of words) expect(says).not.toBe('');
  }
});

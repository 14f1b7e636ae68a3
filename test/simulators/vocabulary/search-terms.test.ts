// The filter language itself, apart from what it is used on.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { containing, searchTerms, wildcard } from '../../../simulators/vocabulary/search-terms.ts';

test('terms are words or key:value, negated by a dash', () => {
  expect(searchTerms('  pump -status:504  Kind:twin - :x')).toEqual([
    { text: 'pump', negated: false, value: 'pump' },
    { text: 'status:504', negated: true, key: 'status', value: '504' },
    { text: 'Kind:twin', negated: false, key: 'kind', value: 'twin' },
    { text: '-', negated: false, value: '-' },
    { text: ':x', negated: false, value: ':x' },
  ]);
});

test('a wildcard takes every character but * for itself', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(wildcard(text.replaceAll('*', ''))(text.replaceAll('*', ''))).toBe(true);
      expect(wildcard('*')(text)).toBe(true);
      expect(wildcard(`a${text}*`)(`a${text}tail`)).toBe(true);
    }),
  );
});

test('a word is found anywhere, whatever its case', () => {
  expect([
    containing('UMP')('pump-1'),
    containing('x')('pump-1'),
    containing('p*1')('pump-1'),
    containing('p*2')('pump-1'),
  ]).toEqual([true, false, true, false]);
});

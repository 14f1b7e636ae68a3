// What differs between desired and reported.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { driftOf } from '../../../simulators/vocabulary/drift.ts';

describe('drift', () => {
  test.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['a']],
    [{ a: 1 }, {}, ['a']],
    [{ a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1 } } }, ['a.b.d']],
    [{ a: { b: 1 } }, { a: 5 }, ['a']],
    [{ a: [1, 2] }, { a: [1, 2] }, []],
    [{ a: [1, 2] }, { a: [2, 1] }, ['a']],
    [{}, { only: 'reported' }, []],
  ])('of %j against %j is %j', (desired, reported, drift) => {
    expect(driftOf(desired, reported)).toEqual(drift);
  });

  test('is empty for a device that reports all that is desired, and more', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (desired, more) => {
          expect(driftOf(desired, { ...more, ...desired })).toEqual([]);
        },
      ),
    );
  });
});

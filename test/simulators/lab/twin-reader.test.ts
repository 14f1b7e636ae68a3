// The twin as the window shows it: sections without metadata, and what differs between desired and reported.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { driftOf, twinView } from '../../../simulators/lab/twin-reader.ts';

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

test('a twin reads as values, versions and times of change', () => {
  const at = { $lastUpdated: '2026-01-01T00:00:00.0000000Z' };
  expect(
    twinView({
      etag: 'AAAAAAAAAAE=',
      version: 5,
      tags: { site: 'north' },
      properties: {
        desired: { interval: 5, $metadata: { ...at, interval: at }, $version: 3 },
        reported: {
          iothubDM: { reboot: { lastReboot: 'x' } },
          $metadata: { ...at, iothubDM: { ...at, reboot: at } },
          $version: 2,
        },
      },
    }),
  ).toEqual({
    etag: 'AAAAAAAAAAE=',
    version: 5,
    tags: { site: 'north' },
    desired: { interval: 5 },
    desiredVersion: 3,
    reported: { iothubDM: { reboot: { lastReboot: 'x' } } },
    reportedVersion: 2,
    drift: ['interval'],
    changed: {
      desired: { interval: at.$lastUpdated },
      reported: { iothubDM: at.$lastUpdated, 'iothubDM.reboot': at.$lastUpdated },
    },
  });
});

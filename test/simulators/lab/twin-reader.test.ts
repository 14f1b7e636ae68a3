// The twin as the window shows it: sections without metadata, their versions and times of change.
import { expect, test } from 'vitest';
import { twinView } from '../../../simulators/lab/twin-reader.ts';

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

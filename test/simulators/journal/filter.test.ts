// The traffic filter: words and terms, wildcards and negation, each against one row.
import { describe, expect, test } from 'vitest';
import { parseFilter } from '../../../simulators/journal/filter.ts';
import { deviceId, faultName } from '../../../simulators/vocabulary/ids.ts';
import type { TrafficRow } from '../../../simulators/vocabulary/views.ts';

const row: TrafficRow = {
  id: 1,
  at: 0,
  kind: 'method',
  device: deviceId('th-0123'),
  name: 'reboot',
  pending: false,
  httpStatus: 504,
  deviceStatus: 200,
  error: 'GatewayTimeout',
  bytes: 12_000,
  faults: [faultName('slow')],
  hints: 1,
};

describe('a filter', () => {
  test.each([
    ['', true],
    ['reboot', true],
    ['REBOOT', true],
    ['-reboot', false],
    ['th-01', true],
    ['device:th-01*', true],
    ['device:th-01', false],
    ['device:TH-0123', true],
    ['status:504', true],
    ['status:5*', true],
    ['status:200', false],
    ['device-status:200', true],
    ['-method:ping', true],
    ['method:re*t', true],
    ['kind:twin', false],
    ['error:gatewaytimeout', true],
    ['fault:slow', true],
    ['fault:dead', false],
    ['larger-than:10k', true],
    ['larger-than:12000', false],
    ['is:failed', true],
    ['is:pending', false],
    ['is:faulted is:hinted', true],
    ['device:th-01* status:504 -method:ping', true],
    ['device:th-01* status:200', false],
    ['unknown:key', false],
  ])('%j matches: %s', (filter, matches) => {
    expect(parseFilter(filter)(row)).toBe(matches);
  });

  test.each(['is:nonsense', 'larger-than:big'])('%j is refused with the term in the sentence', (filter) => {
    expect(() => parseFilter(filter)).toThrow(filter);
  });
});

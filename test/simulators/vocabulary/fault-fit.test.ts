// A schedule that a kind of fault cannot obey is refused, and the error names the field; all others are taken.
import { describe, expect, test } from 'vitest';
import { holdWhen } from '../../../simulators/vocabulary/fault-fit.ts';
import {
  type FaultSettingsInput,
  type FaultSpecInput,
  faultSpecSchema,
} from '../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';

const hold = (settings: FaultSettingsInput, when: FaultSpecInput['when']) => () =>
  holdWhen(faultSpecSchema.parse({ name: faultName('f'), settings, when }));
const delay = { kind: 'fixed', ms: 1 } as const;
const rebooted = { after: { event: 'rebooted', lasting: 1_000 } } as const;

describe('hub.throttle', () => {
  const throttle: FaultSettingsInput = { kind: 'hub.throttle', tier: 'S1' };

  test.each([
    ['probability', { probability: 0.5 }],
    ['every', { every: 2 }],
    ['first', { first: 3 }],
  ])('has no turns: %s is refused', (field, when) => {
    expect(hold(throttle, when)).toThrow(`when.${field}: hub.throttle has no turns to count`);
    expect(hold({ kind: 'hub.error' }, when)).not.toThrow();
  });

  test.each([
    {},
    { from: 1_000, until: 2_000 },
    { after: { event: 'called', method: 'reboot', lasting: 1_000 } },
  ] as const)('has times: %j is taken', (when) => {
    expect(hold(throttle, when)).not.toThrow();
  });
});

test.each([
  { kind: 'hub.error' },
  { kind: 'hub.throttle', tier: 'S1' },
  { kind: 'twin.report-lost' },
  { kind: 'reply.late', by: delay },
] as const)('$kind strikes in the hub, which sees no reboots', (settings) => {
  expect(hold(settings, rebooted)).toThrow(`when.after.event: ${settings.kind} strikes in the hub`);
});

test.each([{ kind: 'twin.wrong-version' }, { kind: 'reply.delay', delay }, { kind: 'link.half-open' }] as const)(
  '$kind strikes on the device, which does',
  (settings) => {
    expect(hold(settings, rebooted)).not.toThrow();
  },
);

test('only a call has a method', () => {
  const after = { method: 'reboot', lasting: 1_000 } as const;
  expect(hold({ kind: 'reply.never' }, { after: { ...after, event: 'connected' } })).toThrow(
    "when.after.method: reply.never does not know the method of 'connected'",
  );
  expect(hold({ kind: 'reply.never' }, { after: { ...after, event: 'called' } })).not.toThrow();
});

// The link's state table row by row, and the wait before another try as a property.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LinkInput, moves, reconnectWait, step } from '../../../simulators/devices/link.ts';
import { seeded } from '../../../simulators/random/random.ts';
import type { LinkState } from '../../../simulators/vocabulary/facts.ts';

const inputs: readonly LinkInput[] = [
  'start',
  'due',
  'accepted',
  'refused',
  'lost',
  'gaveUp',
  'renew',
  'reboot',
  'woken',
  'stop',
];
// Written out a second time on purpose: the table and this list must be changed together.
const rows: Record<LinkState, Partial<Record<LinkInput, LinkState>>> = {
  off: { start: 'waiting' },
  waiting: { due: 'connecting', reboot: 'dark', stop: 'off' },
  connecting: {
    accepted: 'online',
    refused: 'waiting',
    lost: 'waiting',
    gaveUp: 'failed',
    reboot: 'dark',
    stop: 'off',
  },
  online: {
    refused: 'waiting',
    lost: 'waiting',
    gaveUp: 'failed',
    renew: 'connecting',
    reboot: 'dark',
    stop: 'off',
  },
  dark: { woken: 'connecting', stop: 'off' },
  failed: { start: 'waiting', reboot: 'dark', stop: 'off' },
};

describe.each(Object.keys(rows) as LinkState[])('from %s', (state) => {
  test.each(inputs)('%s', (input) => {
    expect(step(state, input)).toBe(rows[state][input] ?? state);
  });
});

test('stop leads to off from everywhere, and from off only start leads away', () => {
  const states = Object.keys(moves) as LinkState[];
  expect(states.map((state) => step(state, 'stop'))).toEqual(states.map(() => 'off'));
  expect(inputs.filter((input) => step('off', input) !== 'off')).toEqual(['start']);
});

const policy = fc.record({
  kind: fc.constant('backoff' as const),
  first: fc.integer({ min: 0, max: 60_000 }),
  most: fc.integer({ min: 0, max: 3_600_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('a wait is whole, never above the most, and never shorter than its undrawn share', () => {
  fc.assert(
    fc.property(policy, fc.nat(5_000), fc.integer(), (backoff, attempt, seed) => {
      const wait = reconnectWait(backoff, attempt, seeded(seed)) ?? Number.NaN;
      const whole = Math.min(backoff.most, backoff.first * 2 ** Math.min(attempt, 30));
      expect(Number.isInteger(wait)).toBe(true);
      expect(wait).toBeLessThanOrEqual(Math.round(whole));
      expect(wait).toBeGreaterThanOrEqual(Math.round(whole * (1 - backoff.jitter)) - 1);
    }),
    { numRuns: 1_000 },
  );
});

test('without jitter waits double up to the most', () => {
  const backoff = { kind: 'backoff', first: 500, most: 30_000, jitter: 0 } as const;
  const waits = Array.from({ length: 9 }, (_, attempt) => reconnectWait(backoff, attempt, seeded(1)));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('with jitter 0.5 a fleet that fell at once comes back spread over half the wait', () => {
  const backoff = { kind: 'backoff', first: 1_000, most: 30_000, jitter: 0.5 } as const;
  const waits = Array.from(
    { length: 1_000 },
    (_, index) => reconnectWait(backoff, 0, seeded(1).fork(`d${index}`)) ?? 0,
  );
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
  expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
  const tenths = new Map<number, number>();
  for (const wait of waits) {
    const tenth = Math.min(9, Math.floor(wait / 100));
    tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
  }
  expect([...tenths.keys()].sort()).toEqual([5, 6, 7, 8, 9]);
  for (const fifth of tenths.values()) expect(Math.abs(fifth - 200)).toBeLessThan(60);
});

test('the policy none gives up', () => {
  expect(reconnectWait({ kind: 'none' }, 0, seeded(1))).toBeUndefined();
});

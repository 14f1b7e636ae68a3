// The numbers of the status bar, against facts with known times.
import { describe, expect, test } from 'vitest';
import { Durations, RecentDurations } from '../../../simulators/metrics/durations.ts';
import { Metrics } from '../../../simulators/metrics/metrics.ts';
import type { InvocationEnded } from '../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';

const ended = (at: number, duration: number, httpStatus = 200): InvocationEnded => ({
  type: 'invocation.ended',
  at,
  begunAt: at - duration,
  ...(httpStatus === 200 ? { answeredAt: at } : {}),
  device: deviceId('d'),
  call: at,
  method: 'm',
  httpStatus,
  responseTimeout: 30_000,
  connectTimeout: 0,
  request: { text: '', bytes: 0 },
});

describe('metrics', () => {
  test('have no percentiles before the first answered call', () => {
    expect(new Metrics().percentiles(1_000)).toEqual({ p50: null, p95: null, p99: null });
  });

  test('take percentiles from answered calls only', () => {
    const metrics = new Metrics();
    for (let call = 1; call <= 100; call++) metrics.record(ended(10_000 + call, call));
    metrics.record(ended(10_200, 5_000, 504));
    const { p50, p95, p99 } = metrics.percentiles(10_300);
    expect([p50, p95, p99].map((value) => Math.round(value ?? 0))).toEqual([50, 95, 99]);
    expect([metrics.calls, metrics.failures]).toEqual([101, 1]);
  });

  test('count the calls of one second', () => {
    const metrics = new Metrics();
    for (let at = 5_000; at < 8_000; at += 10) metrics.record(ended(at, 1));
    expect(metrics.callsPerSecond(8_000)).toBe(100);
    expect(metrics.callsPerSecond(8_600)).toBe(50);
    expect(metrics.callsPerSecond(20_000)).toBe(0);
  });
});

describe('durations', () => {
  test('forget what is more than a minute old', () => {
    const recent = new RecentDurations();
    recent.record(1_000, 900);
    recent.record(58_000, 10);
    expect(recent.percentiles(58_000).p99).toBeCloseTo(900, -1);
    expect(recent.percentiles(100_000).p99).toBeCloseTo(10, 0);
    expect(recent.percentiles(200_000).p99).toBeNull();
  });

  test('are exact to three digits from a microsecond to two timeouts', () => {
    for (const duration of [0.001, 0.123, 12.3, 4_560, 600_000]) {
      const one = new Durations();
      one.record(duration);
      expect((one.percentiles().p50 ?? 0) / duration).toBeCloseTo(1, 2);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figureOf, median } from '../../bench/report/figures.ts';
import { jsonOf, machineOf, tableOf } from '../../bench/report/report.ts';

const rate = {
  name: 'invocations.rate',
  unit: 'calls/s',
  ours: [18_000, 17_000, 9_000],
  reference: [25_000, 20_000, 26_000],
} as const;

describe('figures', () => {
  test('a figure is the median of ours beside the median of the reference', () => {
    expect(figureOf({ ...rate, goal: { of: 'ratio', at: 'least', bound: 0.65 } })).toEqual({
      name: 'invocations.rate',
      value: 17_000,
      unit: 'calls/s',
      reference: 25_000,
      ratio: 0.68,
      goal: 'ratio >= 0.65',
      holds: true,
    });
  });

  test('a ratio above an upper bound does not hold, one on the bound does', () => {
    const judged = (bound: number) => figureOf({ ...rate, goal: { of: 'ratio', at: 'most', bound } }).holds;
    expect([judged(0.67), judged(0.68)]).toEqual([false, true]);
  });

  test('a goal on the value itself needs no reference, and a figure without a goal is not judged', () => {
    const seconds = { name: 'fleet.online', unit: 's', ours: [16] };
    expect(figureOf({ ...seconds, goal: { of: 'value', at: 'most', bound: 15 } })).toMatchObject({
      reference: null,
      ratio: null,
      goal: 'value <= 15',
      holds: false,
    });
    expect(figureOf(seconds)).toMatchObject({ goal: null, holds: null });
  });

  test('the median lies between least and most, whatever the order, and half of the values on each side', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 20 }), (values) => {
        const middle = median(values);
        expect(median([...values].reverse())).toBe(middle);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
    expect(() => median([])).toThrow('no run gave a value');
  });

  test('scripts get machine and figures as one line of JSON, people a table that says what was missed', () => {
    const machine = machineOf(3, new Date('2026-01-02T03:04:05Z'));
    const figures = [
      figureOf({ ...rate, goal: { of: 'ratio', at: 'least', bound: 0.9 } }),
      figureOf({ name: 'fleet.online', unit: 's', ours: [4] }),
    ];
    const text = jsonOf(machine, figures);
    expect(text).not.toContain('\n');
    expect(JSON.parse(text)).toEqual({ machine, figures });
    expect(machine).toMatchObject({ runs: 3, date: '2026-01-02', node: process.version });
    expect(tableOf(machine, figures)).toMatch(
      /invocations\.rate {2}17,000 calls\/s {2}25,000 calls\/s {3}0\.68 {2}ratio >= 0\.9 {2}MISSED\n/,
    );
  });
});

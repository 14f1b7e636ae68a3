// Rows that live through several facts: one row a cloud-to-device message and a job, pending until it ends, its time told apart.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../simulators/journal/journal.ts';
import type { Fact, MessageOutcome } from '../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';

const device = deviceId('pump-1');
const everything = { filter: '', limit: 1_000 };
const queued = (sequence: number, at: number): Fact => ({
  ...{ type: 'message.queued', at, device, sequence, messageId: `m-${sequence}` },
  body: { text: '{"on":true}', bytes: 11 },
  properties: { 'content-type': 'application/json', level: 'high' },
});
const delivered = (sequence: number, at: number, deliveryCount = 1): Fact => ({
  ...{ type: 'message.delivered', at, device, sequence, deliveryCount },
});
const settled = (sequence: number, at: number, outcome: MessageOutcome): Fact => ({
  ...{ type: 'message.settled', at, device, sequence, outcome },
});
const rowsOf = (...facts: readonly Fact[]) => {
  const journal = new Journal();
  for (const fact of facts) journal.record(fact);
  return { journal, rows: journal.view(everything).rows };
};

describe('a cloud-to-device message', () => {
  test('is one row, pending until the device settles it, with the time it waited and the time it was in hand', () => {
    expect(rowsOf(queued(1, 100)).rows).toMatchObject([
      { kind: 'c2d', pending: true, bytes: 11, detail: 'no. 1, m-1, waiting' },
    ]);
    expect(rowsOf(queued(1, 100), delivered(1, 130)).rows).toMatchObject([{ pending: true }]);
    const { journal, rows } = rowsOf(queued(1, 100), delivered(1, 130), settled(1, 190, 'completed'));
    expect(rows).toMatchObject([
      {
        pending: false,
        outcome: 'completed',
        detail: 'no. 1, m-1',
        duration: 90,
        legs: { hub: 30, toDevice: 0, inDevice: 60, back: 0 },
      },
    ]);
    expect(rows[0]?.error).toBeUndefined();
    expect(journal.detail(rows[0]?.id ?? 0)).toMatchObject({
      request: { text: '{"on":true}' },
      properties: { level: 'high' },
      moments: [
        { name: 'queued in the hub', at: 100 },
        { name: 'delivered to the device', at: 130 },
        { name: 'completed by the device', at: 190 },
      ],
    });
  });

  test('waits again when it was abandoned, and ends when the hub gives it up', () => {
    const facts = [queued(1, 0), delivered(1, 10), settled(1, 15, 'abandoned')];
    expect(rowsOf(...facts).rows).toMatchObject([{ pending: true, outcome: 'abandoned' }]);
    const { journal, rows } = rowsOf(...facts, delivered(1, 40, 2), settled(1, 50, 'delivery-count'));
    expect(rows).toMatchObject([
      {
        pending: false,
        outcome: 'delivery-count',
        error: 'delivery-count',
        detail: 'no. 1, m-1, 2 deliveries',
        legs: { hub: 35, inDevice: 15 },
      },
    ]);
    expect(journal.detail(rows[0]?.id ?? 0)?.explanation?.fix).toContain('abandoning');
  });

  test.each(['rejected', 'expired', 'purged'] as const)('that was %s is a failure with cause and fix', (outcome) => {
    const { journal, rows } = rowsOf(queued(1, 0), settled(1, 50, outcome));
    expect(rows).toMatchObject([{ pending: false, outcome, error: outcome, duration: 50 }]);
    expect(journal.detail(rows[0]?.id ?? 0)?.explanation?.cause).toBeTruthy();
    expect(journal.view({ filter: `is:failed outcome:${outcome}`, limit: 10 }).matching).toBe(1);
  });

  test('ends with its identity, a module with its device', () => {
    const camera = deviceId('pump-1/camera');
    const { rows } = rowsOf(queued(1, 0), { ...queued(2, 0), device: camera } as Fact, {
      ...{ type: 'identity.changed', at: 30, device, change: 'deleted' },
    });
    expect(rows).toMatchObject([
      { pending: false, error: 'deleted' },
      { pending: false, error: 'deleted' },
    ]);
  });

  test('whose beginning is not known is a row all the same', () => {
    expect(rowsOf(settled(9, 50, 'completed')).rows).toMatchObject([{ pending: false, outcome: 'completed' }]);
  });

  test('is never two rows, and its legs add up to its duration, whatever is delivered and given back', () => {
    const step = fc.tuple(fc.nat(100), fc.constantFrom('deliver' as const, 'abandon' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let at = 0;
        const facts = steps.map(([pause, what], place): Fact => {
          at += pause;
          return what === 'deliver' ? delivered(1, at, place + 1) : settled(1, at, 'abandoned');
        });
        const { rows } = rowsOf(queued(1, 0), ...facts, settled(1, at + 7, 'completed'));
        expect(rows).toHaveLength(1);
        const { hub, inDevice } = rows[0]?.legs ?? { hub: -1, inDevice: -1 };
        expect(Math.min(hub, inDevice)).toBeGreaterThanOrEqual(0);
        expect(hub + inDevice).toBe(at + 7);
      }),
    );
  });

  test('that was forgotten while it waited begins a row of its own when it is settled', () => {
    const journal = new Journal({ most: 2, mostBytes: 1e9 });
    for (const sequence of [1, 2, 3]) journal.record(queued(sequence, sequence));
    journal.record(settled(1, 10, 'completed'));
    expect(journal.view(everything).rows).toMatchObject([
      { at: 3, pending: true },
      { at: 10, pending: false, outcome: 'completed' },
    ]);
  });
});

describe('a job', () => {
  test('is one row from its schedule to its end', () => {
    const change = (at: number, status: 'scheduled' | 'running' | 'completed', detail?: string): Fact => ({
      ...{ type: 'job.changed', at, job: 'nightly', status },
      ...(detail === undefined ? {} : { detail }),
    });
    const begun = [change(0, 'scheduled'), change(20, 'running', '12 devices')];
    expect(rowsOf(...begun).rows).toMatchObject([
      { kind: 'job', name: 'nightly', pending: true, detail: 'running: 12 devices' },
    ]);
    const { rows } = rowsOf(...begun, change(50, 'completed', '12 of 12 devices succeeded, 0 failed'));
    expect(rows).toMatchObject([{ pending: false, duration: 50, legs: { hub: 20, inDevice: 30 } }]);
  });
});

describe('telemetry', () => {
  test('shows the beginning of its body, and its properties in the detail', () => {
    const { journal, rows } = rowsOf({
      ...{ type: 'message.received', at: 1, device, body: { text: '{"t":21}', bytes: 8 } },
      properties: { alert: 'no' },
    });
    expect(rows).toMatchObject([{ kind: 'telemetry', name: 'telemetry', detail: '{"t":21}', pending: false }]);
    expect(journal.detail(rows[0]?.id ?? 0)?.properties).toEqual({ alert: 'no' });
    expect(journal.view({ filter: 'kind:message', limit: 1 }).matching).toBe(1);
    expect(journal.view({ filter: 'kind:c2d', limit: 1 }).matching).toBe(0);
  });
});

describe('a hint about a call', () => {
  const call = {
    ...{ device, call: 4, method: 'reboot', responseTimeout: 30_000, connectTimeout: 0 },
    request: { text: 'null', bytes: 4 },
  };
  const hint: Fact = { type: 'hint.given', at: 5, device, call: 4, text: 'timeoutInSeconds is ignored' };

  test('stands beside its row though the call crosses as its end alone, behind it', () => {
    const ended: Fact = { type: 'invocation.ended', at: 9, begunAt: 5, httpStatus: 200, deviceStatus: 200, ...call };
    const { journal, rows } = rowsOf(hint, ended);
    expect(rows).toMatchObject([{ kind: 'method', hints: 1 }]);
    expect(journal.detail(rows[0]?.id ?? 0)?.hints).toEqual(['timeoutInSeconds is ignored']);
  });

  test('whose call never comes is told by itself in the end', () => {
    const journal = new Journal();
    for (let number = 1; number <= 1_001; number++) journal.record({ ...hint, call: number } as Fact);
    expect(journal.view(everything).rows).toMatchObject([{ kind: 'hint', detail: 'timeoutInSeconds is ignored' }]);
  });
});

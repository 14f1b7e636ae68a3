// The journal: one row an invocation whatever order its facts come in, legs that add up, bounds that are counted.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../simulators/journal/journal.ts';
import type { Fact, InvocationEnded } from '../../../simulators/vocabulary/facts.ts';
import { deviceId, faultName, requestId } from '../../../simulators/vocabulary/ids.ts';

const device = deviceId('pump-1');
const everything = { filter: '', limit: 1_000 };

function callFacts(call: number, at = 1_000): { begun: Fact; handled: Fact; ended: InvocationEnded } {
  const rid = requestId(call.toString(16));
  const common = {
    device,
    call,
    rid,
    method: 'reboot',
    responseTimeout: 30_000,
    connectTimeout: 0,
    request: { text: 'null', bytes: 4 },
  };
  return {
    begun: { type: 'invocation.begun', at, ...common },
    handled: {
      type: 'method.handled',
      at: at + 8,
      device,
      rid,
      method: 'reboot',
      receivedAt: at + 3,
      outcome: 'answered',
      status: 200,
      touches: [{ fault: faultName('slow'), leg: 'inDevice', held: 5 }],
    },
    ended: {
      type: 'invocation.ended',
      at: at + 10,
      ...common,
      begunAt: at,
      sentAt: at + 1,
      answeredAt: at + 9,
      httpStatus: 200,
      deviceStatus: 200,
      response: { text: '"done"', bytes: 6 },
    },
  };
}

describe('an answer that was dropped', () => {
  const dropped = (rid: string): Fact => ({
    ...{ type: 'answer.dropped', at: 1_500, device, rid, deviceStatus: 200, why: 'late' },
  });
  test.each([
    ['had been answered already', callFacts(1).ended],
    ['answered after its deadline', { ...callFacts(1).ended, httpStatus: 504, error: 'GatewayTimeout' }],
  ])('is told as one to a request that %s', (words, ended) => {
    const journal = new Journal();
    journal.record(ended);
    journal.record(dropped('1'));
    expect(journal.view(everything).rows.at(-1)?.detail).toBe(`rid 1 ${words}`);
  });
});

describe('one invocation', () => {
  test('is one row, pending until it ends', () => {
    const journal = new Journal();
    const { begun, ended } = callFacts(1);
    journal.record(begun);
    expect(journal.view(everything).rows).toMatchObject([{ pending: true, name: 'reboot' }]);
    journal.record(ended);
    expect(journal.view(everything).rows).toMatchObject([
      { pending: false, httpStatus: 200, deviceStatus: 200, duration: 10, bytes: 10 },
    ]);
  });

  test('reads the same in whatever order the threads deliver its facts', () => {
    const { begun, handled, ended } = callFacts(7);
    const orders = [
      [begun, handled, ended],
      [handled, begun, ended],
      [begun, ended, handled],
      [handled, ended],
      [ended, handled],
    ];
    const rows = orders.map((facts) => {
      const journal = new Journal();
      for (const fact of facts) journal.record(fact);
      return journal.view(everything).rows;
    });
    for (const each of rows) expect(each).toEqual(rows[0]);
    expect(rows[0]).toMatchObject([{ legs: { hub: 1, toDevice: 2, inDevice: 5, back: 2 }, faults: ['slow'] }]);
  });

  test('has legs that are never negative and add up to its duration', () => {
    const moment = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(
        moment,
        moment,
        moment,
        moment,
        moment,
        fc.constantFrom('answered', 'silent', 'lost'),
        (a, b, c, d, e, outcome) => {
          const facts = callFacts(1, 0);
          const [begunAt, sentAt, answeredAt, at] = [a, b, c, d].sort((one, other) => one - other) as [
            number,
            number,
            number,
            number,
          ];
          const journal = new Journal();
          journal.record({ ...facts.ended, begunAt, sentAt, answeredAt, at });
          journal.record({
            ...(facts.handled as Extract<Fact, { type: 'method.handled' }>),
            receivedAt: e,
            at: e + 5,
            outcome: outcome as 'answered',
          });
          const [row] = journal.view(everything).rows;
          const legs = row?.legs ?? { hub: -1, toDevice: -1, inDevice: -1, back: -1 };
          expect(Math.min(legs.hub, legs.toDevice, legs.inDevice, legs.back)).toBeGreaterThanOrEqual(0);
          expect(legs.hub + legs.toDevice + legs.inDevice + legs.back).toBe(at - begunAt);
        },
      ),
    );
  });

  test('tells its whole story in the detail, with cause and fix when it failed', () => {
    const journal = new Journal();
    const { begun, ended } = callFacts(1);
    const { deviceStatus: _, response: __, answeredAt: ___, ...unanswered } = ended;
    journal.record(begun);
    journal.record({ type: 'hint.given', at: 1_001, device, call: 1, text: 'timeoutInSeconds is ignored' });
    journal.record({ ...unanswered, httpStatus: 504, error: 'GatewayTimeout' });
    const [row] = journal.view(everything).rows;
    const detail = journal.detail(row?.id ?? 0);
    expect(detail).toMatchObject({
      rid: '1',
      hints: ['timeoutInSeconds is ignored'],
      request: { text: 'null' },
      responseTimeout: 30_000,
    });
    expect(detail?.explanation?.cause).toContain('answers nothing');
    expect(detail?.moments.map((moment) => moment.name)).toEqual(['asked', 'sent to the device', 'ended']);
  });
});

describe('its bounds', () => {
  test('keep the newest rows and count what was forgotten', () => {
    const journal = new Journal({ most: 100, mostBytes: 1e9 });
    for (let call = 1; call <= 250; call++) journal.record(callFacts(call, call * 20).ended);
    const view = journal.view(everything);
    expect([journal.size, journal.forgotten, view.matching, view.forgotten]).toEqual([100, 150, 100, 150]);
    expect(view.rows.at(-1)?.at).toBe(5_000);
    expect(journal.detail(view.rows[0]?.id ?? 0)?.row.at).toBe(3_020);
    expect(journal.detail(1)).toBeNull();
  });

  test('hold the bytes of requests and responses down as well', () => {
    const journal = new Journal({ most: 1_000, mostBytes: 10_000 });
    for (let call = 1; call <= 50; call++) {
      journal.record({ ...callFacts(call).ended, response: { text: 'x'.repeat(1_000), bytes: 1_000 } });
    }
    expect(journal.size).toBeLessThanOrEqual(10);
    expect(journal.size + journal.forgotten).toBe(50);
  });

  test('never lose count, whatever is recorded, forgotten and cleared', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant('call'), fc.constant('link'), fc.constant('clear')), { maxLength: 400 }),
        (steps) => {
          const journal = new Journal({ most: 20, mostBytes: 1e9 });
          let recorded = 0;
          steps.forEach((step, number) => {
            if (step === 'clear') {
              journal.clear();
              recorded = 0;
            } else {
              recorded += 1;
              journal.record(
                step === 'call'
                  ? callFacts(number + 1).ended
                  : { type: 'device.connected', at: number, device, protocol: 'mqtt', tls: false },
              );
            }
            expect(journal.size + journal.forgotten).toBe(recorded);
            for (const row of journal.view(everything).rows) expect(journal.detail(row.id)?.row).toBe(row);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  test('show facts that were shed between threads', () => {
    const journal = new Journal();
    journal.record({ type: 'facts.shed', at: 1, source: 'hub', count: 12 });
    expect([journal.shed, journal.size]).toEqual([12, 0]);
  });
});

describe('a view', () => {
  test('stays put with upTo while newer rows come in', () => {
    const journal = new Journal();
    for (let call = 1; call <= 5; call++) journal.record(callFacts(call, call).ended);
    const last = journal.view(everything).rows.at(-1)?.id ?? 0;
    journal.record(callFacts(6, 6).ended);
    expect(journal.view({ ...everything, upTo: last }).rows).toHaveLength(5);
  });

  test('orders rows by time though the threads deliver them out of order', () => {
    const journal = new Journal();
    journal.record({ type: 'device.disconnected', at: 20, device, reason: 'lost' });
    journal.record({ type: 'link.changed', at: 10, device, state: 'dark', detail: 'rebooting' });
    expect(journal.view(everything).rows.map((row) => row.name)).toEqual(['dark', 'disconnected']);
  });

  test('shows everything and says what is wrong when the filter cannot be read', () => {
    const journal = new Journal();
    journal.record(callFacts(1).ended);
    expect(journal.view({ filter: 'is:nonsense', limit: 10 })).toMatchObject({
      matching: 1,
      problem: expect.stringContaining('is:nonsense'),
    });
  });
});

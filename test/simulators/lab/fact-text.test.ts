// Facts between threads: whatever is written is read again, whole microseconds included.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFacts, writeFacts } from '../../../simulators/lab/workers/fact-text.ts';
import type { Fact } from '../../../simulators/vocabulary/facts.ts';
import { deviceId, type FaultName, requestId } from '../../../simulators/vocabulary/ids.ts';

/** As the real clock tells it: milliseconds since 1970 with three decimals. */
const instant = fc.integer({ min: 1, max: 4e15 }).map((micros) => micros / 1_000);
const device = fc.string({ minLength: 1 }).map(deviceId);
const rid = fc.nat().map((number) => requestId(number.toString(16)));
const piece = fc.record({ text: fc.string({ unit: 'grapheme' }), bytes: fc.nat() });
const common = { at: instant, device, method: fc.string() };
const asked = { call: fc.nat(), begunAt: instant, responseTimeout: fc.nat(), connectTimeout: fc.nat(), request: piece };

const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({
    ...{
      type: fc.constant('invocation.ended' as const),
      ...common,
      ...asked,
      rid,
      sentAt: instant,
      answeredAt: instant,
    },
    ...{ httpStatus: fc.constant(200), deviceStatus: fc.integer(), response: piece },
  }),
  fc.record(
    {
      ...{ type: fc.constant('invocation.ended' as const), ...common, ...asked, rid, sentAt: instant },
      ...{ httpStatus: fc.constantFrom(404, 504), error: fc.string() },
    },
    { requiredKeys: ['type', 'at', 'device', 'method', 'call', 'begunAt', 'httpStatus', 'error'] },
  ) as fc.Arbitrary<Fact>,
  fc.record(
    {
      ...{ type: fc.constant('method.handled' as const), ...common, rid, receivedAt: instant },
      outcome: fc.constantFrom('answered' as const, 'silent' as const, 'lost' as const),
      touches: fc.array(
        fc.record({ fault: fc.string().map((name) => name as FaultName), leg: fc.constant('inDevice' as const) }),
      ),
      status: fc.integer(),
    },
    { requiredKeys: ['type', 'at', 'device', 'method', 'rid', 'receivedAt', 'outcome'] },
  ),
  fc.record({ type: fc.constant('twin.fetched' as const), at: instant, device }),
  fc.record({ type: fc.constant('device.failed' as const), at: instant, device, detail: fc.string() }),
);

describe('a batch of facts as text', () => {
  test('is read as it was written', () => {
    fc.assert(fc.property(fc.array(fact), (batch) => void expect(readFacts(writeFacts(batch))).toEqual(batch)));
  });

  test('says an answered call in less than half the letters of its JSON', () => {
    const at = 1_763_700_000_000.123;
    const call: Fact = {
      ...{ type: 'invocation.ended', at, device: deviceId('device-0001'), rid: requestId('1f'), call: 31 },
      ...{
        method: 'reboot',
        begunAt: at - 1.2,
        sentAt: at - 1.1,
        answeredAt: at - 0.1,
        httpStatus: 200,
        deviceStatus: 200,
      },
      ...{ responseTimeout: 30_000, connectTimeout: 0 },
      ...{ request: { text: '{}', bytes: 2 }, response: { text: 'null', bytes: 4 } },
    };
    const batch = Array.from({ length: 100 }, () => call);
    expect(writeFacts(batch).length).toBeLessThan(JSON.stringify(batch).length / 2);
  });
});

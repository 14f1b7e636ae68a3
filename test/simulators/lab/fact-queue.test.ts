// The queue between threads: batches, one fact for a short call, a bound that counts what it sheds.
import { describe, expect, test } from 'vitest';
import { FactQueue } from '../../../simulators/lab/workers/fact-queue.ts';
import type { Fact, InvocationEnded } from '../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const device = deviceId('d');
const common = { device, method: 'm', responseTimeout: 1, connectTimeout: 0, request: { text: '', bytes: 0 } };
const begun = (call: number): Fact => ({ type: 'invocation.begun', at: 0, call, ...common });
const ended = (call: number): InvocationEnded => ({
  type: 'invocation.ended',
  at: 1,
  begunAt: 0,
  call,
  httpStatus: 200,
  ...common,
});
const fetched: Fact = { type: 'twin.fetched', at: 0, device };

function aQueue(most = 1_000) {
  const clock = new VirtualClock();
  const sent: { types: string[]; shed: number }[] = [];
  const queue = new FactQueue({
    clock,
    pause: 50,
    most,
    send: (batch, shed) => sent.push({ types: batch.map((fact) => fact.type), shed }),
  });
  return { clock, queue, sent };
}

describe('a fact queue', () => {
  test('sends what gathered in one pause as one batch', async () => {
    const { clock, queue, sent } = aQueue();
    queue.put(fetched);
    await clock.advance(49);
    queue.put(fetched);
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(sent).toEqual([{ types: ['twin.fetched', 'twin.fetched'], shed: 0 }]);
  });

  test('lets a call that began and ended within a batch cross as its end alone', async () => {
    const { clock, queue, sent } = aQueue();
    queue.put(begun(1));
    queue.put(begun(2));
    queue.put(ended(1));
    await clock.advance(50);
    queue.put(ended(2));
    await clock.advance(50);
    expect(sent.map((batch) => batch.types)).toEqual([['invocation.begun', 'invocation.ended'], ['invocation.ended']]);
  });

  test('holds back while the host has not read, and goes on when it has', async () => {
    const { clock, queue, sent } = aQueue();
    for (let batch = 0; batch < 5; batch++) {
      queue.put(fetched);
      await clock.advance(50);
    }
    expect(sent).toHaveLength(2);
    queue.taken();
    await clock.advance(50);
    expect(sent.map((batch) => batch.types.length)).toEqual([1, 1, 3]);
  });

  test('sheds above its bound and says how many, once', async () => {
    const { clock, queue, sent } = aQueue(10);
    for (let count = 0; count < 25; count++) queue.put(fetched);
    await clock.advance(50);
    queue.put(fetched);
    await clock.advance(50);
    expect(sent.map(({ types, shed }) => [types.length, shed])).toEqual([
      [10, 15],
      [1, 0],
    ]);
  });
});

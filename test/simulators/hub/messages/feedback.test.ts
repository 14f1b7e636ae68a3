import { describe, expect, test, vi } from 'vitest';
import type { Acknowledgement } from '../../../../simulators/hub/messages/messages.ts';
import { minutes, seconds } from '../../../../simulators/vocabulary/units.ts';
import { aQueue, pump } from './a-queue.ts';

type Bench = ReturnType<typeof aQueue>;
const take = ({ messages }: Bench): string => messages.receive(pump)?.lockToken ?? '';

/** What ends a message, with the code the service reads. */
const ends: readonly (readonly [string, (bench: Bench) => unknown])[] = [
  ['Success', (bench) => bench.messages.complete(pump, take(bench))],
  ['Rejected', (bench) => bench.messages.reject(pump, take(bench))],
  ['Purged', ({ messages }) => messages.purge(pump)],
  ['Expired', ({ clock }) => clock.advance(minutes(60))],
  [
    'DeliveryCountExceeded',
    (bench) => {
      for (let count = 0; count < 10; count++) bench.messages.abandon(pump, take(bench));
    },
  ],
];

describe('what the service is told', () => {
  test.each(
    ends.flatMap(([code, end]) =>
      (['none', 'positive', 'negative', 'full'] as const).map(
        (ack) => [code, ack, end] as const satisfies readonly [string, Acknowledgement, unknown],
      ),
    ),
  )('%s of a message that asks for %s', async (code, ack, end) => {
    const bench = aQueue();
    bench.send('x', { messageId: 'm-1', ack });
    await end(bench);
    const at = new Date(bench.clock.now()).toISOString();
    await bench.clock.advance(seconds(15));
    const asked = ack === 'full' || ack === (code === 'Success' ? 'positive' : 'negative');
    expect(bench.messages.feedback.receive()?.records).toEqual(
      asked
        ? [
            {
              originalMessageId: 'm-1',
              enqueuedTimeUtc: at,
              statusCode: code,
              description: expect.stringMatching(/\w/),
              deviceId: 'pump',
              deviceGenerationId: '1',
            },
          ]
        : undefined,
    );
  });
});

describe('batches', () => {
  const settleSome = (bench: Bench, count: number): void => {
    for (let done = 0; done < count; done++) {
      bench.send('x', { messageId: `m-${done}`, ack: 'full' });
      bench.messages.complete(pump, take(bench));
    }
  };

  test('one is ready with 64 records, the rest 15 s after its first', async () => {
    const bench = aQueue();
    const { feedback } = bench.messages;
    let told = 0;
    feedback.observe(() => {
      told += 1;
    });
    settleSome(bench, 63);
    expect([told, feedback.receive()]).toEqual([0, undefined]);
    settleSome(bench, 3);
    expect(told).toBe(1);
    expect(feedback.receive()?.records).toHaveLength(64);
    await bench.clock.advance(seconds(15));
    expect(told).toBe(2);
    expect(feedback.receive()?.records.map(({ originalMessageId }) => originalMessageId)).toEqual(['m-1', 'm-2']);
  });

  test('a lock lasts 60 s; a batch that was given back or whose lock ran out comes again, one completed does not', async () => {
    const bench = aQueue();
    const { feedback } = bench.messages;
    settleSome(bench, 1);
    await bench.clock.advance(seconds(15));
    const first = feedback.receive();
    expect(feedback.receive()).toBeUndefined();
    expect(feedback.abandon(first?.lockToken ?? '')).toBeUndefined();
    const second = feedback.receive();
    expect(second?.records).toEqual(first?.records);
    expect(feedback.complete(first?.lockToken ?? '')?.number).toBe(412002);
    let told = 0;
    const stop = feedback.observe(() => {
      told += 1;
    });
    await bench.clock.advance(seconds(60));
    expect(told).toBe(1);
    stop();
    expect(feedback.complete(second?.lockToken ?? '')?.number).toBe(412002);
    const third = feedback.receive();
    expect(feedback.complete(third?.lockToken ?? '')).toBeUndefined();
    expect([feedback.receive(), bench.store.documents('feedback'), bench.clock.pending]).toEqual([undefined, [], 0]);
  });

  test('a restart keeps records that were not completed', async () => {
    const bench = aQueue();
    settleSome(bench, 66);
    bench.messages.feedback.receive();
    bench.restart();
    expect(bench.messages.feedback.receive()?.records).toHaveLength(64);
    await bench.clock.advance(seconds(15));
    const rest = bench.messages.feedback.receive();
    expect(rest?.records).toHaveLength(2);
    bench.messages.feedback.complete(rest?.lockToken ?? '');
    settleSome(bench, 1);
    bench.restart();
    expect(bench.store.documents('feedback')).toHaveLength(65);
  });

  test('what nobody fetches for an hour is dropped', async () => {
    const bench = aQueue();
    settleSome(bench, 1);
    await bench.clock.advance(minutes(61));
    expect(bench.messages.feedback.receive()).toBeUndefined();
    expect(bench.store.documents('feedback')).toEqual([]);
  });
});

test('a store that cannot be written when old feedback is to go harms nobody, and is asked again', async () => {
  const bench = aQueue();
  const settle = () => {
    bench.send('x', { messageId: 'm', ack: 'full' });
    bench.messages.complete(pump, take(bench));
  };
  settle();
  await bench.clock.advance(minutes(61));
  const drop = vi.spyOn(bench.store, 'dropDocument').mockImplementation((kind, id) => {
    if (kind === 'feedback') throw new Error('disk full');
    Object.getPrototypeOf(bench.store).dropDocument.call(bench.store, kind, id);
  });
  settle();
  await bench.clock.advance(seconds(15));
  expect(bench.messages.count(pump)).toBe(0);
  drop.mockRestore();
  expect(bench.messages.feedback.receive()?.records).toHaveLength(1);
  expect(bench.store.documents('feedback')).toHaveLength(1);
});

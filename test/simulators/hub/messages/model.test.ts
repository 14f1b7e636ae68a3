// Random lives of a queue against a plain model of it: nothing is lost, nothing comes twice but after its lock ran out or it was given back, and
// the order holds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delivery } from '../../../../simulators/hub/messages/messages.ts';
import { minutes, seconds } from '../../../../simulators/vocabulary/units.ts';
import { aQueue, pump } from './a-queue.ts';

interface Expected {
  readonly sequence: number;
  readonly expiresAt: number;
  abandoned: number;
  lock?: { readonly token: string; readonly until: number } | undefined;
}

type Step =
  | { readonly do: 'send'; readonly live: number | undefined }
  | { readonly do: 'receive' }
  | { readonly do: 'settle'; readonly how: 'complete' | 'reject' | 'abandon' | 'release'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'purge' }
  | { readonly do: 'restart' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        live: fc.option(fc.integer({ min: 1_000, max: 200_000 }), { nil: undefined }),
      }),
    },
    { weight: 6, arbitrary: fc.constant({ do: 'receive' as const }) },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        how: fc.constantFrom(
          'complete' as const,
          'reject' as const,
          'abandon' as const,
          'abandon' as const,
          'release' as const,
        ),
        which: fc.nat({ max: 5 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(1, seconds(30), seconds(59), seconds(60), minutes(59)),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'purge' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
  ),
  { maxLength: 80 },
);

test('any life of a queue is that of the model', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const bench = aQueue();
      const { clock } = bench;
      let queue: Expected[] = [];
      /** Newest first; most are stale, and must not settle anything. */
      const tokens: string[] = [];
      const ended = new Map<number, string>();
      let sent = 0;
      const held = ({ lock }: Expected): boolean => lock !== undefined && lock.until > clock.now();
      const end = (message: Expected, outcome: string): void => {
        queue = queue.filter((other) => other !== message);
        ended.set(message.sequence, outcome);
      };
      const expire = (): void => {
        for (const message of queue) if (!held(message) && message.expiresAt <= clock.now()) end(message, 'expired');
      };

      for (const step of life) {
        if (step.do === 'send') {
          const expiresAt = step.live === undefined ? undefined : clock.now() + step.live;
          const refusal = bench.send('x', expiresAt === undefined ? {} : { expiresAt });
          expect(refusal?.number).toBe(queue.length >= 50 ? 403004 : undefined);
          if (refusal !== undefined) continue;
          sent += 1;
          queue.push({ sequence: sent, expiresAt: expiresAt ?? clock.now() + minutes(60), abandoned: 0 });
        } else if (step.do === 'receive') {
          const delivery: Delivery | undefined = bench.messages.receive(pump);
          const next = queue.find((message) => !held(message));
          expect([delivery?.sequence, delivery?.deliveryCount]).toEqual([next?.sequence, next && next.abandoned + 1]);
          if (next === undefined || delivery === undefined) continue;
          next.lock = { token: delivery.lockToken, until: clock.now() + seconds(60) };
          tokens.unshift(delivery.lockToken);
        } else if (step.do === 'settle') {
          const token = tokens[step.which] ?? 'none';
          const message = queue.find((one) => one.lock?.token === token && held(one));
          const outcome = bench.messages[step.how](pump, token);
          if (step.how !== 'release') expect(outcome?.number).toBe(message === undefined ? 412002 : undefined);
          if (message === undefined) continue;
          message.lock = undefined;
          if (step.how === 'complete') end(message, 'completed');
          else if (step.how === 'reject') end(message, 'rejected');
          else if (step.how === 'abandon') {
            message.abandoned += 1;
            if (message.abandoned === 10) end(message, 'delivery-count');
          }
          expire();
        } else if (step.do === 'wait') {
          await clock.advance(step.ms);
          expire();
        } else if (step.do === 'purge') {
          expect(bench.messages.purge(pump)).toBe(queue.length);
          for (const message of queue) end(message, 'purged');
        } else {
          bench.restart();
          for (const message of queue) message.lock = undefined;
          await clock.advance(1);
          expire();
        }
        expect(bench.messages.count(pump)).toBe(queue.length);
        expect(bench.store.documents('message').map(({ id }) => Number(id))).toEqual(
          queue.map(({ sequence }) => sequence),
        );
      }
    }),
    { numRuns: 300 },
  );
});

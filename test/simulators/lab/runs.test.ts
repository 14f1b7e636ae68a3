// Runs: calls in flight are bounded, results stay, nothing is counted twice, cancelling stops at once.
import { describe, expect, test } from 'vitest';
import type { Invoker, MethodCall, MethodResult } from '../../../simulators/invoker/invoker.ts';
import { Runs } from '../../../simulators/lab/runs.ts';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import type { HubFact } from '../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const request = {
  target: { kind: 'all' },
  method: 'ping',
  payload: '',
  responseTimeout: 30,
  connectTimeout: 0,
  concurrency: 4,
} as const;
const devices = Array.from({ length: 10 }, (_, index) => deviceId(`d-${index}`));

/** An invoker whose every call waits until the test answers it. */
function aSlowInvoker() {
  const waiting: { device: string; answer: (result: MethodResult | Error) => void }[] = [];
  let most = 0;
  const invoke = (device: string, call: MethodCall): Promise<MethodResult> =>
    new Promise((resolve, reject) => {
      waiting.push({ device, answer: (result) => (result instanceof Error ? reject(result) : resolve(result)) });
      most = Math.max(most, waiting.length);
      call.signal?.addEventListener('abort', () => reject(call.signal?.reason));
    });
  const answerAll = async (result: MethodResult | Error) => {
    for (;;) {
      const next = waiting.shift();
      if (next === undefined) return;
      next.answer(result);
      await new Promise(setImmediate);
    }
  };
  return { invoker: { invoke } as unknown as Invoker, waiting, answerAll, most: () => most };
}

const withInvoker = (invoker: Invoker, local = true, facts: HubFact[] = []) => ({
  clock: new VirtualClock(),
  hubOf: () => ({ invoker, local }),
  note: (fact: HubFact) => void facts.push(fact),
});

const ok: MethodResult = { status: 200, body: '', deviceStatus: 200, payload: '"pong"' };

describe('a run', () => {
  test('keeps no more calls in flight than asked and ends with every device answered', async () => {
    const slow = aSlowInvoker();
    const runs = new Runs(withInvoker(slow.invoker));
    const id = runs.start(request, devices, 'all');
    expect(runs.view(id)).toMatchObject({ state: 'running', total: 10, done: 0 });
    expect(runs.view(id)?.cells.filter((cell) => cell.state === 'running')).toHaveLength(4);
    await slow.answerAll(ok);
    expect(slow.most()).toBe(4);
    expect(runs.view(id)).toMatchObject({ state: 'done', done: 10, outcomes: [{ key: '200/200', count: 10 }] });
    expect(runs.result(id, deviceId('d-3'))).toMatchObject({ httpStatus: 200, deviceStatus: 200, payload: '"pong"' });
    expect(runs.history()).toMatchObject([{ run: id, total: 10, ok: 10, target: 'all' }]);
  });

  test('tells of calls to a remote hub, which tells no facts of its own, and not of those to the local one', async () => {
    const facts: HubFact[] = [];
    for (const local of [true, false]) {
      const slow = aSlowInvoker();
      new Runs(withInvoker(slow.invoker, local, facts)).start(
        { ...request, payload: '{"a":1}' },
        devices.slice(0, 1),
        'one',
      );
      await slow.answerAll(ok);
    }
    const [begun, ended, ...more] = facts;
    expect(more).toEqual([]);
    expect(begun).toMatchObject({ type: 'invocation.begun', device: 'd-0', method: 'ping', responseTimeout: 30_000 });
    expect(ended).toMatchObject({
      ...{ type: 'invocation.ended', httpStatus: 200, deviceStatus: 200 },
      ...{ request: { text: '{"a":1}', bytes: 7 }, response: { text: '"pong"', bytes: 6 } },
    });
    expect(begun?.type === 'invocation.begun' && ended?.type === 'invocation.ended' && begun.call === ended.call).toBe(
      true,
    );
  });

  test('tells an unreachable hub from a refusal', async () => {
    const slow = aSlowInvoker();
    const runs = new Runs(withInvoker(slow.invoker));
    const id = runs.start(request, devices.slice(0, 1), 'one');
    await slow.answerAll(new LabError('hub.unreachable', 'no answer from the hub'));
    expect(runs.result(id, deviceId('d-0'))).toMatchObject({
      httpStatus: 0,
      error: { name: 'NoAnswer', message: 'no answer from the hub' },
    });
    expect(runs.view(id)).toMatchObject({ outcomes: [{ key: 'no answer', count: 1 }] });
  });

  test('stops at once when it is cancelled', async () => {
    const slow = aSlowInvoker();
    const runs = new Runs(withInvoker(slow.invoker));
    const id = runs.start(request, devices, 'all');
    runs.cancel(id);
    await new Promise(setImmediate);
    expect(runs.view(id)).toMatchObject({ state: 'cancelled', done: 4, outcomes: [{ key: 'cancelled', count: 4 }] });
    expect(slow.waiting).toHaveLength(4);
  });

  test('that is unknown is refused with its id', () => {
    expect(() => new Runs(withInvoker({} as Invoker)).cancel('run-9')).toThrow("'run-9'");
  });
});

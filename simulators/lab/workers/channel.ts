// How a host and its worker threads talk: calls with one answer each, down; batches of facts, up.
// Facts go as one JSON text a batch (cheaper than a structured clone of many objects, performance.md), and only while the host keeps up.
import type { MessagePort, Worker } from 'node:worker_threads';
import { type ErrorReport, errorOf, LabError, reportOf } from '../../vocabulary/errors.ts';
import type { Fact } from '../../vocabulary/facts.ts';
import { readFacts, writeFacts } from './fact-text.ts';

/** The calls a worker serves: name -> function of one plain argument. */
// biome-ignore lint/suspicious/noExplicitAny: a table of functions with different arguments; `Calls` types each use.
export type Handlers = Record<string, (argument: any) => unknown>;

type Down =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'taken' };
type Up =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly error: ErrorReport }
  | { readonly kind: 'facts'; readonly text: string; readonly shed: number };

/** The worker's end. `onTaken` runs whenever the host has read a batch. */
export function serve(
  port: MessagePort,
  handlers: Handlers,
  onTaken: () => void,
): (batch: readonly Fact[], shed: number) => void {
  const answer = async (id: number, name: string, argument: unknown): Promise<void> => {
    let reply: Up;
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new LabError('internal', `this worker knows no call named '${name}'`);
      reply = { kind: 'answer', id, value: await handler(argument) };
    } catch (error) {
      reply = { kind: 'refused', id, error: reportOf(error) };
    }
    port.postMessage(reply);
  };
  port.on('message', (message: Down) => {
    if (message.kind === 'taken') onTaken();
    else void answer(message.id, message.name, message.argument);
  });
  return (batch, shed) => port.postMessage({ kind: 'facts', text: writeFacts(batch), shed } satisfies Up);
}

/** The host's end of one worker. */
export interface Thread<Calls extends Handlers> {
  call<Name extends keyof Calls & string>(
    name: Name,
    argument: Parameters<Calls[Name]>[0],
  ): Promise<Awaited<ReturnType<Calls[Name]>>>;
  /** Ends the thread; calls still waiting fail. */
  end(): Promise<void>;
}

export interface ThreadOptions {
  /** What it is, for messages: `hub`, `fleet worker 2`. */
  readonly label: string;
  readonly onFacts: (facts: readonly Fact[]) => void;
  readonly onShed: (count: number) => void;
  /** The thread died by itself. */
  readonly onFailure: (error: LabError) => void;
}

export function openThread<Calls extends Handlers>(worker: Worker, options: ThreadOptions): Thread<Calls> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let ended: Error | undefined;

  const fail = (error: LabError): void => {
    if (ended !== undefined) return;
    ended = error;
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
    options.onFailure(error);
  };
  worker.on('message', (message: Up) => {
    if (message.kind === 'facts') {
      options.onFacts(readFacts(message.text));
      if (message.shed > 0) options.onShed(message.shed);
      worker.postMessage({ kind: 'taken' } satisfies Down);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'answer') call?.resolve(message.value);
    else call?.reject(errorOf(message.error));
  });
  worker.on('error', (error) =>
    fail(new LabError('worker.failed', `the ${options.label} stopped: ${error.message}`, undefined, error)),
  );
  worker.on('exit', (code) => fail(new LabError('worker.failed', `the ${options.label} stopped with code ${code}`)));

  return {
    call(name, argument) {
      if (ended !== undefined) return Promise.reject(ended);
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        worker.postMessage({ kind: 'call', id, name, argument } satisfies Down);
      });
    },
    async end() {
      ended ??= new LabError('worker.failed', `the ${options.label} was stopped`);
      for (const call of waiting.values()) call.reject(ended);
      waiting.clear();
      await worker.terminate();
    },
  };
}

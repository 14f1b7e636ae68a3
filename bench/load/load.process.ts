// The load generator, alone in its process: a fixed number of calls in flight (closed loop) or a fixed rate (open loop, each latency
// counted from when the call was due, so that a server that stalls cannot hide it).
import { build, type Histogram } from 'hdr-histogram-js';
import { serve } from '../processes/serve.ts';
import { Caller } from './caller.ts';

export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  /** Request paths, called in turn. */
  readonly paths: readonly string[];
  readonly authorization?: string;
  readonly body: string;
}
export interface ClosedLoop {
  readonly target: LoadTarget;
  readonly inFlight: number;
  /** Not measured. */
  readonly warmSeconds: number;
  readonly seconds: number;
}
export interface OpenLoop {
  readonly target: LoadTarget;
  readonly perSecond: number;
  readonly seconds: number;
  /** Connections at most: more than calls under way at once. */
  readonly mostCallers?: number;
}
export interface LoadResult {
  readonly callsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** More than a sane server ever needs at the rates measured here. */
const usualMost = 2_048;

const histogram = (): Histogram =>
  build({ lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 3 });

function requestsOf({ host, port, paths, authorization, body }: LoadTarget): Buffer[] {
  return paths.map((path) =>
    Buffer.from(
      [
        `POST ${path} HTTP/1.1`,
        `Host: ${host}:${port}`,
        ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    ),
  );
}

const resultOf = (latencies: Histogram, seconds: number): LoadResult => ({
  callsPerSecond: latencies.totalCount / seconds,
  p50: latencies.getValueAtPercentile(50) / 1_000,
  p99: latencies.getValueAtPercentile(99) / 1_000,
  most: latencies.maxValue / 1_000,
});

const record = (latencies: Histogram, ms: number): void => latencies.recordValue(Math.max(1, Math.round(ms * 1_000)));

function accepted(status: number): void {
  if (status !== 200) throw new Error(`a call was answered ${status}; the figure would mean nothing`);
}

async function closedLoop({ target, inFlight, warmSeconds, seconds }: ClosedLoop): Promise<LoadResult> {
  const requests = requestsOf(target);
  const latencies = histogram();
  let next = 0;
  const measureFrom = performance.now() + warmSeconds * 1_000;
  const until = measureFrom + seconds * 1_000;
  const callers: Caller[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      let running = inFlight;
      const run = (caller: Caller): void => {
        const begun = performance.now();
        if (begun >= until) {
          running -= 1;
          if (running === 0) resolve();
          return;
        }
        caller.call(requests[next++ % requests.length] as Buffer, (status) => {
          accepted(status);
          const now = performance.now();
          if (now >= measureFrom && now < until) record(latencies, now - begun);
          run(caller);
        });
      };
      const opening = Array.from({ length: inFlight }, () => Caller.open(target, reject));
      Promise.all(opening).then((opened) => {
        callers.push(...opened);
        for (const caller of opened) run(caller);
      }, reject);
    });
  } finally {
    for (const caller of callers) caller.close();
  }
  return resultOf(latencies, seconds);
}

async function openLoop({ target, perSecond, seconds, mostCallers = usualMost }: OpenLoop): Promise<LoadResult> {
  const requests = requestsOf(target);
  const latencies = histogram();
  const total = Math.round(perSecond * seconds);
  const spacing = 1_000 / perSecond;
  const callers: Caller[] = [];
  const idle: Caller[] = [];
  const due: number[] = []; // calls that wait for a free connection
  let opening = 0;
  let sent = 0;
  let answered = 0;
  let end = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const issue = (caller: Caller, dueAt: number): void =>
        caller.call(requests[sent++ % requests.length] as Buffer, (status) => {
          accepted(status);
          end = performance.now();
          record(latencies, end - dueAt);
          answered += 1;
          if (answered === total) return resolve();
          const waiting = due.shift();
          if (waiting === undefined) idle.push(caller);
          else issue(caller, waiting);
        });
      const grow = (): void => {
        if (callers.length + opening >= mostCallers) return;
        opening += 1;
        Caller.open(target, reject).then((caller) => {
          opening -= 1;
          callers.push(caller);
          const waiting = due.shift();
          if (waiting === undefined) idle.push(caller);
          else issue(caller, waiting);
        }, reject);
      };
      const begun = performance.now() + 100;
      let scheduled = 0;
      const tick = (): void => {
        const now = performance.now();
        for (let at = begun + scheduled * spacing; at <= now && scheduled < total; at += spacing) {
          scheduled += 1;
          const caller = idle.pop();
          if (caller !== undefined) issue(caller, at);
          else {
            due.push(at);
            grow();
          }
        }
        if (scheduled < total) setTimeout(tick, 1);
      };
      for (let count = 0; count < 32; count++) grow();
      tick();
    });
  } finally {
    for (const caller of callers) caller.close();
  }
  return resultOf(latencies, seconds);
}

const handlers = { closedLoop, openLoop };
export type LoadCalls = typeof handlers;
serve(handlers);

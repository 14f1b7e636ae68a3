// Runs: one press of the invoke button, to one device or many, with a bound on how many calls are in flight. Results stay until newer runs push them out.
import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock/clock.ts';
import type { MethodResult } from '../invoker/invoker.ts';
import { Durations } from '../metrics/durations.ts';
import { LabError } from '../vocabulary/errors.ts';
import { type Emit, excerpt, type HubFact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import { type Instant, type Millis, seconds } from '../vocabulary/units.ts';
import type { CallResult, HistoryEntry, RunCell, RunView } from '../vocabulary/views.ts';
import type { FleetHub } from './hubs.ts';
import type { InvocationRequest } from './lab.ts';

/** Runs whose results are kept. */
const runsKept = 50;
/** Cells a view carries at most (views.ts). */
const cellsShown = 1_000;

interface Run {
  readonly id: string;
  readonly request: InvocationRequest;
  readonly devices: readonly DeviceId[];
  readonly target: string;
  readonly startedAt: Instant;
  readonly abort: AbortController;
  readonly results: Map<DeviceId, CallResult>;
  readonly running: Set<DeviceId>;
  readonly outcomes: Map<string, number>;
  readonly durations: Durations;
  endedAt?: Instant;
  cancelled: boolean;
}

/** Numbers of calls to remote hubs begin here, out of the way of the local hub's own. */
const remoteCalls = 2 ** 40;

export interface RunsOptions {
  readonly clock: Clock;
  /** The hub a device lives on. */
  readonly hubOf: (device: DeviceId) => Pick<FleetHub, 'invoker' | 'local'>;
  /** Hears of calls to remote hubs, which tell no facts themselves. */
  readonly note: Emit<HubFact>;
}

export class Runs {
  readonly #runs = new Map<string, Run>();
  #lastId = 0;

  #lastRemoteCall = remoteCalls;

  constructor(private readonly options: RunsOptions) {}

  start(request: InvocationRequest, devices: readonly DeviceId[], target: string): string {
    const run: Run = {
      id: `run-${++this.#lastId}`,
      request,
      devices,
      target,
      startedAt: this.options.clock.now(),
      abort: new AbortController(),
      results: new Map(),
      running: new Set(),
      outcomes: new Map(),
      durations: new Durations(),
      cancelled: false,
    };
    // Every call in flight listens to this one signal.
    setMaxListeners(0, run.abort.signal);
    this.#runs.set(run.id, run);
    if (this.#runs.size > runsKept) this.#forgetOldest();
    void this.#work(run);
    return run.id;
  }

  cancel(id: string): void {
    const run = this.#find(id);
    if (run.endedAt !== undefined) return;
    run.cancelled = true;
    run.abort.abort();
  }

  cancelAll(): void {
    for (const run of this.#runs.values()) run.abort.abort();
  }

  result(id: string, device: DeviceId): CallResult {
    const result = this.#find(id).results.get(device);
    if (result === undefined)
      throw new LabError('device.unknown', `run ${id} has no result of device '${device}' (yet)`);
    return result;
  }

  method(id: string): string {
    return this.#find(id).request.method;
  }

  /** Newest first. */
  history(): readonly HistoryEntry[] {
    return [...this.#runs.values()].reverse().map((run) => ({
      run: run.id,
      at: run.startedAt,
      method: run.request.method,
      payload: run.request.payload,
      target: run.target,
      responseTimeout: run.request.responseTimeout,
      connectTimeout: run.request.connectTimeout,
      total: run.devices.length,
      ok: [...run.results.values()].filter((result) => result.httpStatus === 200).length,
      duration: (run.endedAt ?? this.options.clock.now()) - run.startedAt,
    }));
  }

  view(id: string): RunView {
    const run = this.#runs.get(id);
    if (run === undefined) return null;
    const { method, payload, responseTimeout, connectTimeout } = run.request;
    return {
      id,
      method,
      payload,
      responseTimeout,
      connectTimeout,
      startedAt: run.startedAt,
      ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
      state: run.cancelled ? 'cancelled' : run.endedAt === undefined ? 'running' : 'done',
      total: run.devices.length,
      done: run.results.size,
      outcomes: [...run.outcomes].map(([key, count]) => ({ key, count })).sort((one, other) => other.count - one.count),
      ...run.durations.percentiles(),
      cells: run.devices.slice(0, cellsShown).map((device) => cellOf(run, device)),
    };
  }

  async #work(run: Run): Promise<void> {
    const next = run.devices[Symbol.iterator]();
    const lane = async (): Promise<void> => {
      for (const device of { [Symbol.iterator]: () => next }) {
        if (run.abort.signal.aborted) return;
        await this.#call(run, device);
      }
    };
    await Promise.all(Array.from({ length: Math.min(run.request.concurrency, run.devices.length) }, lane));
    run.endedAt = this.options.clock.now();
  }

  async #call(run: Run, device: DeviceId): Promise<void> {
    const { clock, hubOf } = this.options;
    const { invoker, local } = hubOf(device);
    const { request } = run;
    const at = clock.now();
    run.running.add(device);
    const ended = local ? () => {} : this.#remote(device, request, at);
    let result: CallResult;
    try {
      const answer = await invoker.invoke(device, { ...request, signal: run.abort.signal });
      result = resultOf(device, at, clock.now() - at, answer);
    } catch (error) {
      const message = run.abort.signal.aborted
        ? 'cancelled before an answer came'
        : error instanceof Error
          ? error.message
          : String(error);
      result = {
        device,
        at,
        duration: clock.now() - at,
        httpStatus: 0,
        error: { name: run.abort.signal.aborted ? 'Cancelled' : 'NoAnswer', message },
      };
    }
    ended(result);
    run.running.delete(device);
    run.results.set(device, result);
    const key = outcomeOf(result);
    run.outcomes.set(key, (run.outcomes.get(key) ?? 0) + 1);
    if (result.httpStatus === 200) run.durations.record(result.duration);
  }

  /** Tells of a call to a remote hub what can be seen from here: that it began, and how it ended. */
  #remote(device: DeviceId, request: InvocationRequest, begunAt: Instant): (result: CallResult) => void {
    const { clock, note } = this.options;
    this.#lastRemoteCall += 1;
    const { method, payload } = request;
    const call = {
      ...{ device, call: this.#lastRemoteCall, method },
      responseTimeout: seconds(request.responseTimeout),
      connectTimeout: seconds(request.connectTimeout),
      request: excerpt(payload, Buffer.byteLength(payload)),
    };
    note({ type: 'invocation.begun', at: begunAt, ...call });
    return ({ httpStatus, deviceStatus, error, payload: answer }) =>
      note({
        ...{ type: 'invocation.ended', at: clock.now(), begunAt, ...call, httpStatus },
        ...(error === undefined ? {} : { error: error.name }),
        ...(deviceStatus === undefined ? {} : { deviceStatus }),
        ...(answer === undefined ? {} : { response: excerpt(answer, Buffer.byteLength(answer)) }),
      });
  }

  /** One that is under way stays, however many there are: its caller waits for it. */
  #forgetOldest(): void {
    for (const [id, { endedAt }] of this.#runs) {
      if (endedAt === undefined) continue;
      this.#runs.delete(id);
      return;
    }
  }

  #find(id: string): Run {
    const run = this.#runs.get(id);
    if (run === undefined)
      throw new LabError('run.unknown', `there is no run '${id}'; the newest ${runsKept} are kept`);
    return run;
  }
}

function resultOf(device: DeviceId, at: Instant, duration: Millis, answer: MethodResult): CallResult {
  const { problem } = answer;
  return {
    device,
    at,
    duration,
    httpStatus: answer.status,
    ...(answer.deviceStatus === undefined ? {} : { deviceStatus: answer.deviceStatus }),
    payload: answer.payload ?? answer.body,
    ...(problem === undefined
      ? {}
      : {
          error: {
            name: problem.name,
            ...(problem.number === undefined ? {} : { number: problem.number }),
            message: problem.message,
          },
          ...(problem.explanation === undefined ? {} : { explanation: problem.explanation }),
        }),
  };
}

/** `200/404`: HTTP status, then the device's own; `504`; `no answer`. */
function outcomeOf(result: CallResult): string {
  if (result.httpStatus === 0) return result.error?.name === 'Cancelled' ? 'cancelled' : 'no answer';
  return result.deviceStatus === undefined ? String(result.httpStatus) : `${result.httpStatus}/${result.deviceStatus}`;
}

function cellOf(run: Run, device: DeviceId): RunCell {
  const result = run.results.get(device);
  if (result === undefined) return { device, state: run.running.has(device) ? 'running' : 'waiting' };
  return {
    device,
    state: 'done',
    httpStatus: result.httpStatus,
    ...(result.deviceStatus === undefined ? {} : { deviceStatus: result.deviceStatus }),
    duration: result.duration,
    ...(result.error === undefined ? {} : { error: result.error.name }),
  };
}

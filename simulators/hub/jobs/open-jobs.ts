// Runs jobs: each waits for its time, then for its turn, then goes through its devices, many at once and a few in each turn of the event loop.
// A hub that is opened again goes on where it was: who has a result is not called again. A device whose call was under way when the hub went
// is called once more, since nobody knows whether it heard; devices then get a while to come back before they count as offline.
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import type { DeviceId } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Instant, Millis } from '../../vocabulary/units.ts';
import { failed } from '../failed.ts';
import type { MethodAnswer, Methods } from '../methods/methods.ts';
import type { Queries } from '../query/query.ts';
import type { Store } from '../store/store.ts';
import type { Throttling, Tier } from '../throttling/throttling.ts';
import type { TwinKeeper } from '../twins/open-twins.ts';
import type { DeviceJob, Job, JobStatus } from './job.ts';
import { JobBook, type JobHistory } from './job-book.ts';
import { conditionProblem, readJobRequest } from './job-request.ts';
import { callBody, callResult, patchResult } from './job-result.ts';
import type { Jobs } from './jobs.ts';

/** Jobs that may be active at the same time, whatever the units (reference 8). */
const mostActive: Readonly<Record<Tier, number>> = { F1: 1, S1: 1, S2: 5, S3: 10 };
/** Calls of jobs under way. So high that slow devices do not hold up a job over a thousand. */
const mostUnderWay = 2_000;
/** Devices begun in one turn of the event loop, so that other callers are served in between. */
const perTurn = 100;
/** How soon to ask again when the tier lets no more devices through. */
const throttlePause: Millis = 100;

export interface JobsOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly store: Store;
  readonly select: Queries['select'];
  readonly methods: Pick<Methods, 'invoke'>;
  readonly twins: Pick<TwinKeeper, 'patch' | 'checkInitial'>;
  readonly throttling?: Throttling;
  readonly history?: JobHistory;
}

export function openJobs({ clock, emit, store, select, methods, twins, throttling, history }: JobsOptions): Jobs {
  const book = new JobBook(store, history);
  /** Per job: its start time while it is scheduled, its end while it runs. */
  const timers = new Map<Job, Cancel>();
  const queued: Job[] = [];
  const running = new Set<Job>();
  /** What each call of a job sends. */
  const bodies = new Map<Job, Buffer>();
  /** Jobs whose devices were cut off with the hub. */
  const resumed = new Set<Job>();
  let underWay = 0;
  let turn: Cancel | undefined;
  let stopped = false;

  function change(
    job: Job,
    status: JobStatus,
    more: { startedAt?: Instant; endedAt?: Instant; failureReason?: string },
  ) {
    job.state = { ...job.state, ...more, status };
    book.keep(job);
    store.whenKept(() => tell(job));
  }

  function tell({ id, state, counts, devices }: Job): void {
    const outcome = `${counts.completed} of ${devices.size} devices succeeded, ${counts.failed} failed`;
    const detail =
      state.failureReason ??
      (state.endedAt === undefined ? (devices.size === 0 ? undefined : `${devices.size} devices`) : outcome);
    const { status } = state;
    emit({ type: 'job.changed', at: clock.now(), job: id, status, ...(detail === undefined ? {} : { detail }) });
  }

  /** Runs `run` later, in place of what the job waited for. */
  function wait(job: Job, ms: Millis, run: () => void): void {
    timers.get(job)?.();
    if (stopped) return;
    timers.set(
      job,
      clock.after(Math.max(0, ms), () => {
        timers.delete(job);
        run();
      }),
    );
  }

  /** Whether a turn would find anything to begin. */
  const hasWork = (): boolean =>
    (queued.length > 0 && running.size < roomFor()) ||
    (underWay < mostUnderWay && [...running].some(({ pending }) => pending > 0));

  function plan(ms: Millis): void {
    if (stopped || turn !== undefined || !hasWork()) return;
    turn = clock.after(ms, () => {
      const pause = takeTurn();
      turn = undefined;
      plan(pause);
    });
  }

  const active = (): number => queued.length + running.size;
  const roomFor = (): number => {
    const throttle = throttling?.throttle;
    return throttle === undefined || throttle.tier === 'off' ? Number.POSITIVE_INFINITY : mostActive[throttle.tier];
  };

  function queue(job: Job): void {
    if (job.state.status !== 'queued') change(job, 'queued', {});
    queued.push(job);
    plan(0);
  }

  /** Gives how long to wait before the next. */
  function takeTurn(): Millis {
    while (queued.length > 0 && running.size < roomFor()) {
      const job = queued.shift();
      if (job !== undefined) orFail(job, () => begin(job));
    }
    let wanted = 0;
    for (const job of running) wanted += job.pending;
    wanted = Math.min(wanted, perTurn, mostUnderWay - underWay);
    if (wanted <= 0) return 0;
    const granted = throttling?.takeUpTo('job devices', wanted) ?? wanted;
    let left = granted;
    for (const job of running) {
      if (left === 0) break;
      const count = Math.min(left, job.pending);
      left -= count;
      const devices = job.waiting.slice(job.next, job.next + count);
      job.next += count;
      if (job.spec.type === 'scheduleUpdateTwin') orFail(job, () => patchAll(job, devices));
      else for (const device of devices) void call(job, device);
    }
    return granted < wanted ? throttlePause : 0;
  }

  /** A store that takes nothing more (a full disk) ends the job here; opened again, the hub goes on with it. */
  function orFail(job: Job, work: () => void): void {
    try {
      work();
    } catch (error) {
      leave(job);
      const failureReason = `The hub failed: ${error instanceof Error ? error.message : String(error)}`;
      job.state = { ...job.state, status: 'failed', endedAt: clock.now(), failureReason };
      tell(job);
    }
  }

  function begin(job: Job): void {
    const chosen = select(job.spec.queryCondition);
    if (chosen instanceof Refusal) end(job, 'failed', conditionProblem(chosen));
    else {
      job.await(chosen.ids);
      change(job, 'running', { startedAt: clock.now() });
      run(job);
    }
  }

  function run(job: Job): void {
    running.add(job);
    const { startedAt = clock.now() } = job.state;
    wait(job, startedAt + job.spec.maxExecution - clock.now(), () => orFail(job, () => expire(job)));
    if (job.done) end(job, 'completed');
    else plan(0);
  }

  async function call(job: Job, device: DeviceId): Promise<void> {
    const startedAt = clock.now();
    job.set({ device, status: 'running', startedAt });
    underWay += 1;
    const answer = await answerOf(job, device);
    underWay -= 1;
    // A job that ended meanwhile has given the device its result; a hub that stops gives none.
    if (!stopped && !job.over) orFail(job, () => settle(job, callResult(device, startedAt, clock.now(), answer)));
    plan(0);
  }

  /** Never rejects: whatever goes wrong with one device is its result. */
  async function answerOf(job: Job, device: DeviceId): Promise<MethodAnswer | Refusal> {
    try {
      return await methods.invoke(device, bodyOf(job));
    } catch (error) {
      return failed(error);
    }
  }

  function bodyOf(job: Job): Buffer {
    let body = bodies.get(job);
    if (body === undefined) {
      body = callBody(job.spec, resumed.has(job));
      bodies.set(job, body);
    }
    return body;
  }

  function patchAll(job: Job, devices: readonly DeviceId[]): void {
    const { etag } = job.spec.updateTwin as { readonly etag?: string | null };
    book.together(() => {
      for (const device of devices) {
        const at = clock.now();
        const outcome = twins.patch(device, job.spec.updateTwin, etag ?? undefined);
        const row = patchResult(device, at, outcome);
        book.keepResult(job, row);
        store.whenKept(() => job.set(row));
      }
    });
    if (job.done) end(job, 'completed');
  }

  function settle(job: Job, row: DeviceJob): void {
    book.keepResult(job, row);
    job.set(row);
    if (job.done) end(job, 'completed');
  }

  function expire(job: Job): void {
    const limit = job.spec.maxExecution / 1_000;
    const reason = `maxExecutionTimeInSeconds: the job did not end within ${limit} s.`;
    end(job, 'failed', reason, (device) => ({
      ...device,
      status: 'failed',
      error: { code: 'JobRunPreconditionFailed', description: reason },
    }));
  }

  /** Nothing is to happen to it any more. */
  function leave(job: Job): void {
    timers.get(job)?.();
    timers.delete(job);
    running.delete(job);
    const place = queued.indexOf(job);
    if (place !== -1) queued.splice(place, 1);
    bodies.delete(job);
    resumed.delete(job);
  }

  /** @param leftOver gives those without a result theirs. */
  function end(job: Job, status: JobStatus, failureReason?: string, leftOver?: (device: DeviceJob) => DeviceJob): void {
    const endedAt = clock.now();
    leave(job);
    book.together(() => {
      for (const device of leftOver === undefined ? [] : [...job.devices.values()]) {
        if (device.status !== 'pending' && device.status !== 'running') continue;
        const row = { ...(leftOver?.(device) ?? device), endedAt };
        book.keepResult(job, row);
        job.set(row);
      }
      job.await([]);
      change(job, status, { endedAt, ...(failureReason === undefined ? {} : { failureReason }) });
    });
    book.tidy(endedAt);
    plan(0);
  }

  function resume(job: Job): void {
    const { status } = job.state;
    const late = job.spec.startAt - clock.now() <= 0;
    if (late) resumed.add(job);
    if (status === 'scheduled') wait(job, job.spec.startAt - clock.now(), () => orFail(job, () => queue(job)));
    else if (status === 'queued') queue(job);
    else run(job);
  }

  const noJob = (id: string): Refusal => refuse('JobNotFound', `Job '${id}' does not exist.`);

  book.tidy(clock.now());
  for (const job of book.all()) if (!job.over) resume(job);

  return {
    create(id, body, bytes) {
      const now = clock.now();
      book.tidy(now);
      const request = readJobRequest(id, body, bytes, now, {
        condition: (text) => problemOf(select(text)),
        patch: (patch) => problemOf(twins.checkInitial(patch)),
      });
      if (request instanceof Refusal) return request;
      if (book.find(id) !== undefined) return refuse('JobAlreadyExists', `Job '${id}' exists already.`);
      const { spec, hints } = request;
      const atOnce = spec.startAt <= now;
      if (atOnce && active() >= roomFor()) {
        return refuse(
          'ThrottlingMaxActiveJobCountExceeded',
          `${active()} jobs are active; tier ${throttling?.throttle.tier} allows ${roomFor()} at the same time.`,
        );
      }
      const job = book.add(spec, now, { status: atOnce ? 'queued' : 'scheduled' });
      for (const text of hints) emit({ type: 'hint.given', at: now, text: `job ${id}: ${text}` });
      tell(job);
      if (atOnce) queue(job);
      else wait(job, spec.startAt - now, () => orFail(job, () => queue(job)));
      return job.response();
    },

    get: (id) => book.find(id)?.response() ?? noJob(id),

    cancel(id) {
      const job = book.find(id);
      if (job === undefined) return noJob(id);
      if (!job.over) end(job, 'cancelled', undefined, (device) => ({ ...device, status: 'canceled' }));
      return job.response();
    },

    list(type, status) {
      book.tidy(clock.now());
      const asked = (given: string | undefined, has: string) =>
        given === undefined || given.toLowerCase() === has.toLowerCase();
      return book
        .all()
        .reverse()
        .filter(({ spec, state }) => asked(type, spec.type) && asked(status, state.status))
        .map((job) => job.response());
    },

    *deviceJobs() {
      for (const job of book.all()) for (const device of job.devices.values()) yield job.row(device);
    },

    stop() {
      stopped = true;
      turn?.();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

const problemOf = (outcome: object): Refusal | undefined => (outcome instanceof Refusal ? outcome : undefined);

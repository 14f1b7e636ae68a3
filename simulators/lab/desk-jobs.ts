// Jobs as the window shows them: listed, watched while one runs, made and cancelled, with what became of each device.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { Invoker, JobAction } from '../invoker/invoker.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Fact } from '../vocabulary/facts.ts';
import { identityId } from '../vocabulary/ids.ts';
import { type Instant, type Millis, seconds } from '../vocabulary/units.ts';
import type { JobDetailView, JobDeviceRow, JobsView, JobView } from '../vocabulary/views.ts';
import { accepted, type Item, itemOf, itemsOf, objectOf, textOf } from './desk-answers.ts';
import { Reading } from './desk-reading.ts';

/** Jobs listed, and devices shown of one. */
const listed = 100;
const devicesShown = 1_000;
/** How often a job that runs is looked at. Its counts move without a fact. */
const whileRunning: Millis = seconds(0.5);
/** Looking must not eat the 20 queries a minute of a tier that somebody else is being tested against. */
const underLimits: Millis = seconds(10);
/** A remote hub tells no facts and counts what it is asked. */
const remoteRunning: Millis = seconds(3);
const remoteResting: Millis = seconds(15);
/** Details nobody looked at for this long are forgotten. */
const attention = seconds(30);

export interface NewJob {
  /** One is made up when left out. */
  readonly id?: string | undefined;
  readonly action: JobAction;
  readonly condition: string;
  /** At once when left out. */
  readonly startAt?: Instant | undefined;
  readonly maxSeconds: number;
  /** A job on a remote hub may pick devices that are not run here. */
  readonly confirmRemote?: boolean | undefined;
}

export interface JobsOptions {
  readonly clock: Clock;
  readonly invoker: Invoker;
  /** Host name of the hub when it is somebody else's. */
  readonly remote: string | undefined;
  /** Whether the limits of a tier are on. */
  readonly limited?: () => boolean;
}

type Listed = Pick<JobsView, 'more'> & { readonly jobs: readonly JobView[] };
type Detail = Pick<JobDetailView, 'devices' | 'more'> & { readonly job: JobView };

export class Jobs {
  readonly #list: Reading<Listed>;
  readonly #details = new Map<string, Reading<Detail>>();

  constructor(private readonly options: JobsOptions) {
    this.#list = new Reading(
      options.clock,
      () => this.#readList(),
      (now) => this.#pace(now?.jobs.some(isMoving) ?? false),
    );
  }

  list(): JobsView {
    const { value, problem } = this.#list.look();
    return {
      jobs: value?.jobs ?? null,
      more: value?.more ?? false,
      ...(problem === undefined ? {} : { problem }),
    };
  }

  detail(id: string): JobDetailView {
    const now = this.options.clock.now();
    for (const [other, { lookedAt }] of this.#details) if (now - lookedAt > attention) this.#details.delete(other);
    let reading = this.#details.get(id);
    if (reading === undefined) {
      reading = new Reading(
        this.options.clock,
        () => this.#readDetail(id),
        (last) => this.#pace(last !== undefined && isMoving(last.job)),
      );
      this.#details.set(id, reading);
    }
    const { value, problem } = reading.look();
    return { ...(value ?? { job: null, devices: [], more: false }), ...(problem === undefined ? {} : { problem }) };
  }

  /** Gives the job's id. Throws LabError remote.unconfirmed, hub.refused, hub.unreachable. */
  async create(job: NewJob): Promise<{ readonly job: string }> {
    const { id = `job-${randomBytes(6).toString('hex')}`, action, condition, startAt, maxSeconds, confirmRemote } = job;
    const { remote } = this.options;
    if (remote !== undefined && confirmRemote !== true) {
      throw new LabError(
        'remote.unconfirmed',
        `a job on ${remote} may pick devices that are not run here`,
        'Ask again with confirmRemote.',
      );
    }
    const answer = await this.options.invoker.scheduleJob(id, {
      ...action,
      condition,
      maxExecutionTime: maxSeconds,
      ...(startAt === undefined ? {} : { startTime: new Date(startAt).toISOString() }),
    });
    accepted(answer);
    this.#changed(id, true);
    return { job: id };
  }

  async cancel(id: string): Promise<void> {
    accepted(await this.options.invoker.cancelJob(id));
    this.#changed(id, true);
  }

  record(fact: Fact): void {
    if (fact.type === 'job.changed') this.#changed(fact.job);
  }

  /** How soon to look again. */
  #pace(moving: boolean): Millis | undefined {
    const { remote, limited = () => false } = this.options;
    if (remote === undefined) return moving ? (limited() ? underLimits : whileRunning) : undefined;
    return moving ? remoteRunning : remoteResting;
  }

  #changed(id: string, soon = false): void {
    this.#list.changed(soon);
    this.#details.get(id)?.changed(soon);
  }

  async #readList(): Promise<Listed> {
    const answer = await this.options.invoker.listJobs({ size: listed });
    return { jobs: itemsOf(answer).map(jobView), more: answer.continuation !== undefined };
  }

  async #readDetail(id: string): Promise<Detail> {
    const job = jobView(itemOf(await this.options.invoker.getJob(id)));
    // Asked for after the job itself: what it says is over then has all its results here.
    const text = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id.replace(/'/g, "\\'")}'`;
    const answer = await this.options.invoker.query(text, { size: devicesShown });
    return { job, devices: itemsOf(answer).map(deviceRow), more: answer.continuation !== undefined };
  }
}

/** Its counts or its status may change by themselves, with or without a fact. */
const isMoving = ({ status }: JobView): boolean => status === 'running' || status === 'queued';

const types: Readonly<Record<string, JobView['type']>> = { scheduleDeviceMethod: 'method', scheduleUpdateTwin: 'twin' };

export function jobView(job: Item): JobView {
  const type = types[String(job.type)] ?? 'other';
  const request = type === 'method' ? job.cloudToDeviceMethod : type === 'twin' ? job.updateTwin : undefined;
  const counts = objectOf(job.deviceJobStatistics);
  const endedAt = instantOf(job.endTime);
  const failureReason = textOf(job.failureReason);
  return {
    id: String(job.jobId ?? ''),
    type,
    status: String(job.status ?? 'unknown'),
    condition: textOf(job.queryCondition) ?? '',
    what: type === 'method' ? String(objectOf(request).methodName ?? '') : pathsOf(objectOf(request)).join(', '),
    request: request === undefined ? '' : JSON.stringify(request),
    createdAt: instantOf(job.createdTime ?? job.createdDateTimeUtc) ?? 0,
    startAt: instantOf(job.startTime ?? job.startTimeUtc) ?? 0,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(typeof job.maxExecutionTimeInSeconds === 'number' ? { maxSeconds: job.maxExecutionTimeInSeconds } : {}),
    ...(failureReason === undefined ? {} : { failureReason }),
    counts: {
      devices: Number(counts.deviceCount ?? 0),
      succeeded: Number(counts.succeededCount ?? 0),
      failed: Number(counts.failedCount ?? 0),
      running: Number(counts.runningCount ?? 0),
      pending: Number(counts.pendingCount ?? 0),
    },
  };
}

/** `tags.site`, `desired.interval`: two levels say enough in a list. */
function pathsOf(update: Item): string[] {
  const desired = objectOf(objectOf(update.properties).desired);
  return [
    ...Object.keys(objectOf(update.tags)).map((key) => `tags.${key}`),
    ...Object.keys(desired).map((key) => `desired.${key}`),
  ];
}

function deviceRow(row: Item): JobDeviceRow {
  const answer = objectOf(row.outcome).deviceMethodResponse;
  const { status: deviceStatus, payload } = objectOf(answer);
  const startedAt = instantOf(row.startTimeUtc);
  const endedAt = instantOf(row.endTimeUtc);
  const error = objectOf(row.error);
  return {
    device: identityId(String(row.deviceId ?? ''), textOf(row.moduleId)),
    status: String(row.status ?? 'unknown'),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(typeof deviceStatus === 'number' ? { deviceStatus } : {}),
    ...(answer === undefined ? {} : { payload: JSON.stringify(payload ?? null) }),
    ...(row.error === undefined || row.error === null
      ? {}
      : { error: { code: String(error.code ?? ''), description: String(error.description ?? '') } }),
  };
}

function instantOf(value: unknown): Instant | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

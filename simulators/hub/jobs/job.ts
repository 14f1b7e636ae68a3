// One job and the devices it is for: where each stands, the counts of that, and the shapes services read (reference 4.3). Keeps nothing, runs nothing.
import { type DeviceId, partsOf } from '../../vocabulary/ids.ts';
import type { Instant } from '../../vocabulary/units.ts';
import { isoText } from '../registry/moments.ts';
import type { JobSpec } from './job-request.ts';

export type JobStatus = 'scheduled' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
/** `canceled` with one l, unlike a job's: so the .NET client knows it. */
export type DeviceJobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'canceled';

/** What one device has of a job. */
export interface DeviceJob {
  readonly device: DeviceId;
  readonly status: DeviceJobStatus;
  readonly startedAt?: Instant;
  readonly endedAt?: Instant;
  /** Of a method that was answered; the payload is a JSON value, or the text as it came when it was not JSON. */
  readonly response?: { readonly status: number; readonly payload: unknown };
  readonly error?: { readonly code: string; readonly description: string };
}

/** What of a job changes while it goes its way, apart from its devices. */
export interface JobState {
  readonly status: JobStatus;
  /** When it left `queued`. */
  readonly startedAt?: Instant;
  readonly endedAt?: Instant;
  readonly failureReason?: string;
}

const overFor: Readonly<Record<JobStatus, boolean>> = {
  scheduled: false,
  queued: false,
  running: false,
  completed: true,
  failed: true,
  cancelled: true,
};

export class Job {
  state: JobState;
  /** Those not begun yet, in order; `next` is the place of the first of them. */
  waiting: DeviceId[] = [];
  next = 0;
  readonly #devices = new Map<DeviceId, DeviceJob>();
  readonly #counts: Record<DeviceJobStatus, number> = { pending: 0, running: 0, completed: 0, failed: 0, canceled: 0 };

  constructor(
    /** Grows from job to job, for their order. */
    readonly number: number,
    readonly spec: JobSpec,
    readonly createdAt: Instant,
    state: JobState,
  ) {
    this.state = state;
  }

  get id(): string {
    return this.spec.jobId;
  }
  get over(): boolean {
    return overFor[this.state.status];
  }
  /** Whether every device has been dealt with. */
  get done(): boolean {
    return this.#counts.pending === 0 && this.#counts.running === 0;
  }
  get counts(): Readonly<Record<DeviceJobStatus, number>> {
    return this.#counts;
  }
  get devices(): ReadonlyMap<DeviceId, DeviceJob> {
    return this.#devices;
  }
  get pending(): number {
    return this.waiting.length - this.next;
  }

  find(device: DeviceId): DeviceJob | undefined {
    return this.#devices.get(device);
  }

  set(row: DeviceJob): void {
    const before = this.#devices.get(row.device);
    if (before !== undefined) this.#counts[before.status] -= 1;
    this.#counts[row.status] += 1;
    this.#devices.set(row.device, row);
  }

  /** Every device not known yet waits from now on, in the order given. */
  await(devices: readonly DeviceId[]): void {
    for (const device of devices) if (!this.#devices.has(device)) this.set({ device, status: 'pending' });
    this.waiting = devices.filter((device) => this.#devices.get(device)?.status === 'pending');
    this.next = 0;
  }

  response(): object {
    const { spec, state, createdAt } = this;
    const { pending, running, completed, failed } = this.#counts;
    return {
      jobId: spec.jobId,
      queryCondition: spec.queryCondition,
      createdTime: isoText(createdAt),
      startTime: isoText(state.startedAt ?? spec.startAt),
      ...(state.endedAt === undefined ? {} : { endTime: isoText(state.endedAt) }),
      maxExecutionTimeInSeconds: spec.maxExecution / 1_000,
      type: spec.type,
      ...(spec.call === undefined ? {} : { cloudToDeviceMethod: JSON.parse(spec.call) }),
      ...(spec.updateTwin === undefined ? {} : { updateTwin: spec.updateTwin }),
      status: state.status,
      ...(state.failureReason === undefined ? {} : { failureReason: state.failureReason }),
      deviceJobStatistics: {
        deviceCount: this.#devices.size,
        failedCount: failed,
        succeededCount: completed,
        runningCount: running,
        pendingCount: pending,
      },
    };
  }

  /** A row of `devices.jobs`. */
  row({ device: identity, status, startedAt, endedAt, response, error }: DeviceJob): object {
    const { device, module } = partsOf(identity);
    const method = this.spec.type === 'scheduleDeviceMethod';
    return {
      deviceId: device,
      ...(module === undefined ? {} : { moduleId: module }),
      jobId: this.spec.jobId,
      jobType: this.spec.type,
      status,
      ...(startedAt === undefined ? {} : { startTimeUtc: isoText(startedAt) }),
      ...(endedAt === undefined ? {} : { endTimeUtc: isoText(endedAt) }),
      createdDateTimeUtc: isoText(this.createdAt),
      lastUpdatedDateTimeUtc: isoText(endedAt ?? startedAt ?? this.state.startedAt ?? this.createdAt),
      ...(status === 'completed' ? { outcome: method ? { deviceMethodResponse: response } : {} } : {}),
      ...(error === undefined ? {} : { error }),
    };
  }
}

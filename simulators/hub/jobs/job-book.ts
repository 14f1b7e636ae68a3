// The jobs a hub knows, newest first, and their way into the store and back. Those that ended stay for 30 days (reference 8), unless so much
// has been kept since that the oldest must go.
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { Instant, Millis } from '../../vocabulary/units.ts';
import type { Store } from '../store/store.ts';
import { type DeviceJob, Job, type JobState } from './job.ts';
import type { JobSpec } from './job-request.ts';

/** How long, and how much, is kept of jobs that ended. */
export interface JobHistory {
  readonly age: Millis;
  /** Results of devices, over all jobs. */
  readonly results: number;
  /** Characters of JSON of those results. */
  readonly size: number;
}
export const jobHistory: JobHistory = { age: 30 * 86_400_000, results: 100_000, size: 64_000_000 };

/** A job as JSON. Its devices are named until the last one has a result; results are documents of their own. */
interface Kept {
  readonly number: number;
  readonly spec: JobSpec;
  readonly createdAt: Instant;
  readonly state: JobState;
  readonly devices?: readonly DeviceId[];
}

type Held = Pick<JobHistory, 'results' | 'size'>;
const nothing: Held = { results: 0, size: 0 };

export class JobBook {
  readonly #store: Store;
  readonly #limits: JobHistory;
  /** In order of creation. */
  readonly #jobs = new Map<string, Job>();
  /** What is kept of each job's results; a job that the store ended has fewer of them than devices. */
  readonly #held = new Map<Job, Held>();
  #results = 0;
  #size = 0;
  #lastNumber = 0;

  constructor(store: Store, limits: JobHistory = jobHistory) {
    this.#store = store;
    this.#limits = limits;
    this.#load();
  }

  find(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** In order of creation. */
  all(): Job[] {
    return [...this.#jobs.values()];
  }

  /** Made and kept. */
  add(spec: JobSpec, createdAt: Instant, state: JobState): Job {
    const job = new Job(this.#lastNumber + 1, spec, createdAt, state);
    this.keep(job);
    this.#lastNumber += 1;
    this.#jobs.set(job.id, job);
    return job;
  }

  keep(job: Job): void {
    const { number, spec, createdAt, state } = job;
    const devices = job.done ? {} : { devices: [...job.devices.keys()] };
    const kept: Kept = { number, spec, createdAt, state, ...devices };
    this.#store.keepDocument('job', job.id, JSON.stringify(kept));
  }

  /** What became of one device, for good: a result is kept once. */
  keepResult(job: Job, row: DeviceJob): void {
    const json = JSON.stringify(row);
    this.#store.keepDocument('device-job', documentId(job, row.device), json);
    this.#count(job, json.length);
  }

  /** Several writes as one: kept together, and sooner. */
  together(work: () => void): void {
    this.#store.transaction(work);
  }

  /** Lets go of what is too old or too much. */
  tidy(now: Instant): void {
    for (const job of this.#jobs.values()) {
      if (!job.over) continue;
      const old = now - (job.state.endedAt ?? job.createdAt) > this.#limits.age;
      if (old || this.#results > this.#limits.results || this.#size > this.#limits.size) this.#drop(job);
    }
  }

  #drop(job: Job): void {
    this.#store.transaction(() => {
      this.#store.dropDocument('job', job.id);
      for (const device of job.devices.keys()) this.#store.dropDocument('device-job', documentId(job, device));
    });
    this.#jobs.delete(job.id);
    const { results, size } = this.#held.get(job) ?? nothing;
    this.#results -= results;
    this.#size -= size;
    this.#held.delete(job);
  }

  #count(job: Job, size: number): void {
    const before = this.#held.get(job) ?? nothing;
    this.#held.set(job, { results: before.results + 1, size: before.size + size });
    this.#results += 1;
    this.#size += size;
  }

  #load(): void {
    const kept = this.#store.documents('job').map(({ json }) => JSON.parse(json) as Kept);
    for (const { number, spec, createdAt, state } of kept.sort((one, other) => one.number - other.number)) {
      this.#jobs.set(spec.jobId, new Job(number, spec, createdAt, state));
      this.#lastNumber = number;
    }
    for (const { id, json } of this.#store.documents('device-job')) {
      const job = this.#jobs.get(id.slice(0, id.indexOf('/')));
      if (job === undefined) continue;
      job.set(JSON.parse(json) as DeviceJob);
      this.#count(job, json.length);
    }
    for (const { spec, devices } of kept) this.#jobs.get(spec.jobId)?.await(devices ?? []);
  }
}

/** Neither a job's id nor a device's holds a slash; a module's does, behind the first one. */
const documentId = (job: Job, device: DeviceId): string => `${job.id}/${device}`;

// Jobs v2 (reference 4.2, 4.3): a method or a twin update for every device a condition picks, at a time, with statistics and per-device results.
import type { Refusal } from '../../vocabulary/service-errors.ts';

export interface Jobs {
  /**
   * PUT /jobs/v2/{id}: the JobResponse shape. 409104 for an id in use, 429004 above the tier's concurrent jobs.
   * With `bytes`, the body as it came, a method's payload reaches the devices byte for byte.
   */
  create(id: string, body: unknown, bytes?: Buffer): object | Refusal;
  /** 404002. */
  get(id: string): object | Refusal;
  cancel(id: string): object | Refusal;
  /** Newest first. */
  list(type: string | undefined, status: string | undefined): readonly object[];
  /** The rows of `SELECT * FROM devices.jobs`. */
  deviceJobs(): Iterable<object>;
  stop(): void;
}

export { openJobs } from './open-jobs.ts';

// Configurations: what devices or modules that meet a condition shall have in their twins (reference 4.3). Stored, listed and checked; which device
// is behind its configuration is nobody's business here.
import type { Refusal } from '../../vocabulary/service-errors.ts';

export interface Configurations {
  /** GET /configurations/{id}: the Configuration shape of reference 4.3. */
  get(id: string): object | Refusal;
  /** GET /configurations?top=N, in order of id. */
  list(top: number): readonly object[];
  /** PUT /configurations/{id}. Without If-Match it creates (409401 when there), with one it updates (412 on another etag). */
  put(id: string, body: unknown, ifMatch: string | undefined): object | Refusal;
  /** DELETE /configurations/{id}: undefined when done. */
  delete(id: string, ifMatch: string | undefined): Refusal | undefined;
  /** POST /configurations/testQueries: what is wrong with a target condition and with metric queries. */
  testQueries(body: unknown): object | Refusal;
  /**
   * POST /devices/{id}/applyConfigurationContent: writes the content into the twins of one device and its modules, and makes the modules it names.
   * All of it, or nothing.
   */
  apply(device: string, content: unknown): Refusal | undefined;
}

export { openConfigurations } from './open-configurations.ts';

// Entries of the bulk registry call, and what a hub says of those it refused.
import { LabError } from '../vocabulary/errors.ts';
import type { ServiceAnswer } from './service-client.ts';

/** The service takes at most this many entries in one call (reference 4.2). */
export const bulkSize = 100;

/** An entry of the bulk registry call (reference 4.3). */
export interface BulkEntry {
  /** The device. */
  readonly id: string;
  readonly moduleId?: string;
  readonly importMode: 'create' | 'update' | 'delete';
  readonly status?: 'enabled' | 'disabled';
  readonly authentication?: object;
  readonly tags?: object;
  readonly properties?: { readonly desired: object };
}

/** Why one identity was left out; the others of its call were done. */
export interface BulkRefusal {
  readonly deviceId: string;
  readonly moduleId?: string | null;
  readonly errorCode: string;
  readonly errorStatus?: string;
}

/** A call that went through in part is answered 400 with the entries that did not. Undefined when all of it was refused. Throws LabError hub.refused. */
export function refusedIn({ body, problem }: ServiceAnswer): readonly BulkRefusal[] | undefined {
  try {
    const { errors } = JSON.parse(body) as { readonly errors?: readonly BulkRefusal[] };
    return errors ?? (problem === undefined ? [] : undefined);
  } catch (error) {
    if (problem !== undefined) return undefined;
    throw new LabError('hub.refused', 'the hub answered a bulk call with a body that is not JSON', undefined, error);
  }
}

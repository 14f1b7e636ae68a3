// Many identities in calls of a hundred, some of them at once, with patience for a hub that is over its rate.
import { LabError } from '../vocabulary/errors.ts';
import { type RetryTools, withRetry } from './retry.ts';
import type { ServiceAnswer } from './service-client.ts';
import type { ServiceProblem } from './service-problem.ts';

/** The service takes at most this many entries in one call (reference 4.2). */
export const bulkSize = 100;
const callsAtOnce = 4;

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
  readonly moduleId?: string;
  readonly errorCode: string;
  readonly errorStatus?: string;
}

export interface BulkOutcome {
  /** Entries that went through. */
  readonly done: number;
  readonly refused: readonly BulkRefusal[];
  /** A whole call was refused: those after it were not made. */
  readonly problem?: ServiceProblem;
}

export interface BulkWatch {
  /** Called after each call with the entries dealt with so far. */
  readonly progress?: (dealtWith: number) => void;
  /** Nothing more is asked once it is aborted; rejects with its reason. */
  readonly signal?: AbortSignal;
}

export async function bulkAll(
  entries: readonly BulkEntry[],
  send: (entries: readonly BulkEntry[]) => Promise<ServiceAnswer>,
  tools: RetryTools,
  progress: BulkWatch['progress'] = () => {},
): Promise<BulkOutcome> {
  const refused: BulkRefusal[] = [];
  let next = 0;
  let done = 0;
  let problem: ServiceProblem | undefined;

  async function lane(): Promise<void> {
    while (next < entries.length && problem === undefined) {
      tools.signal?.throwIfAborted();
      const chunk = entries.slice(next, next + bulkSize);
      next += chunk.length;
      const answer = await withRetry(tools, () => send(chunk));
      const left = refusedIn(answer);
      if (left === undefined) problem ??= answer.problem;
      else {
        refused.push(...left);
        done += chunk.length - left.length;
        progress(done + refused.length);
      }
    }
  }
  await Promise.all(Array.from({ length: callsAtOnce }, lane));
  return { done, refused, ...(problem === undefined ? {} : { problem }) };
}

/** A call that went through in part is answered 400 with the entries that did not. Undefined when all of it was refused. */
function refusedIn({ body, problem }: ServiceAnswer): readonly BulkRefusal[] | undefined {
  try {
    const { errors } = JSON.parse(body) as { readonly errors?: readonly BulkRefusal[] };
    return errors ?? (problem === undefined ? [] : undefined);
  } catch (error) {
    if (problem !== undefined) return undefined;
    throw new LabError('hub.refused', 'the hub answered a bulk call with a body that is not JSON', undefined, error);
  }
}

// Calls of a hub's registry as a fleet needs them: many at once, in lanes, with patience for a hub that is over its rate.
import { type BulkEntry, type BulkRefusal, refusedIn } from '../invoker/bulk.ts';
import type { Invoker, ServiceAnswer } from '../invoker/invoker.ts';
import { type RetryTools, withRetry } from '../invoker/retry.ts';
import { LabError } from '../vocabulary/errors.ts';
import { type DeviceId, identityId, partsOf } from '../vocabulary/ids.ts';

export const bulkAtOnce = 4;

/** Asks one hub's registry, with patience where it says it is over its rate (429). */
export interface RegistryAsker extends RetryTools {
  readonly invoker: Pick<Invoker, 'bulk' | 'getDevice' | 'getTwin'>;
}

export const isModule = (id: DeviceId): boolean => partsOf(id).module !== undefined;

export const addressed = (identity: DeviceId): { readonly id: string; readonly moduleId?: string } => {
  const { device: id, module: moduleId } = partsOf(identity);
  return moduleId === undefined ? { id } : { id, moduleId };
};

type Refused = BulkRefusal & { readonly id: DeviceId };

/** One bulk call; gives the entries the hub refused, and throws when it refused the call. */
export async function bulk(
  asker: RegistryAsker,
  entries: readonly BulkEntry[],
  doing: string,
): Promise<readonly Refused[]> {
  asker.signal?.throwIfAborted();
  const answer = await withRetry(asker, () => asker.invoker.bulk(entries));
  const errors = refusedIn(answer);
  if (errors === undefined) throw refused(doing, answer);
  return errors.map((error) => ({ ...error, id: identityId(error.deviceId, error.moduleId || undefined) }));
}

/** Throws for the first refusal that is not harmless here. */
export function hold(refusals: readonly Refused[], doing: string, harmless: readonly string[]): void {
  const serious = refusals.find(({ errorCode }) => !harmless.includes(errorCode));
  if (serious === undefined) return;
  throw new LabError(
    'hub.refused',
    `${doing}: the hub refused '${serious.id}' (${serious.errorCode}) ${serious.errorStatus ?? ''}`.trim(),
  );
}

export const refused = (doing: string, { status, problem }: ServiceAnswer): LabError =>
  new LabError(
    'hub.refused',
    `${doing}: the hub answered ${status} ${problem?.name ?? ''}: ${problem?.message ?? ''}`,
    problem?.explanation?.fix,
  );

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, number) =>
    items.slice(number * size, (number + 1) * size),
  );
}

/** Works through all items with at most `lanes` at once. Throws the first failure once nothing is under way any more. */
export async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const next = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (const item of { [Symbol.iterator]: () => next }) {
      if (failures.length > 0) return;
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}

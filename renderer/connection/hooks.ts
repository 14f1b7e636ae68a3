// React's view of the connection: snapshots by name, a slice of the totals, the state of the link, commands with their trouble.
import { useCallback, useRef, useState, useSyncExternalStore } from 'react';
import { client, type Link, type Refused, refusedBy } from './client.ts';
import type { Snapshot, SubscriptionInput, SubscriptionName, Totals } from './shapes.ts';

const never = () => () => {};

/** The newest snapshot. While a changed question waits for its first answer the last one stays, so that nothing flickers. */
export function useSnapshot<Name extends SubscriptionName>(
  name: Name,
  input: SubscriptionInput<Name> | undefined,
): { readonly data: Snapshot<Name> | undefined; readonly error: Refused | undefined; readonly fresh: boolean } {
  const key = input === undefined ? undefined : JSON.stringify(input);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that the input says
  const subscribe = useCallback(
    (listener: () => void) => (input === undefined ? never() : client.subscribe(name, input, listener)),
    [name, key],
  );
  const data = useSyncExternalStore(subscribe, () => (input === undefined ? undefined : client.peek(name, input)));
  const error = useSyncExternalStore(subscribe, () => (input === undefined ? undefined : client.problem(name, input)));
  const last = useRef<Snapshot<Name> | undefined>(undefined);
  if (data !== undefined) last.current = data;
  return { data: data ?? (input === undefined ? undefined : last.current), error, fresh: data !== undefined };
}

const nothing = {};
const listenTotals = (listener: () => void) => client.subscribe('totals', nothing, listener);

/** One slice of the totals; renders again only when that slice changed. `pick` must give plain values or parts of the snapshot. */
export function useTotals<Slice>(pick: (totals: Totals) => Slice): Slice | undefined {
  const last = useRef<{ text: string; slice: Slice } | undefined>(undefined);
  return useSyncExternalStore(listenTotals, () => {
    const totals = client.peek('totals', nothing);
    if (totals === undefined) return last.current?.slice;
    const slice = pick(totals);
    if (typeof slice !== 'object' || slice === null) return slice;
    const text = JSON.stringify(slice);
    if (last.current?.text !== text) last.current = { text, slice };
    return last.current.slice;
  });
}

export const useLink = (): Link => useSyncExternalStore(client.onLink, () => client.link);

/** Runs one thing at a time and keeps the sentence it was refused with. */
export function useAttempt(): {
  readonly busy: boolean;
  readonly problem: Refused | undefined;
  attempt(work: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
} {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Refused>();
  const attempt = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(refusedBy(error));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setProblem(undefined), []);
  return { busy, problem, attempt, clear };
}

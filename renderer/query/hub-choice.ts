// Which hub queries and jobs go to: the local one, or a remote hub that a fleet lives on. A hub whose last fleet is gone is none any more.
import { create } from 'zustand';
import { client } from '../connection/client.ts';
import { useTotals } from '../connection/hooks.ts';
import type { Totals } from '../connection/shapes.ts';

/** Undefined is the local hub. */
export const useHubChoice = create<{ readonly hub: string | undefined }>()(() => ({ hub: undefined }));

const remoteHubs = ({ fleets }: Totals): readonly string[] => [
  ...new Set(fleets.map(({ spec }) => spec.hub).filter((hub) => hub !== 'local')),
];

export const useRemoteHubs = (): readonly string[] => useTotals(remoteHubs) ?? [];

/** As a part of a command's or subscription's input. */
export function chosenHub(): { readonly hub?: string } {
  const { hub } = useHubChoice.getState();
  const totals = client.peek('totals', {});
  return hub !== undefined && totals !== undefined && remoteHubs(totals).includes(hub) ? { hub } : {};
}
export function useChosenHub(): { readonly hub?: string } {
  const hub = useHubChoice((state) => state.hub);
  const there = useRemoteHubs();
  return hub !== undefined && there.includes(hub) ? { hub } : {};
}

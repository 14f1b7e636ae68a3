// What the pane of the faults shows: the list, the kinds to choose from, a new fault, or one that is being changed.
import { create } from 'zustand';
import { faultPresets, withFreeNames } from '../../preload/contract/spec-forms.ts';
import { client, refusedBy } from '../connection/client.ts';
import type { FaultSpec, FaultSpecInput } from '../connection/shapes.ts';
import { say } from '../widgets/say.ts';
import { useWindow } from './window.ts';

type FaultKind = FaultSpec['settings']['kind'];

export type FaultsShown =
  | { readonly kind: 'list' }
  /** `device`: whom the new fault is for. */
  | { readonly kind: 'choose'; readonly device?: string }
  | { readonly kind: 'new'; readonly fault: FaultKind; readonly device?: string }
  | { readonly kind: 'change'; readonly name: string };

interface FaultsState {
  readonly shown: FaultsShown;
  show(shown: FaultsShown): void;
}

export const useFaults = create<FaultsState>()((set) => ({
  shown: { kind: 'list' },
  show: (shown) => set({ shown }),
}));

export function showFaults(shown: FaultsShown): void {
  useFaults.getState().show(shown);
  useWindow.getState().openSide('faults');
}

/** Adds what a preset holds, under names that are free, and opens the first of them to be aimed and changed. */
export async function addPreset(name: string): Promise<void> {
  const preset = faultPresets.find((each) => each.name === name);
  if (!preset) throw new Error(`no preset ${name}`);
  const taken = client.peek('totals', {})?.faults.map(({ spec }) => spec.name) ?? [];
  const faults: readonly FaultSpecInput[] = withFreeNames(preset.faults, taken);
  try {
    for (const spec of faults) await client.run('fault.add', { spec });
    const [first] = faults;
    if (first) showFaults({ kind: 'change', name: first.name });
  } catch (error) {
    say(refusedBy(error));
  }
}

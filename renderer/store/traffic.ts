// How a traffic table is looked at: filter, paused at which row, which row is open. One for the whole fleet, one for the open device.
import { create } from 'zustand';

export type TrafficPlace = 'fleet' | 'device';
export interface TrafficLook {
  readonly filter: string;
  /** While paused: the newest row shown, and how many rows there were. Undefined follows the newest. */
  readonly held: { readonly upTo: number; readonly total: number } | undefined;
  readonly open: number | undefined;
}

interface TrafficState extends Readonly<Record<TrafficPlace, TrafficLook>> {
  change(place: TrafficPlace, change: Partial<TrafficLook>): void;
  reset(place: TrafficPlace): void;
}

const fresh: TrafficLook = { filter: '', held: undefined, open: undefined };

export const useTraffic = create<TrafficState>()((set) => ({
  fleet: fresh,
  device: fresh,
  change: (place, change) => set((state) => ({ [place]: { ...state[place], ...change } })),
  reset: (place) => set({ [place]: fresh }),
}));

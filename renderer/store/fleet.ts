// How the fleet is looked at: filter, order, table or wall, and which devices are selected.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { SubscriptionInput } from '../connection/shapes.ts';

export type FleetSort = NonNullable<SubscriptionInput<'fleet'>['sort']>;
export type FleetGroup = NonNullable<SubscriptionInput<'fleet'>['group']>;
export type FleetLook = 'table' | 'wall';

interface FleetState {
  readonly filter: string;
  readonly sort: FleetSort;
  readonly descending: boolean;
  readonly group: FleetGroup;
  readonly look: FleetLook;
  readonly selected: ReadonlySet<string>;
  /** Row the keyboard is on, and where a range begins; positions in table order. */
  readonly cursor: number;
  readonly anchor: number;
  setFilter(filter: string): void;
  sortBy(sort: FleetSort): void;
  groupBy(group: FleetGroup): void;
  setLook(look: FleetLook): void;
  select(devices: Iterable<string>): void;
  toggle(device: string): void;
  place(cursor: number, keepAnchor?: boolean): void;
  /** A device whose page is opened is selected too, unless it is one of several. */
  opened(device: string): void;
}

export const useFleet = create<FleetState>()(
  persist(
    (set) => ({
      filter: '',
      sort: 'id',
      descending: false,
      group: 'none',
      look: 'table',
      selected: new Set<string>(),
      cursor: 0,
      anchor: 0,
      setFilter: (filter) => set({ filter, cursor: 0, anchor: 0 }),
      sortBy: (sort) =>
        set((state) =>
          state.sort === sort
            ? { descending: !state.descending, cursor: 0, anchor: 0 }
            : // Numbers are looked at for their largest, names from A.
              { sort, descending: !['id', 'state', 'protocol'].includes(sort), cursor: 0, anchor: 0 },
        ),
      groupBy: (group) => set({ group, cursor: 0, anchor: 0 }),
      setLook: (look) => set({ look }),
      select: (devices) => set({ selected: new Set(devices) }),
      toggle: (device) =>
        set((state) => {
          const selected = new Set(state.selected);
          if (!selected.delete(device)) selected.add(device);
          return { selected };
        }),
      opened: (device) =>
        set(({ selected }) => (selected.size > 1 && selected.has(device) ? {} : { selected: new Set([device]) })),
      place: (cursor, keepAnchor = false) => set(keepAnchor ? { cursor } : { cursor, anchor: cursor }),
    }),
    {
      name: 'hubfleet.fleet',
      version: 1,
      partialize: ({ sort, descending, group, look }) => ({ sort, descending, group, look }),
    },
  ),
);

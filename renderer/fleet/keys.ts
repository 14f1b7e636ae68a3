// The keyboard and the mouse on the device table: the cursor moves, Shift takes what is between, Space and Ctrl one more, Enter opens.
import { type KeyboardEvent, type MouseEvent, useCallback } from 'react';
import { client } from '../connection/client.ts';
import type { SubscriptionInput } from '../connection/shapes.ts';
import { useFleet } from '../store/fleet.ts';
import { useWindow } from '../store/window.ts';
import { movedTo } from '../widgets/VirtualGrid.tsx';

type Order = Pick<SubscriptionInput<'fleet'>, 'filter' | 'sort' | 'descending' | 'group'>;

/** The devices between two rows, those out of sight too. */
async function between({ filter, sort, descending, group }: Order, from: number, to: number) {
  const view = await client.once('fleet', { filter, sort, descending, group, from: 0, count: 0, wall: true });
  return view.wall?.ids.slice(Math.min(from, to), Math.max(from, to) + 1) ?? [];
}

export type PickRow = (row: number, id: string, event: MouseEvent) => void;

export function usePick({ filter, sort, descending, group }: Order): PickRow {
  return useCallback(
    (row, id, event) => {
      const state = useFleet.getState();
      if (event.shiftKey) {
        state.place(row, true);
        void between({ filter, sort, descending, group }, state.anchor, row).then(state.select);
      } else if (event.ctrlKey || event.metaKey) {
        state.place(row);
        state.toggle(id);
      } else {
        state.place(row);
        state.select([id]);
        // An open page follows the row that is looked at.
        if (useWindow.getState().device !== undefined) useWindow.getState().openDevice(id);
      }
    },
    [filter, sort, descending, group],
  );
}

export interface Sight {
  readonly rows: number;
  readonly page: number;
  /** The device the cursor is on, when it is known. */
  readonly here: string | undefined;
  scrollTo(row: number): void;
}

export function pressed(event: KeyboardEvent<HTMLDivElement>, order: Order, { rows, page, here, scrollTo }: Sight) {
  if (event.target !== event.currentTarget || rows === 0) return;
  const state = useFleet.getState();
  const next = movedTo(event.key, state.cursor, rows, page);
  if (next !== undefined) {
    event.preventDefault();
    state.place(next, event.shiftKey);
    scrollTo(next);
    if (event.shiftKey) void between(order, state.anchor, next).then(state.select);
  } else if (event.key === 'Enter' && here && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    useWindow.getState().openDevice(here);
  } else if (event.key === ' ' && here) {
    event.preventDefault();
    state.toggle(here);
  } else if (event.key === 'Escape' && useWindow.getState().device === undefined && state.selected.size > 0) {
    event.preventDefault();
    state.select([]);
  }
}

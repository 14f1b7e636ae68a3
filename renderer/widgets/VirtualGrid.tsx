// The shell of a table of which only the rows in sight are drawn: it scrolls, measures itself, and names the active row.
// biome-ignore-all lint/a11y/useSemanticElements: rows that a CSS grid lays out and that exist only while in sight cannot be a table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row (aria-activedescendant)
import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { type CSSProperties, type HTMLAttributes, type ReactNode, useCallback, useEffect, useRef } from 'react';
import { useRowHeight, useSettings } from '../store/settings.ts';
import styles from './Grid.module.css';
import { useWidth } from './width.ts';

export type GridParts = ReturnType<typeof useGrid>;

/** What a table needs to know before it draws its rows: its width, its scale, which rows are in sight. */
export function useGrid(rows: number, overscan: number) {
  const scale = useSettings((state) => state.textSize) / 100;
  const rowHeight = useRowHeight();
  const scroller = useRef<HTMLDivElement>(null);
  const [measure, width] = useWidth();
  // One function for good: a new one would make React measure again with every snapshot.
  const attach = useCallback(
    (element: HTMLDivElement | null) => {
      scroller.current = element;
      measure(element);
    },
    [measure],
  );
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  useEffect(() => {
    if (rowHeight > 0) virtual.measure();
  }, [rowHeight, virtual]);
  const page = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
  return { scale, rowHeight, scroller, width, attach, virtual, rows, page };
}

/** Where the keys that move want the cursor to be; undefined for other keys. */
export function movedTo(key: string, at: number, rows: number, page: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: rows - 1,
  };
  const move = moves[key];
  return move === undefined ? undefined : Math.max(0, Math.min(rows - 1, move));
}

export function VirtualGrid({
  grid,
  template,
  active,
  head,
  empty,
  row,
  className,
  ...rest
}: {
  readonly grid: GridParts;
  /** Of the columns, for the head; rows have it themselves. */
  readonly template: string;
  /** Id of the row the keyboard is on. */
  readonly active: string | undefined;
  /** The cells of the head. */
  readonly head: ReactNode;
  /** In the place of rows. */
  readonly empty: ReactNode;
  row(item: VirtualItem): ReactNode;
} & Omit<HTMLAttributes<HTMLDivElement>, 'role' | 'tabIndex' | 'children'>) {
  return (
    <div
      ref={grid.attach}
      className={`${styles.scroll} ${className ?? ''}`}
      role="grid"
      tabIndex={0}
      aria-rowcount={grid.rows + 1}
      aria-activedescendant={active}
      {...rest}
    >
      <div role="row" aria-rowindex={1} className={styles.head} style={{ gridTemplateColumns: template }}>
        {head}
      </div>
      {empty}
      <div role="rowgroup" className={styles.body} style={{ height: grid.virtual.getTotalSize() }}>
        {grid.virtual.getVirtualItems().map(row)}
      </div>
    </div>
  );
}

export const placed = (top: number, height: number, template: string): CSSProperties => ({
  transform: `translateY(${top}px)`,
  height,
  gridTemplateColumns: template,
});

// Rows that are all here already, as a table of which only what is in sight is drawn. Arrows move, Enter does what a click does.
// biome-ignore-all lint/a11y/useSemanticElements: rows that a CSS grid lays out and that exist only while in sight cannot be a table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row (aria-activedescendant)
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useId, useMemo, useRef } from 'react';
import { useRowHeight, useSettings } from '../store/settings.ts';
import grid from './Grid.module.css';
import { useWidth } from './width.ts';

export interface Column<Row> {
  readonly key: string;
  readonly head: string;
  /** Least width in px at 100% text. */
  readonly width: number;
  /** Share of the room that is left; none when left out. */
  readonly grows?: number;
  readonly number?: boolean;
  /** Left out where there is no room for all, the highest first. */
  readonly dispensable?: number;
  cell(row: Row): ReactNode;
}

export function RowGrid<Row>({
  label,
  rows,
  columns: all,
  keyOf,
  chosen,
  choose,
  empty,
  foot,
}: {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  keyOf(row: Row, index: number): string | number;
  /** Place of the chosen row; -1 for none. */
  readonly chosen: number;
  /** By a click or the keyboard; undefined when the chosen row is chosen again. */
  choose(index: number | undefined): void;
  /** Instead of rows. */
  readonly empty?: ReactNode;
  /** Below the last row. */
  readonly foot?: ReactNode;
}) {
  const id = useId();
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
  const scale = useSettings((state) => state.textSize) / 100;
  const rowHeight = useRowHeight();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  useEffect(() => {
    if (rowHeight > 0) virtual.measure();
  }, [rowHeight, virtual]);

  const columns = useMemo(() => fitting(all, width / scale), [all, width, scale]);
  const template = columns
    .map(({ width, grows }) => (grows ? `minmax(${width * scale}px, ${grows}fr)` : `${width * scale}px`))
    .join(' ');
  const minWidth = columns.reduce((sum, { width }) => sum + width * scale, 0);

  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || rows.length === 0) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const moves: Record<string, number> = {
      ArrowDown: chosen + 1,
      ArrowUp: chosen < 0 ? rows.length - 1 : chosen - 1,
      PageDown: chosen + page,
      PageUp: chosen - page,
      Home: 0,
      End: rows.length - 1,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, move));
    choose(next);
    virtual.scrollToIndex(next);
  };

  return (
    <div
      ref={attach}
      className={grid.scroll}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={chosen >= 0 && chosen < rows.length ? `${id}-${chosen}` : undefined}
      onKeyDown={press}
    >
      <div role="row" aria-rowindex={1} className={grid.head} style={{ gridTemplateColumns: template, minWidth }}>
        {columns.map(({ key, head, number }) => (
          <div key={key} role="columnheader" className={`${grid.headCell} ${number ? grid.number : ''}`} title={head}>
            <span className="clip">{head}</span>
          </div>
        ))}
      </div>
      {rows.length === 0 ? empty : null}
      <div role="rowgroup" className={grid.body} style={{ height: virtual.getTotalSize(), minWidth }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
            <div
              key={keyOf(row, index)}
              id={`${id}-${index}`}
              role="row"
              tabIndex={-1}
              aria-rowindex={index + 2}
              aria-selected={index === chosen}
              className={`${grid.row} ${index === chosen ? grid.cursor : ''}`}
              style={{ transform: `translateY(${start}px)`, height: rowHeight, gridTemplateColumns: template }}
              onClick={() => choose(index === chosen ? undefined : index)}
            >
              {columns.map(({ key, number, cell }) => (
                <div key={key} role="gridcell" className={`${grid.cell} ${number ? grid.number : ''}`}>
                  {cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {foot}
    </div>
  );
}

/** All columns when the width is not known yet. */
function fitting<Row>(all: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  let columns = all;
  const order = all
    .filter(({ dispensable }) => dispensable !== undefined)
    .sort((one, other) => (other.dispensable ?? 0) - (one.dispensable ?? 0));
  for (const least of order) {
    if (width === 0 || columns.reduce((sum, column) => sum + column.width, 0) <= width) break;
    columns = columns.filter((column) => column !== least);
  }
  return columns;
}

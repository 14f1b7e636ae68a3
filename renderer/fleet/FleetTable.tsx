// The devices as a table. Only the rows in sight are asked for and drawn; sorting and filtering are the host's.
// biome-ignore-all lint/a11y/useSemanticElements: rows that a CSS grid lays out and that exist only while in sight cannot be a table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row (aria-activedescendant)
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { flexRender, getCoreRowModel, type Row, useReactTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { selectAllMatching } from '../actions/registry.ts';
import { client } from '../connection/client.ts';
import { useSnapshot } from '../connection/hooks.ts';
import type { DeviceRow } from '../connection/shapes.ts';
import { useFleet } from '../store/fleet.ts';
import { useRowHeight, useSettings } from '../store/settings.ts';
import { useWindow } from '../store/window.ts';
import grid from '../widgets/Grid.module.css';
import { Empty } from '../widgets/Notes.tsx';
import { useWidth } from '../widgets/width.ts';
import { columns, cramped, dispensable } from './columns.tsx';
import styles from './Fleet.module.css';

/** Rows are asked for in steps of this many, so that scrolling by a line asks nothing new. */
const step = 50;
const checkWidth = 32;
const tightBelow = 480;
const noRows: readonly DeviceRow[] = [];

export function FleetTable() {
  const { filter, sort, descending, cursor } = useFleet();
  const selected = useFleet((state) => state.selected);
  const device = useWindow((state) => state.device);
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
  const [range, setRange] = useState({ from: 0, count: step });

  const { data } = useSnapshot('fleet', { filter, sort, descending, ...range });
  const matching = data?.matching ?? 0;
  const rows = data?.rows ?? noRows;
  const first = data?.from ?? 0;

  const virtual = useVirtualizer({
    count: matching,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => index,
  });
  useEffect(() => {
    if (rowHeight > 0) virtual.measure();
  }, [rowHeight, virtual]);
  const items = virtual.getVirtualItems();
  const seenFrom = items[0]?.index ?? 0;
  const seenTo = items.at(-1)?.index ?? 0;
  useEffect(() => {
    const from = Math.floor(seenFrom / step) * step;
    const count = Math.min(500, Math.max(step, Math.ceil((seenTo + 1 - from) / step) * step));
    setRange((now) => (now.from === from && now.count === count ? now : { from, count }));
  }, [seenFrom, seenTo]);

  const [sizes, setSizes] = useState<Record<string, number>>({});
  const visibility = useMemo(() => fitting(width, scale, sizes), [width, scale, sizes]);
  const tight = width > 0 && width < tightBelow * scale;
  const table = useReactTable({
    data: rows as DeviceRow[],
    columns,
    getCoreRowModel: getCoreRowModel(),
    getRowId: (row) => row.id,
    manualSorting: true,
    // There are no pages; left on, the table would set its page anew after every snapshot and draw once more for it.
    autoResetAll: false,
    autoResetPageIndex: false,
    columnResizeMode: 'onChange',
    state: { columnVisibility: visibility, columnSizing: tight ? cramped : sizes },
    onColumnSizingChange: setSizes,
  });
  const shown = table.getVisibleLeafColumns();
  const template = `${checkWidth * scale}px ${shown
    .map((each) => {
      const size = each.getSize() * scale;
      return each.columnDef.meta?.grows ? `minmax(${size}px, ${size}fr)` : `${size}px`;
    })
    .join(' ')}`;
  const tableRows = table.getRowModel().rows;

  const idAt = useCallback(
    async (from: number, to: number): Promise<readonly string[]> => {
      const view = await client.once('fleet', { filter, sort, descending, from: 0, count: 0, wall: true });
      return view.wall?.ids.slice(Math.min(from, to), Math.max(from, to) + 1) ?? [];
    },
    [filter, sort, descending],
  );

  const pick = useCallback(
    (index: number, id: string, event: MouseEvent) => {
      const state = useFleet.getState();
      if (event.shiftKey) {
        state.place(index, true);
        void idAt(state.anchor, index).then(state.select);
      } else if (event.ctrlKey || event.metaKey) {
        state.place(index);
        state.toggle(id);
      } else {
        state.place(index);
        state.select([id]);
        // An open page follows the row that is looked at.
        if (useWindow.getState().device !== undefined) useWindow.getState().openDevice(id);
      }
    },
    [idAt],
  );

  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const moves: Record<string, number> = {
      ArrowDown: cursor + 1,
      ArrowUp: cursor - 1,
      PageDown: cursor + page,
      PageUp: cursor - page,
      Home: 0,
      End: matching - 1,
    };
    const state = useFleet.getState();
    const here = rows[cursor - first]?.id;
    const move = moves[event.key];
    if (move !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(matching - 1, move));
      state.place(next, event.shiftKey);
      virtual.scrollToIndex(next);
      if (event.shiftKey) void idAt(state.anchor, next).then(state.select);
    } else if (event.key === 'Enter' && here && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      useWindow.getState().openDevice(here);
    } else if (event.key === ' ' && here) {
      event.preventDefault();
      state.toggle(here);
    } else if (event.key === 'Escape' && device === undefined && state.selected.size > 0) {
      event.preventDefault();
      state.select([]);
    }
  };

  const allSelected = matching > 0 && selected.size >= matching;
  return (
    <div
      ref={attach}
      className={`${grid.scroll} ${tight ? styles.tight : ''}`}
      role="grid"
      tabIndex={0}
      aria-label="Devices"
      aria-multiselectable="true"
      aria-rowcount={matching + 1}
      aria-colcount={shown.length + 1}
      aria-activedescendant={rows[cursor - first] ? `device-row-${cursor}` : undefined}
      onKeyDown={press}
    >
      <div role="row" aria-rowindex={1} className={grid.head} style={{ gridTemplateColumns: template }}>
        <div role="columnheader" className={grid.headCell}>
          <input
            type="checkbox"
            aria-label="Select every matching device"
            className={styles.check}
            checked={allSelected}
            ref={(box) => {
              if (box) box.indeterminate = selected.size > 0 && !allSelected;
            }}
            onChange={() => (allSelected ? useFleet.getState().select([]) : void selectAllMatching())}
          />
        </div>
        {table.getFlatHeaders().map((header) => {
          const { sort: key, number } = header.column.columnDef.meta ?? {};
          const sorted = key !== undefined && key === sort;
          const text = flexRender(header.column.columnDef.header, header.getContext());
          return (
            <div
              key={header.id}
              role="columnheader"
              aria-sort={sorted ? (descending ? 'descending' : 'ascending') : undefined}
              className={`${grid.headCell} ${number ? grid.number : ''} ${sorted ? grid.sorted : ''}`}
            >
              {key ? (
                <button
                  type="button"
                  className={`${grid.sort} ${number ? grid.number : ''}`}
                  onClick={() => useFleet.getState().sortBy(key)}
                >
                  <span className="clip">{text}</span>
                  {sorted ? (
                    descending ? (
                      <IconArrowDown aria-hidden="true" />
                    ) : (
                      <IconArrowUp aria-hidden="true" />
                    )
                  ) : null}
                </button>
              ) : (
                <span className="clip">{text}</span>
              )}
              {/* Sizing by mouse only; every column also shows its whole text on hover. */}
              <span
                aria-hidden="true"
                className={grid.grip}
                onMouseDown={header.getResizeHandler()}
                onDoubleClick={() => header.column.resetSize()}
              />
            </div>
          );
        })}
      </div>
      {data && matching === 0 ? (
        <Empty title="No device matches">
          <p>Clear the filter, or press Esc in it, to see all {data.total}.</p>
        </Empty>
      ) : null}
      <div role="rowgroup" className={grid.body} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = tableRows[item.index - first];
          return row ? (
            <Line
              key={item.key}
              row={row}
              index={item.index}
              top={item.start}
              height={rowHeight}
              template={template}
              selected={selected.has(row.id)}
              open={row.id === device}
              cursor={item.index === cursor}
              pick={pick}
            />
          ) : (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              aria-busy="true"
              className={grid.row}
              style={{ transform: `translateY(${item.start}px)`, height: rowHeight, gridTemplateColumns: template }}
            >
              <div role="gridcell" className={grid.cell} style={{ gridColumn: '2 / -1' }}>
                <span className={grid.skeleton} />
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface LineProps {
  readonly row: Row<DeviceRow>;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly template: string;
  readonly selected: boolean;
  readonly open: boolean;
  readonly cursor: boolean;
  pick(index: number, id: string, event: MouseEvent): void;
}

const Line = memo(
  function Line({ row, index, top, height, template, selected, open, cursor, pick }: LineProps) {
    const id = row.original.id;
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
      <div
        id={`device-row-${index}`}
        role="row"
        tabIndex={-1}
        aria-rowindex={index + 2}
        aria-selected={selected}
        aria-current={open ? 'true' : undefined}
        className={`${grid.row} ${styles.row} ${cursor ? grid.cursor : ''}`}
        style={{ transform: `translateY(${top}px)`, height, gridTemplateColumns: template }}
        onClick={(event) => pick(index, id, event)}
        onDoubleClick={() => useWindow.getState().openDevice(id)}
      >
        <div role="gridcell" className={grid.cell}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select ${id}`}
            className={styles.check}
            checked={selected}
            onClick={(event) => event.stopPropagation()}
            onChange={() => {
              useFleet.getState().place(index);
              useFleet.getState().toggle(id);
            }}
          />
        </div>
        {row.getVisibleCells().map((cell) => (
          <div
            key={cell.id}
            role="gridcell"
            className={`${grid.cell} ${cell.column.columnDef.meta?.number ? grid.number : ''}`}
          >
            {cell.column.id === 'id' ? (
              <button
                type="button"
                tabIndex={-1}
                className={`${styles.id} clip`}
                title={`Open ${id}`}
                onClick={(event) => {
                  if (event.shiftKey || event.ctrlKey || event.metaKey) return;
                  event.stopPropagation();
                  useFleet.getState().place(index);
                  useWindow.getState().openDevice(id);
                }}
              >
                {id}
              </button>
            ) : (
              flexRender(cell.column.columnDef.cell, cell.getContext())
            )}
          </div>
        ))}
      </div>
    );
  },
  // Every snapshot brings new objects; a row is drawn again only when something in it is different.
  (before, after) =>
    before.index === after.index &&
    before.top === after.top &&
    before.height === after.height &&
    before.template === after.template &&
    before.selected === after.selected &&
    before.open === after.open &&
    before.cursor === after.cursor &&
    before.pick === after.pick &&
    JSON.stringify(before.row.original) === JSON.stringify(after.row.original),
);

function fitting(width: number, scale: number, sizes: Readonly<Record<string, number>>): Record<string, boolean> {
  const widths = new Map(
    columns.map((each) => {
      const id = each.id ?? ('accessorKey' in each ? String(each.accessorKey) : '');
      return [id, (sizes[id] ?? each.size ?? 100) * scale];
    }),
  );
  let sum = checkWidth * scale + [...widths.values()].reduce((total, each) => total + each, 0);
  const visible: Record<string, boolean> = {};
  for (const id of dispensable) {
    if (width === 0 || sum <= width) break;
    visible[id] = false;
    sum -= widths.get(id) ?? 0;
  }
  return visible;
}

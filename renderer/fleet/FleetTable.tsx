// The devices as a table. Only the rows in sight are asked for and drawn; sorting and filtering are the host's.
// biome-ignore-all lint/a11y/useSemanticElements: rows that a CSS grid lays out and that exist only while in sight cannot be a table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row (aria-activedescendant)
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { flexRender, getCoreRowModel, type Header, useReactTable } from '@tanstack/react-table';
import { useEffect, useMemo, useState } from 'react';
import { selectAllMatching } from '../actions/registry.ts';
import { useSnapshot, useTotals } from '../connection/hooks.ts';
import type { DeviceRow } from '../connection/shapes.ts';
import { useFleet } from '../store/fleet.ts';
import { useWindow } from '../store/window.ts';
import grid from '../widgets/Grid.module.css';
import { Empty } from '../widgets/Notes.tsx';
import { placed, useGrid, VirtualGrid } from '../widgets/VirtualGrid.tsx';
import { columns, cramped, dispensable } from './columns.tsx';
import styles from './Fleet.module.css';
import { GroupLine, Line } from './FleetLine.tsx';
import { type Groups, lineOf, onLine, rowFrom } from './groups.ts';
import { pressed, usePick } from './keys.ts';

/** Rows are asked for in steps of this many, so that scrolling by a line asks nothing new. */
const step = 50;
const checkWidth = 32;
const tightBelow = 480;
const noRows: readonly DeviceRow[] = [];
const noGroups: Groups = [];

export function FleetTable() {
  const { filter, sort, descending, group, cursor } = useFleet();
  const selected = useFleet((state) => state.selected);
  const device = useWindow((state) => state.device);
  const [range, setRange] = useState({ from: 0, count: step });
  const order = { filter, sort, descending, group };

  const { data } = useSnapshot('fleet', { ...order, ...range });
  const matching = data?.matching ?? 0;
  const rows = data?.rows ?? noRows;
  const groups = data?.groups ?? noGroups;
  const first = data?.from ?? 0;

  const parts = useGrid(matching + groups.length, 8);
  const { scale, width, rowHeight, virtual } = parts;
  const items = virtual.getVirtualItems();
  const seenFrom = rowFrom(items[0]?.index ?? 0, groups);
  const seenTo = rowFrom(items.at(-1)?.index ?? 0, groups);
  useEffect(() => {
    const from = Math.floor(seenFrom / step) * step;
    const count = Math.min(500, Math.max(step, Math.ceil((seenTo + 1 - from) / step) * step));
    setRange((now) => (now.from === from && now.count === count ? now : { from, count }));
  }, [seenFrom, seenTo]);

  const [sizes, setSizes] = useState<Record<string, number>>({});
  // A column that would be empty is left to the others until there is something to count.
  const sends = useTotals((totals) => totals.fleets.some(({ spec }) => spec.telemetry !== undefined)) ?? false;
  const [counted, setCounted] = useState(false);
  const some = sends || rows.some(({ messages }) => messages > 0);
  if (some && !counted) setCounted(true);
  const visibility = useMemo(() => fitting(width, scale, sizes, counted), [width, scale, sizes, counted]);
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
  const pick = usePick(order);

  return (
    <VirtualGrid
      grid={parts}
      className={tight ? styles.tight : ''}
      aria-label="Devices"
      aria-multiselectable="true"
      aria-colcount={shown.length + 1}
      active={rows[cursor - first] ? `device-row-${cursor}` : undefined}
      template={template}
      onKeyDown={(event) =>
        pressed(event, order, {
          rows: matching,
          page: parts.page(),
          here: rows[cursor - first]?.id,
          scrollTo: (row) => virtual.scrollToIndex(lineOf(row, groups)),
        })
      }
      head={
        <>
          <div role="columnheader" className={grid.headCell}>
            <SelectAll selected={selected.size} matching={matching} />
          </div>
          {table.getFlatHeaders().map((header) => (
            <Head key={header.id} header={header} />
          ))}
        </>
      }
      empty={
        data && matching === 0 ? (
          <Empty title="No device matches">
            <p>Clear the filter, or press Esc in it, to see all {data.total}.</p>
          </Empty>
        ) : null
      }
      row={(item) => {
        const found = onLine(item.index, groups);
        const line = { line: item.index, style: placed(item.start, rowHeight, template) };
        if (typeof found !== 'number') return <GroupLine key={item.key} group={found} by={group} {...line} />;
        const row = tableRows[found - first];
        return row ? (
          <Line
            key={item.key}
            row={row}
            index={found}
            {...line}
            selected={selected.has(row.id)}
            open={row.id === device}
            cursor={found === cursor}
            pick={pick}
          />
        ) : (
          <div
            key={item.key}
            role="row"
            aria-rowindex={item.index + 2}
            aria-busy="true"
            className={grid.row}
            style={line.style}
          >
            <div role="gridcell" className={grid.cell} style={{ gridColumn: '2 / -1' }}>
              <span className={grid.skeleton} />
            </div>
          </div>
        );
      }}
    />
  );
}

function SelectAll({ selected, matching }: { readonly selected: number; readonly matching: number }) {
  const all = matching > 0 && selected >= matching;
  return (
    <input
      type="checkbox"
      aria-label="Select every matching device"
      className={styles.check}
      checked={all}
      ref={(box) => {
        if (box) box.indeterminate = selected > 0 && !all;
      }}
      onChange={() => (all ? useFleet.getState().select([]) : void selectAllMatching())}
    />
  );
}

function Head({ header }: { readonly header: Header<DeviceRow, unknown> }) {
  const { sort, descending } = useFleet();
  const { sort: key, number } = header.column.columnDef.meta ?? {};
  const sorted = key !== undefined && key === sort;
  const Arrow = descending ? IconArrowDown : IconArrowUp;
  const text = <span className="clip">{flexRender(header.column.columnDef.header, header.getContext())}</span>;
  return (
    <div
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
          {text}
          {sorted ? <Arrow aria-hidden="true" /> : null}
        </button>
      ) : (
        text
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
}

function fitting(
  width: number,
  scale: number,
  sizes: Readonly<Record<string, number>>,
  withMessages: boolean,
): Record<string, boolean> {
  const widths = new Map(
    columns.map((each) => {
      const id = each.id ?? ('accessorKey' in each ? String(each.accessorKey) : '');
      return [id, (sizes[id] ?? each.size ?? 100) * scale];
    }),
  );
  const visible: Record<string, boolean> = {};
  if (!withMessages) {
    visible.messages = false;
    widths.set('messages', 0);
  }
  let sum = checkWidth * scale + [...widths.values()].reduce((total, each) => total + each, 0);
  for (const id of dispensable) {
    if (width === 0 || sum <= width) break;
    visible[id] = false;
    sum -= widths.get(id) ?? 0;
  }
  return visible;
}

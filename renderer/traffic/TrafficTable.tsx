// The rows of traffic, oldest first, newest at the foot. Follows the newest until the reader scrolls away; then the rows are held.
// biome-ignore-all lint/a11y/useSemanticElements: rows that a CSS grid lays out and that exist only while in sight cannot be a table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row (aria-activedescendant)
import { memo, useEffect, useMemo } from 'react';
import type { TrafficRow, TrafficView } from '../connection/shapes.ts';
import { type TrafficPlace, useTraffic } from '../store/traffic.ts';
import grid from '../widgets/Grid.module.css';
import { Empty } from '../widgets/Notes.tsx';
import { movedTo, placed, useGrid, VirtualGrid } from '../widgets/VirtualGrid.tsx';
import { allColumns, type Column, cell, heads, spans, statusColumns, widths } from './cells.tsx';
import styles from './Traffic.module.css';
import { ScaleMarks, scaleOf } from './Waterfall.tsx';

const dispensable: readonly Column[] = ['size', 'kind', 'waterfall', 'time'];
const numbers: ReadonlySet<Column> = new Set(['size', 'duration']);

export function TrafficTable({
  place,
  view,
  withDevice,
  hold,
  follow,
}: {
  readonly place: TrafficPlace;
  readonly view: TrafficView;
  readonly withDevice: boolean;
  hold(): void;
  follow(): void;
}) {
  const { open, held, filter } = useTraffic((state) => state[place]);
  const change = useTraffic((state) => state.change);
  const rows = view.rows;
  const parts = useGrid(rows.length, 10);
  const { scale: textScale, rowHeight, width, scroller, virtual } = parts;
  const scale = useMemo(() => scaleOf(rows), [rows]);

  const columns = useMemo(() => fitting(withDevice, width, textScale), [withDevice, width, textScale]);
  const template = columns
    .map((column) => {
      const least = widths[column] * textScale;
      if (column === 'name') return `minmax(${least}px, 1.2fr)`;
      return column === 'waterfall' ? `minmax(${least}px, 1fr)` : `${least}px`;
    })
    .join(' ');

  // The foot is kept in sight while following; `rows` is new with every snapshot.
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows, open and width are what moves the foot
  useEffect(() => {
    const element = scroller.current;
    if (element && !held && open === undefined) element.scrollTop = element.scrollHeight;
  }, [rows, held, open, width]);
  const atFoot = () => {
    const element = scroller.current;
    return !element || element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight * 1.5;
  };

  const at = rows.findIndex((row) => row.id === open);
  const press = (event: React.KeyboardEvent) => {
    // Without an open row the arrows begin at the newest.
    const next = movedTo(event.key, at < 0 && event.key.startsWith('Arrow') ? rows.length : at, rows.length, 10);
    const row = next === undefined ? undefined : rows[next];
    if (next === undefined || !row) return;
    event.preventDefault();
    if (!held) hold();
    change(place, { open: row.id });
    virtual.scrollToIndex(next);
  };

  return (
    <VirtualGrid
      grid={parts}
      aria-label="Traffic"
      aria-colcount={columns.length}
      active={at >= 0 ? `${place}-row-${open}` : undefined}
      template={template}
      onKeyDown={press}
      onWheel={(event) => {
        if (event.deltaY < 0 && !held && rows.length * rowHeight > (scroller.current?.clientHeight ?? 0)) hold();
        else if (event.deltaY > 0 && held && open === undefined && atFoot()) follow();
      }}
      head={columns.map((column) => (
        <div
          key={column}
          role="columnheader"
          className={`${grid.headCell} ${numbers.has(column) ? grid.number : ''}`}
          title={column === 'http' ? 'HTTP status: what the service answered' : heads[column]}
        >
          {column === 'waterfall' ? (
            <>
              <span className="unseen">Waterfall</span>
              <ScaleMarks scale={scale} />
            </>
          ) : (
            <span className="clip">{column === 'status' ? 'Device' : heads[column]}</span>
          )}
        </div>
      ))}
      empty={
        rows.length > 0 ? null : filter.trim() === '' ? (
          <Empty title="No traffic yet">
            <p>Invoke a method, or change a desired property: every call, patch, message and connection shows here.</p>
          </Empty>
        ) : (
          <Empty title="No row matches">
            <p>Clear the filter to see the others.</p>
          </Empty>
        )
      }
      row={(item) => {
        const row = rows[item.index];
        return row ? (
          <Line
            key={item.key}
            place={place}
            row={row}
            index={item.index}
            top={item.start}
            height={rowHeight}
            template={template}
            columns={columns}
            scale={scale}
            open={row.id === open}
          />
        ) : null;
      }}
    />
  );
}

interface LineProps {
  readonly place: TrafficPlace;
  readonly row: TrafficRow;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly template: string;
  readonly columns: readonly Column[];
  readonly scale: number;
  readonly open: boolean;
}

const Line = memo(
  function Line({ place, row, index, top, height, template, columns, scale, open }: LineProps) {
    const wide = spans(row);
    const failed = row.error !== undefined || (row.httpStatus !== undefined && row.httpStatus !== 200);
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
      <div
        id={`${place}-row-${row.id}`}
        role="row"
        tabIndex={-1}
        aria-rowindex={index + 2}
        aria-selected={open}
        className={`${grid.row} ${failed ? styles.failed : ''} ${open ? grid.cursor : ''}`}
        style={placed(top, height, template)}
        onClick={() => useTraffic.getState().change(place, { open: open ? undefined : row.id })}
      >
        {columns.map((column) =>
          wide && statusColumns.has(column) ? null : (
            <div
              key={column}
              role="gridcell"
              aria-colspan={wide && column === 'name' ? 3 : undefined}
              className={`${grid.cell} ${numbers.has(column) ? grid.number : ''} ${wide && column === 'name' ? styles.wide : ''}`}
            >
              {cell(column, row, scale, columns.includes('kind'))}
            </div>
          ),
        )}
      </div>
    );
  },
  (before, after) =>
    before.index === after.index &&
    before.top === after.top &&
    before.height === after.height &&
    before.template === after.template &&
    before.scale === after.scale &&
    before.open === after.open &&
    // A row that has ended does not change any more, but for what is still said about it.
    before.row.pending === after.row.pending &&
    before.row.id === after.row.id &&
    before.row.outcome === after.row.outcome &&
    before.row.detail === after.row.detail &&
    before.row.httpStatus === after.row.httpStatus &&
    before.row.duration === after.row.duration &&
    before.row.faults?.length === after.row.faults?.length &&
    before.row.hints === after.row.hints,
);

function fitting(withDevice: boolean, width: number, scale: number): readonly Column[] {
  let columns: readonly Column[] = allColumns.filter((column) => withDevice || column !== 'device');
  for (const column of dispensable) {
    const sum = columns.reduce((total, each) => total + widths[each] * scale, 0);
    if (width === 0 || sum <= width) break;
    columns = columns.filter((each) => each !== column);
  }
  return columns;
}

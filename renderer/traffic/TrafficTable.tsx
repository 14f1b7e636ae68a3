// The rows of traffic, oldest first, newest at the foot. Follows the newest until the reader scrolls away; then the rows are held.
// biome-ignore-all lint/a11y/useSemanticElements: rows that a CSS grid lays out and that exist only while in sight cannot be a table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row (aria-activedescendant)
import {
  IconAlertSquare,
  IconArrowsLeftRight,
  IconBulb,
  IconFileCode,
  IconMessage,
  IconPlug,
} from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useCallback, useEffect, useMemo, useRef } from 'react';
import type { TrafficKind, TrafficRow, TrafficView } from '../connection/shapes.ts';
import { useRowHeight, useSettings } from '../store/settings.ts';
import { type TrafficPlace, useTraffic } from '../store/traffic.ts';
import { useWindow } from '../store/window.ts';
import { bytes, moment, timeOfDay } from '../widgets/format.ts';
import grid from '../widgets/Grid.module.css';
import { Empty } from '../widgets/Notes.tsx';
import { Bolt } from '../widgets/StateMark.tsx';
import { DeviceStatus, HttpStatus } from '../widgets/Status.tsx';
import { useWidth } from '../widgets/width.ts';
import styles from './Traffic.module.css';
import { Duration, ScaleMarks, scaleOf, Waterfall } from './Waterfall.tsx';

export const kindMarks: Readonly<Record<TrafficKind, readonly [string, typeof IconPlug]>> = {
  method: ['method', IconArrowsLeftRight],
  twin: ['twin', IconFileCode],
  message: ['message', IconMessage],
  link: ['link', IconPlug],
  fault: ['fault', IconAlertSquare],
  hint: ['hint', IconBulb],
};

const all = ['time', 'device', 'kind', 'name', 'http', 'status', 'size', 'duration', 'waterfall'] as const;
type Column = (typeof all)[number];
const heads: Readonly<Record<Column, string>> = {
  time: 'Time',
  device: 'Device',
  kind: 'Kind',
  name: 'Name',
  http: 'HTTP',
  status: 'Device status',
  size: 'Size',
  duration: 'Duration',
  waterfall: 'Waterfall',
};
/** Least width of each in px at 100% text. */
const widths: Readonly<Record<Column, number>> = {
  time: 96,
  device: 112,
  kind: 84,
  name: 148,
  http: 60,
  status: 64,
  size: 68,
  duration: 80,
  waterfall: 144,
};
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
  const textSize = useSettings((state) => state.textSize);
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
  const rows = view.rows;
  const scale = useMemo(() => scaleOf(rows), [rows]);

  const columns = useMemo(() => fitting(withDevice, width, textSize / 100), [withDevice, width, textSize]);
  const template = columns
    .map((column) => {
      const least = (widths[column] * textSize) / 100;
      if (column === 'name') return `minmax(${least}px, 1.2fr)`;
      return column === 'waterfall' ? `minmax(${least}px, 1fr)` : `${least}px`;
    })
    .join(' ');

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  useEffect(() => {
    if (rowHeight > 0) virtual.measure();
  }, [rowHeight, virtual]);

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
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const moves: Record<string, number> = {
      ArrowDown: at < 0 ? rows.length - 1 : at + 1,
      ArrowUp: at < 0 ? rows.length - 1 : at - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: at + 10,
      PageUp: at - 10,
    };
    const move = moves[event.key];
    if (move === undefined || rows.length === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, move));
    const row = rows[next];
    if (!row) return;
    if (!held) hold();
    change(place, { open: row.id });
    virtual.scrollToIndex(next);
  };

  return (
    <div
      ref={attach}
      className={grid.scroll}
      role="grid"
      tabIndex={0}
      aria-label="Traffic"
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={at >= 0 ? `${place}-row-${open}` : undefined}
      onKeyDown={press}
      onWheel={(event) => {
        if (event.deltaY < 0 && !held && rows.length * rowHeight > (scroller.current?.clientHeight ?? 0)) hold();
        else if (event.deltaY > 0 && held && open === undefined && atFoot()) follow();
      }}
    >
      <div role="row" aria-rowindex={1} className={grid.head} style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
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
      </div>
      {rows.length === 0 ? (
        filter.trim() === '' ? (
          <Empty title="No traffic yet">
            <p>Invoke a method, or change a desired property: every call, patch and connection shows here.</p>
          </Empty>
        ) : (
          <Empty title="No row matches">
            <p>Clear the filter to see the others.</p>
          </Empty>
        )
      ) : null}
      <div role="rowgroup" className={grid.body} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
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
        })}
      </div>
    </div>
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
    const failed = row.httpStatus !== undefined && row.httpStatus !== 200;
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
      <div
        id={`${place}-row-${row.id}`}
        role="row"
        tabIndex={-1}
        aria-rowindex={index + 2}
        aria-selected={open}
        className={`${grid.row} ${failed ? styles.failed : ''} ${open ? grid.cursor : ''}`}
        style={{ transform: `translateY(${top}px)`, height, gridTemplateColumns: template }}
        onClick={() => useTraffic.getState().change(place, { open: open ? undefined : row.id })}
      >
        {columns.map((column) => (
          <div key={column} role="gridcell" className={`${grid.cell} ${numbers.has(column) ? grid.number : ''}`}>
            {cell(column, row, scale)}
          </div>
        ))}
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
    // A row that has ended does not change any more.
    before.row.pending === after.row.pending &&
    before.row.id === after.row.id &&
    before.row.httpStatus === after.row.httpStatus &&
    before.row.duration === after.row.duration &&
    before.row.faults?.length === after.row.faults?.length &&
    before.row.hints === after.row.hints,
);

function cell(column: Column, row: TrafficRow, scale: number) {
  switch (column) {
    case 'time':
      return (
        <time className="quiet" dateTime={new Date(row.at).toISOString()} title={moment(row.at)}>
          {timeOfDay(row.at)}
        </time>
      );
    case 'device':
      return row.device ? (
        <button
          type="button"
          tabIndex={-1}
          className={`${styles.device} clip`}
          title={`Open ${row.device}`}
          onClick={(event) => {
            event.stopPropagation();
            if (row.device) useWindow.getState().openDevice(row.device);
          }}
        >
          {row.device}
        </button>
      ) : null;
    case 'kind': {
      const [word, Icon] = kindMarks[row.kind];
      return (
        <span className={styles.kind}>
          <Icon aria-hidden="true" />
          {word}
        </span>
      );
    }
    case 'name':
      return (
        <>
          <code className={row.kind === 'method' ? '' : styles.plain}>{row.name}</code>
          {row.error ? <span className={`${styles.error} clip`}>{row.error}</span> : null}
          {row.detail ? (
            <span className="clip quiet" title={row.detail}>
              {row.detail}
            </span>
          ) : null}
          {row.faults?.length ? (
            <span className={styles.mark} title={`Faults that touched it: ${row.faults.join(', ')}`}>
              <Bolt />
              <span className="unseen">under fault {row.faults.join(', ')}</span>
            </span>
          ) : null}
          {row.hints ? (
            <span className={styles.mark} title="There is a hint; open the row">
              <IconBulb aria-hidden="true" />
              <span className="unseen">has a hint</span>
            </span>
          ) : null}
        </>
      );
    case 'http':
      return row.pending ? <span className={styles.pending}>pending</span> : <HttpStatus status={row.httpStatus} />;
    case 'status':
      return <DeviceStatus status={row.deviceStatus} />;
    case 'size':
      return row.bytes === undefined ? null : <span className="quiet">{bytes(row.bytes)}</span>;
    case 'duration':
      return <Duration row={row} />;
    case 'waterfall':
      return <Waterfall row={row} scale={scale} />;
  }
}

function fitting(withDevice: boolean, width: number, scale: number): readonly Column[] {
  let columns = all.filter((column) => withDevice || column !== 'device');
  for (const column of dispensable) {
    const sum = columns.reduce((total, each) => total + widths[each] * scale, 0);
    if (width === 0 || sum <= width) break;
    columns = columns.filter((each) => each !== column);
  }
  return columns;
}

// One line of the device table: a device, or the head of a group of them.
// biome-ignore-all lint/a11y/useSemanticElements: rows that a CSS grid lays out and that exist only while in sight cannot be a table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid around them has the focus and names the active row
import { flexRender, type Row } from '@tanstack/react-table';
import { type CSSProperties, memo } from 'react';
import type { DeviceRow } from '../connection/shapes.ts';
import { useFleet } from '../store/fleet.ts';
import { useWindow } from '../store/window.ts';
import { count } from '../widgets/format.ts';
import grid from '../widgets/Grid.module.css';
import { IdText } from '../widgets/IdText.tsx';
import { protocolNames } from '../widgets/ProtocolMark.tsx';
import styles from './Fleet.module.css';
import type { Group } from './groups.ts';
import type { PickRow } from './keys.ts';

export function GroupLine({
  group: { name, count: many, online },
  by,
  line,
  style,
}: {
  readonly group: Group;
  readonly by: string;
  readonly line: number;
  readonly style: CSSProperties;
}) {
  return (
    <div role="row" aria-rowindex={line + 2} className={`${grid.row} ${styles.group}`} style={style}>
      <div role="gridcell" className={grid.cell} style={{ gridColumn: '1 / -1' }}>
        <b>{by === 'protocol' ? (protocolNames[name as DeviceRow['protocol']] ?? name) : name}</b>
        <span className="quiet">
          {count(online)} of {count(many)} online
        </span>
      </div>
    </div>
  );
}

interface LineProps {
  readonly row: Row<DeviceRow>;
  /** Its number among the rows that match. */
  readonly index: number;
  readonly line: number;
  readonly style: CSSProperties;
  readonly selected: boolean;
  readonly open: boolean;
  readonly cursor: boolean;
  readonly pick: PickRow;
}

export const Line = memo(
  function Line({ row, index, line, style, selected, open, cursor, pick }: LineProps) {
    const id = row.original.id;
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
      <div
        id={`device-row-${index}`}
        role="row"
        tabIndex={-1}
        aria-rowindex={line + 2}
        aria-selected={selected}
        aria-current={open ? 'true' : undefined}
        className={`${grid.row} ${styles.row} ${cursor ? grid.cursor : ''}`}
        style={style}
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
                aria-label={id}
                title={`Open ${id}`}
                onClick={(event) => {
                  if (event.shiftKey || event.ctrlKey || event.metaKey) return;
                  event.stopPropagation();
                  useFleet.getState().place(index);
                  useWindow.getState().openDevice(id);
                }}
              >
                <IdText id={id} />
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
    before.line === after.line &&
    before.style.transform === after.style.transform &&
    before.style.height === after.style.height &&
    before.style.gridTemplateColumns === after.style.gridTemplateColumns &&
    before.selected === after.selected &&
    before.open === after.open &&
    before.cursor === after.cursor &&
    before.pick === after.pick &&
    JSON.stringify(before.row.original) === JSON.stringify(after.row.original),
);

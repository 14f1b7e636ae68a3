// Columns of a result: a few that matter for a whole twin or a device's part in a job, else the keys that the rows have.
import { useWindow } from '../store/window.ts';
import { JsonInline } from '../widgets/JsonText.tsx';
import type { Column } from '../widgets/RowGrid.tsx';
import styles from './Query.module.css';
import type { Row } from './store.ts';

const twinKeys = ['deviceId', 'moduleId', 'status', 'connectionState', 'version', 'tags'];
const jobKeys = ['deviceId', 'moduleId', 'jobId', 'jobType', 'status', 'outcome', 'error', 'endTimeUtc'];
/** Rows that are looked at for their keys. */
const sampled = 200;
const mostColumns = 30;

export function columnsOf(rows: readonly Row[], itemType: string): readonly Column<Row>[] {
  const keys = keysOf(rows, itemType);
  return keys.map((key) => {
    const values = rows.slice(0, sampled).map((row) => row[key]);
    const number =
      values.some((value) => typeof value === 'number') &&
      values.every((value) => value === undefined || typeof value === 'number');
    return {
      key,
      head: key,
      number,
      width: widthOf(key, values),
      ...(number ? {} : { grows: key === 'tags' || values.some(isObject) ? 3 : 1 }),
      cell: (row) => <Cell name={key} row={row} />,
    };
  });
}

function keysOf(rows: readonly Row[], itemType: string): readonly string[] {
  const seen = new Set<string>();
  for (const row of rows.slice(0, sampled)) for (const key of Object.keys(row)) seen.add(key);
  const known =
    itemType === 'Twin' && seen.has('properties')
      ? twinKeys
      : itemType === 'DeviceJob' && seen.has('jobType')
        ? jobKeys
        : undefined;
  return known ? known.filter((key) => seen.has(key)) : [...seen].slice(0, mostColumns);
}

function widthOf(key: string, values: readonly unknown[]): number {
  const longest = Math.max(key.length, ...values.map((value) => (isObject(value) ? 24 : String(value ?? '').length)));
  return Math.min(240, Math.max(64, 24 + longest * 7.25));
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function Cell({ name, row }: { readonly name: string; readonly row: Row }) {
  const value = row[name];
  if (value === undefined)
    return (
      <span className="quiet" title="not there">
        –
      </span>
    );
  if (name === 'deviceId' && typeof value === 'string') return <DeviceButton device={value} module={row.moduleId} />;
  if (typeof value === 'string')
    return (
      <span className="clip" title={value}>
        {value}
      </span>
    );
  if (typeof value === 'number') return <>{value}</>;
  return (
    <span className="clip" title={JSON.stringify(value)}>
      <JsonInline value={value} />
    </span>
  );
}

export function DeviceButton({
  device,
  module,
  reached = false,
}: {
  readonly device: string;
  readonly module?: unknown;
  /** By Tab; in a grid the arrows move instead. */
  readonly reached?: boolean;
}) {
  const id = typeof module === 'string' ? `${device}/${module}` : device;
  return (
    <button
      type="button"
      tabIndex={reached ? 0 : -1}
      className={`${styles.device} clip`}
      title={`Open ${id}`}
      onClick={(event) => {
        event.stopPropagation();
        useWindow.getState().openDevice(id);
      }}
    >
      {device}
    </button>
  );
}

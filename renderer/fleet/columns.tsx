// The columns of the fleet's table: what each shows, how wide it is, and which go first when there is little room.
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react';
import { createColumnHelper } from '@tanstack/react-table';
import type { DeviceRow } from '../connection/shapes.ts';
import type { FleetSort } from '../store/fleet.ts';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { count, millis, moment, plural } from '../widgets/format.ts';
import { ProtocolMark } from '../widgets/ProtocolMark.tsx';
import { Bolt, StateMark, stateMeanings, stateWords } from '../widgets/StateMark.tsx';
import { DeviceStatus, HttpStatus } from '../widgets/Status.tsx';
import styles from './Fleet.module.css';

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData, TValue> {
    readonly sort?: FleetSort;
    readonly number?: boolean;
    /** Takes its share of spare width. */
    readonly grows?: boolean;
  }
}

const column = createColumnHelper<DeviceRow>();

export const columns = [
  column.display({
    id: 'state',
    header: 'State',
    size: 100,
    minSize: 36,
    meta: { sort: 'state' },
    cell: ({ row: { original: row } }) => (
      <span
        style={{ display: 'contents' }}
        title={`${stateMeanings[row.state]}${row.detail ? `: ${row.detail}` : ''}, since ${moment(row.since)}`}
      >
        <StateMark state={row.state} busy={row.inFlight > 0} />
        <span className={`${styles.word} clip`}>{stateWords[row.state]}</span>
        {row.faults.length > 0 ? <Bolt /> : null}
      </span>
    ),
  }),
  column.accessor('id', { header: 'Device', size: 136, minSize: 80, meta: { sort: 'id', grows: true } }),
  column.accessor('fleet', {
    header: 'Fleet',
    size: 84,
    minSize: 56,
    cell: (cell) => <span className={`${styles.second} clip`}>{cell.getValue()}</span>,
  }),
  column.display({
    id: 'protocol',
    header: 'Protocol',
    size: 108,
    minSize: 64,
    meta: { sort: 'protocol' },
    cell: ({ row: { original: row } }) => <ProtocolMark of={row} />,
  }),
  column.accessor('behaviour', {
    header: 'Behaviour',
    size: 104,
    minSize: 64,
    cell: (cell) => <code className={`${styles.second} clip`}>{cell.getValue()}</code>,
  }),
  column.display({
    id: 'messages',
    header: 'Messages',
    size: 116,
    minSize: 64,
    meta: { sort: 'messages' },
    cell: ({ row: { original: row } }) => <Messages {...row} />,
  }),
  column.display({
    id: 'lastMethod',
    header: 'Last method',
    size: 216,
    minSize: 120,
    meta: { sort: 'lastMethod', grows: true },
    cell: ({ row: { original: row } }) => {
      const last = row.lastMethod;
      if (!last) return <span className="quiet">–</span>;
      return (
        <>
          <code className="clip">{last.name}</code>
          {last.httpStatus === undefined ? <span className={styles.waiting}>in flight</span> : null}
          <HttpStatus status={last.httpStatus} />
          <DeviceStatus status={last.deviceStatus} />
          <span className={styles.ago}>
            <Elapsed at={last.at} />
          </span>
        </>
      );
    },
  }),
  column.accessor('calls', {
    header: 'Calls',
    size: 68,
    minSize: 48,
    meta: { sort: 'calls', number: true },
    cell: (cell) => count(cell.getValue()),
  }),
  column.accessor('failures', {
    header: 'Failed',
    size: 68,
    minSize: 48,
    meta: { sort: 'failures', number: true },
    cell: (cell) => (cell.getValue() > 0 ? <Bad value={cell.getValue()} /> : <span className="quiet">0</span>),
  }),
  column.accessor('p95', {
    header: 'p95',
    size: 76,
    minSize: 56,
    meta: { sort: 'p95', number: true },
    cell: (cell) => {
      const value = cell.getValue();
      return value === null ? <span className="quiet">–</span> : millis(value);
    },
  }),
  column.accessor('faults', {
    header: 'Faults',
    size: 88,
    minSize: 56,
    cell: (cell) =>
      cell.getValue().map((name) => (
        <span key={name} className={styles.tag}>
          {name}
        </span>
      )),
  }),
];

/** Left out one after the other, from the first, until the rest fits. */
export const dispensable = ['fleet', 'behaviour', 'calls', 'faults', 'failures', 'p95', 'protocol', 'messages'];

/** Widths when even that is too much: the state is its mark alone. */
export const cramped: Readonly<Record<string, number>> = { state: 56, id: 96, lastMethod: 150 };

function Bad({ value }: { readonly value: number }) {
  return <span style={{ color: 'var(--bad)' }}>{count(value)}</span>;
}

/** Up: telemetry the hub took. Down: messages to the device that it settled. */
function Messages({ telemetry: { sent, failed }, messages }: Pick<DeviceRow, 'telemetry' | 'messages'>) {
  if (sent + failed + messages === 0) return <span className="quiet">–</span>;
  return (
    <>
      {sent + failed > 0 ? (
        <span className={styles.way} title={`${plural(sent, 'message')} sent that the hub took`}>
          <IconArrowUp aria-hidden="true" />
          <span className="unseen">sent </span>
          {count(sent)}
        </span>
      ) : null}
      {failed > 0 ? (
        <span className={styles.wayLost} title={`${plural(failed, 'message')} refused or lost`}>
          <IconX aria-hidden="true" />
          <span className="unseen">refused or lost </span>
          {count(failed)}
        </span>
      ) : null}
      {messages > 0 ? (
        <span className={styles.way} title={`${plural(messages, 'cloud-to-device message')} taken and settled`}>
          <IconArrowDown aria-hidden="true" />
          <span className="unseen">taken </span>
          {count(messages)}
        </span>
      ) : null}
    </>
  );
}

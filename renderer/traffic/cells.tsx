// What stands in each column of the traffic table.
import {
  IconAlertSquare,
  IconArrowDown,
  IconArrowsLeftRight,
  IconArrowUp,
  IconBulb,
  IconCalendarTime,
  IconFileCode,
  IconPlug,
} from '@tabler/icons-react';
import type { TrafficKind, TrafficRow } from '../connection/shapes.ts';
import { useWindow } from '../store/window.ts';
import { bytes, moment, timeOfDay } from '../widgets/format.ts';
import { IdText } from '../widgets/IdText.tsx';
import { Bolt } from '../widgets/StateMark.tsx';
import { DeviceStatus, HttpStatus } from '../widgets/Status.tsx';
import { Outcome } from './Outcome.tsx';
import styles from './Traffic.module.css';
import { Duration, Waterfall } from './Waterfall.tsx';

/** Word and mark of each kind; messages have the arrow of their way. */
export const kindMarks: Readonly<Record<TrafficKind, readonly [word: string, mark: typeof IconPlug, meaning: string]>> =
  {
    method: ['method', IconArrowsLeftRight, 'Direct method: there and back'],
    twin: ['twin', IconFileCode, 'Twin'],
    telemetry: ['telemetry', IconArrowUp, 'From the device to the hub'],
    c2d: ['c2d', IconArrowDown, 'Cloud-to-device: from a service to the device'],
    job: ['job', IconCalendarTime, 'Job of the hub'],
    link: ['link', IconPlug, 'Connection'],
    fault: ['fault', IconAlertSquare, 'Fault'],
    hint: ['hint', IconBulb, 'Hint'],
  };

export const allColumns = [
  'time',
  'device',
  'kind',
  'name',
  'http',
  'status',
  'size',
  'duration',
  'waterfall',
] as const;
export type Column = (typeof allColumns)[number];
export const heads: Readonly<Record<Column, string>> = {
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
export const widths: Readonly<Record<Column, number>> = {
  time: 96,
  device: 128,
  kind: 84,
  name: 148,
  http: 60,
  status: 64,
  size: 68,
  duration: 80,
  waterfall: 144,
};
/** Rows without a status have its columns for their words. */
export const spans = ({ kind, httpStatus, deviceStatus }: TrafficRow): boolean =>
  kind !== 'method' && httpStatus === undefined && deviceStatus === undefined;
export const statusColumns: ReadonlySet<Column> = new Set(['http', 'status']);

export function cell(column: Column, row: TrafficRow, scale: number, withKind: boolean) {
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
          aria-label={row.device}
          title={`Open ${row.device}`}
          onClick={(event) => {
            event.stopPropagation();
            if (row.device) useWindow.getState().openDevice(row.device);
          }}
        >
          <IdText id={row.device} />
        </button>
      ) : null;
    case 'kind': {
      const [word, Icon, meaning] = kindMarks[row.kind];
      return (
        <span className={styles.kind} title={meaning}>
          <Icon aria-hidden="true" />
          {word}
        </span>
      );
    }
    case 'name':
      return (
        <>
          {withKind ? null : <Way kind={row.kind} />}
          <code className={row.kind === 'method' ? '' : styles.plain}>{row.name}</code>
          {row.pending && spans(row) ? <span className={styles.pending}>pending</span> : null}
          <Outcome outcome={row.outcome} />
          {row.error && row.error !== row.outcome ? <span className={`${styles.error} clip`}>{row.error}</span> : null}
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

/** The kind's column goes when there is little room; the way of a message stays beside its name. */
function Way({ kind }: { readonly kind: TrafficKind }) {
  if (kind !== 'telemetry' && kind !== 'c2d') return null;
  const [, Icon, meaning] = kindMarks[kind];
  return (
    <span className={styles.way} title={meaning}>
      <Icon aria-hidden="true" />
      <span className="unseen">{kind === 'c2d' ? 'to the device' : 'from the device'}</span>
    </span>
  );
}

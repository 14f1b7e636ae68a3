// Everything kept about one row: what was asked, what came back, where the time went, and, when it failed, why and what to do.
import { IconBulb, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { client } from '../connection/client.ts';
import type { Excerpt, TrafficDetail, TrafficRow } from '../connection/shapes.ts';
import { IconButton } from '../widgets/Button.tsx';
import { CopyText } from '../widgets/Copy.tsx';
import { bytes, millis, moment, timeOfDay } from '../widgets/format.ts';
import { JsonText } from '../widgets/JsonText.tsx';
import { Empty, Explanation } from '../widgets/Notes.tsx';
import { DeviceStatus, HttpStatus } from '../widgets/Status.tsx';
import { type Tab, Tabs } from '../widgets/Tabs.tsx';
import { kindMarks } from './cells.tsx';
import { Outcome } from './Outcome.tsx';
import { Touches } from './Touches.tsx';
import styles from './Traffic.module.css';
import { Duration, LegTable } from './Waterfall.tsx';

type Part = 'request' | 'response' | 'timing';
const methodTabs: readonly Tab<Part>[] = [
  { name: 'request', label: 'Request' },
  { name: 'response', label: 'Response' },
  { name: 'timing', label: 'Timing' },
];
/** What takes its time without an answer to show. */
const lifeTabs: readonly Tab<Part>[] = [
  { name: 'request', label: 'Detail' },
  { name: 'timing', label: 'Timing' },
];
const otherTabs: readonly Tab<Part>[] = [{ name: 'request', label: 'Detail' }];
const tabsOf = (kind: TrafficRow['kind'] | undefined) =>
  kind === 'method' ? methodTabs : kind === 'c2d' || kind === 'job' ? lifeTabs : otherTabs;

export function TrafficRowDetail({
  id,
  row,
  close,
}: {
  readonly id: number;
  /** As the table has it now; undefined when it is no longer among the rows shown. */
  readonly row: TrafficRow | undefined;
  close(): void;
}) {
  const [detail, setDetail] = useState<TrafficDetail | null>();
  const [part, setPart] = useState<Part>('response');
  const pending = row?.pending ?? false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when the row moves on or ends
  useEffect(() => {
    let current = true;
    client.run('traffic.detail', { id }).then(
      (answer) => current && setDetail(answer),
      () => current && setDetail(null),
    );
    return () => {
      current = false;
    };
  }, [id, pending, row?.detail, row?.outcome]);

  const shown = row ?? detail?.row;
  const tabs = tabsOf(shown?.kind);
  const chosen = tabs.some(({ name }) => name === part) ? part : 'request';
  return (
    <section aria-label="Row in detail" className={styles.detail}>
      <Tabs<Part>
        label="Row in detail"
        tabs={tabs}
        chosen={chosen}
        choose={setPart}
        after={
          <>
            <span className={`${styles.title} clip`}>
              {shown ? (
                <>
                  <code className="clip">{shown.name}</code>
                  <HttpStatus status={shown.httpStatus} />
                  <DeviceStatus status={shown.deviceStatus} />
                  <Outcome outcome={shown.outcome} />
                  <Duration row={shown} />
                </>
              ) : null}
            </span>
            <IconButton label="Close the row" shortcut="Escape" onClick={close}>
              <IconX />
            </IconButton>
          </>
        }
      >
        <div className={styles.scroll}>
          {detail === null ? <Empty title="The journal has forgotten this row" /> : null}
          {detail && shown ? (
            <>
              {detail.explanation && chosen !== 'timing' ? (
                <Explanation {...detail.explanation} failed={hasFailed(shown)} />
              ) : null}
              {detail.hints.map((hint) => (
                <p key={hint} className={styles.hint}>
                  <IconBulb aria-hidden="true" />
                  {hint}
                </p>
              ))}
              {chosen === 'request' ? <Request detail={detail} row={shown} /> : null}
              {chosen === 'response' ? <Response detail={detail} row={shown} /> : null}
              {chosen === 'timing' ? <Timing detail={detail} row={shown} /> : null}
            </>
          ) : null}
        </div>
      </Tabs>
    </section>
  );
}

interface PartProps {
  readonly detail: TrafficDetail;
  readonly row: TrafficRow;
}

function Request({ detail, row }: PartProps) {
  return (
    <>
      <Facts
        facts={[
          ['Time', `${timeOfDay(row.at)}, ${moment(row.at)}`],
          ['Device', row.device ? <CopyText key="device" text={row.device} label="device id" /> : undefined],
          [row.kind === 'method' ? 'Method' : 'What', <What key="what" row={row} />],
          // The beginning of a body stands below in full.
          ['Detail', row.kind === 'telemetry' ? undefined : row.detail],
          ['Size', isMessage(row) ? bytes(row.bytes) : undefined],
          ['Closed because', detail.closeReason],
          ['Request id', detail.rid ? <CopyText key="rid" text={detail.rid} label="request id" /> : undefined],
          ['Response timeout', detail.responseTimeout === undefined ? undefined : millis(detail.responseTimeout)],
          ['Connect timeout', detail.connectTimeout === undefined ? undefined : millis(detail.connectTimeout)],
          ['Faults', detail.touches ? <Touches key="touches" touches={detail.touches} /> : row.faults?.join(', ')],
        ]}
      />
      {detail.properties ? <Properties of={detail.properties} /> : null}
      <Payload
        excerpt={detail.request}
        label={isMessage(row) ? 'Body of the message' : 'Request payload'}
        none={row.kind === 'method' ? 'No payload was sent.' : ''}
      />
      {row.kind === 'method' ? null : <Payload excerpt={detail.response} label="Response" none="" />}
    </>
  );
}

const hasFailed = ({ httpStatus = 200, deviceStatus = 0, error }: TrafficRow): boolean =>
  httpStatus > 299 || httpStatus === 0 || deviceStatus >= 400 || error !== undefined;
const isMessage = (row: TrafficRow): boolean => row.kind === 'telemetry' || row.kind === 'c2d';

function What({ row }: { readonly row: TrafficRow }) {
  return (
    <>
      <code>{row.name}</code> <span className="quiet">{row.kind === 'method' ? '' : kindMarks[row.kind][2]}</span>{' '}
      <Outcome outcome={row.outcome} />
    </>
  );
}

function Properties({ of }: { readonly of: Readonly<Record<string, string>> }) {
  return (
    <table className={styles.properties} aria-label="Properties of the message">
      <caption>Properties</caption>
      <tbody>
        {Object.entries(of).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Response({ detail, row }: PartProps) {
  if (row.pending) {
    return (
      <Empty title="Waiting for the device">{detail.rid ? <p>Request id {detail.rid} is on its way.</p> : null}</Empty>
    );
  }
  return (
    <>
      <Facts
        facts={[
          ['HTTP status', <HttpStatus key="http" status={row.httpStatus} />],
          [
            'Device status',
            row.deviceStatus === undefined ? undefined : <DeviceStatus key="device" status={row.deviceStatus} />,
          ],
          ['Error', row.error ? <code key="error">{row.error}</code> : undefined],
          ['Faults', detail.touches ? <Touches key="touches" touches={detail.touches} /> : undefined],
        ]}
      />
      <Payload excerpt={detail.response} label="Response payload" none="No payload came back." />
    </>
  );
}

function Timing({ detail, row }: PartProps) {
  return (
    <div className={styles.columns}>
      {row.legs && row.duration !== undefined ? (
        <LegTable kind={row.kind} legs={row.legs} duration={row.duration} touches={detail.touches ?? []} />
      ) : (
        <p className="quiet">The legs are known when it has ended.</p>
      )}
      {detail.moments.length > 0 ? (
        <Facts
          facts={detail.moments.map(({ name, at }) => [
            name,
            `${timeOfDay(at)}${at > row.at ? `, after ${millis(at - row.at)}` : ''}`,
          ])}
        />
      ) : null}
    </div>
  );
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {facts
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Payload({
  excerpt,
  label,
  none,
}: {
  readonly excerpt: Excerpt | undefined;
  readonly label: string;
  readonly none: string;
}) {
  if (!excerpt || excerpt.text === '') return none ? <p className="quiet">{none}</p> : null;
  const cut = new TextEncoder().encode(excerpt.text).length < excerpt.bytes;
  return (
    <JsonText
      text={excerpt.text}
      label={label}
      more={cut ? `The first characters of ${bytes(excerpt.bytes)}.` : undefined}
    />
  );
}

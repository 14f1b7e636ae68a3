// One job: what it does and to whom, how far it is, and what became of each device.
import { IconBan, IconCopyPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { client } from '../connection/client.ts';
import { useAttempt, useSnapshot } from '../connection/hooks.ts';
import type { JobDeviceRow, JobView } from '../connection/shapes.ts';
import { DeviceButton } from '../query/columns.tsx';
import { useChosenHub } from '../query/hub-choice.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { CopyText } from '../widgets/Copy.tsx';
import { count, millis, moment } from '../widgets/format.ts';
import { JsonText } from '../widgets/JsonText.tsx';
import { Empty, Problem } from '../widgets/Notes.tsx';
import { type Column, RowGrid } from '../widgets/RowGrid.tsx';
import { DeviceStatus } from '../widgets/Status.tsx';
import { countWords, JobStatus, Progress, Start } from './JobStatus.tsx';
import styles from './Jobs.module.css';
import { useJobs } from './store.ts';

const over = new Set(['completed', 'failed', 'cancelled']);

export function JobDetail({ id }: { readonly id: string }) {
  const hub = useChosenHub();
  const { data, error } = useSnapshot('job', { job: id, ...hub });
  const show = useJobs((state) => state.show);
  const { busy, problem, attempt } = useAttempt();
  const [chosen, setChosen] = useState(-1);
  const job = data?.job;
  const row = data?.devices[chosen];

  return (
    <section className={styles.detail} aria-label={`Job ${id}`}>
      <header className={styles.toolbar}>
        <h2 className={styles.id}>
          <CopyText text={id} label="job id" />
        </h2>
        <span className={styles.space} />
        {job && job.type !== 'other' ? (
          <Button icon={<IconCopyPlus aria-hidden="true" />} onClick={() => again(job)}>
            Again
          </Button>
        ) : null}
        {job && !over.has(job.status) ? (
          <Button
            icon={<IconBan aria-hidden="true" />}
            disabled={busy}
            title="Calls under way are no longer waited for"
            onClick={() => void attempt(() => client.run('job.cancel', { job: id, ...hub }))}
          >
            Cancel
          </Button>
        ) : null}
        <IconButton label="Close the job" shortcut="Escape" onClick={() => show({ kind: 'nothing' })}>
          <IconX />
        </IconButton>
      </header>
      {job ? (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard */}
          <div className={styles.about} tabIndex={0}>
            <About job={job} />
            <Problem problem={problem} />
          </div>
          <RowGrid
            label="Devices of the job"
            rows={data.devices}
            columns={columns}
            keyOf={(each) => each.device}
            chosen={chosen}
            choose={(index) => setChosen(index ?? -1)}
            empty={
              <Empty title={over.has(job.status) ? 'The condition picked no device' : 'No device was picked yet'}>
                <p>
                  {over.has(job.status) ? 'Try it on the Query screen.' : 'Devices are picked when the job starts.'}
                </p>
              </Empty>
            }
            foot={data.more ? <p className={styles.rest}>The first {count(data.devices.length)} are listed.</p> : null}
          />
          {row ? <DeviceResult row={row} /> : null}
        </>
      ) : (
        <Empty title={data?.problem ?? error?.message ?? 'Asking the hub'} />
      )}
    </section>
  );
}

/** Puts it back into the form. */
function again(job: JobView): void {
  const { show, change } = useJobs.getState();
  change({ condition: job.condition.trim() === '' ? '*' : job.condition });
  if (job.type === 'twin') {
    const { etag: _, ...update } = JSON.parse(job.request);
    change({ kind: 'twin', twin: JSON.stringify(update, null, 2) });
  } else {
    const { methodName, payload, responseTimeoutInSeconds, connectTimeoutInSeconds } = JSON.parse(job.request);
    change({
      kind: 'method',
      method: methodName,
      payload: payload === null || payload === undefined ? '' : JSON.stringify(payload, null, 2),
      responseTimeout: responseTimeoutInSeconds ?? 30,
      connectTimeout: connectTimeoutInSeconds ?? 0,
    });
  }
  show({ kind: 'new' });
}

function About({ job }: { readonly job: JobView }) {
  return (
    <>
      <div className={styles.state}>
        <JobStatus status={job.status} />
        <Progress counts={job.counts} />
        <span role="status">{countWords(job.counts)}</span>
      </div>
      {job.failureReason ? <p className={styles.reason}>{job.failureReason}</p> : null}
      <dl className={styles.facts}>
        <dt>{job.type === 'method' ? 'Method' : 'Update'}</dt>
        <dd>
          <code>{job.what}</code>
        </dd>
        <dt>Condition</dt>
        <dd>
          <code>{job.condition.trim() || '*'}</code>
        </dd>
        <dt>Start</dt>
        <dd title={moment(job.startAt)}>
          <Start at={job.startAt} />
          {job.endedAt === undefined ? '' : `, took ${millis(job.endedAt - job.startAt)}`}
        </dd>
        {job.maxSeconds === undefined ? null : (
          <>
            <dt>Longest run</dt>
            <dd>{millis(job.maxSeconds * 1_000)}</dd>
          </>
        )}
      </dl>
      {job.request ? (
        <details className={styles.request}>
          <summary>Request</summary>
          <JsonText text={job.request} label="Request of the job" />
        </details>
      ) : null}
    </>
  );
}

function DeviceResult({ row }: { readonly row: JobDeviceRow }) {
  return (
    <section className={styles.result} aria-label={`Result of ${row.device}`}>
      <div className={styles.state}>
        <DeviceButton device={row.device} reached />
        <JobStatus status={row.status} />
        <DeviceStatus status={row.deviceStatus} />
        {row.endedAt !== undefined && row.startedAt !== undefined ? (
          <span className="quiet">{millis(row.endedAt - row.startedAt)}</span>
        ) : null}
      </div>
      {row.error ? (
        <p className={styles.reason}>
          {row.error.code}
          {row.error.description ? `: ${row.error.description}` : ''}
        </p>
      ) : null}
      {row.payload === undefined ? null : <JsonText text={row.payload} label="Answer of the device" />}
    </section>
  );
}

const device: Column<JobDeviceRow> = {
  key: 'device',
  head: 'Device',
  width: 120,
  grows: 2,
  cell: (row) => <DeviceButton device={row.device} />,
};
const state: Column<JobDeviceRow> = {
  key: 'status',
  head: 'Status',
  width: 104,
  cell: (row) => <JobStatus status={row.status} />,
};
const took: Column<JobDeviceRow> = {
  key: 'took',
  head: 'Took',
  width: 76,
  number: true,
  cell: (row) =>
    row.endedAt !== undefined && row.startedAt !== undefined ? (
      <span className="quiet">{millis(row.endedAt - row.startedAt)}</span>
    ) : null,
};
const result: Column<JobDeviceRow> = {
  key: 'result',
  head: 'Result',
  width: 120,
  grows: 3,
  cell: (row) =>
    row.error ? (
      <span className={`${styles.failed} clip`} title={row.error.description}>
        {row.error.code}
      </span>
    ) : row.payload !== undefined ? (
      <>
        <DeviceStatus status={row.deviceStatus} />
        <code className="clip quiet">{row.payload}</code>
      </>
    ) : null,
};
const columns = [device, state, result, took];

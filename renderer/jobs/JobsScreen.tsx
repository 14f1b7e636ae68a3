// Jobs: the list, newest first; beside it one job in full, or the form for the next.
import { IconPlus } from '@tabler/icons-react';
import { useSnapshot } from '../connection/hooks.ts';
import type { JobView } from '../connection/shapes.ts';
import { HubChoice } from '../query/HubChoice.tsx';
import { useChosenHub } from '../query/hub-choice.ts';
import { Button } from '../widgets/Button.tsx';
import { count, plural } from '../widgets/format.ts';
import { Empty } from '../widgets/Notes.tsx';
import { type Column, RowGrid } from '../widgets/RowGrid.tsx';
import { Split } from '../widgets/Split.tsx';
import { useWidth } from '../widgets/width.ts';
import { JobDetail } from './JobDetail.tsx';
import { JobStatus, Progress, Start } from './JobStatus.tsx';
import styles from './Jobs.module.css';
import { NewJob } from './NewJob.tsx';
import { useJobs } from './store.ts';

/** Below this the list and a job side by side serve neither. In rem. */
const enoughForTwo = 44;
const noJobs: readonly JobView[] = [];

export default function JobsScreen() {
  const shown = useJobs((state) => state.shown);
  const [ref, width] = useWidth();
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const narrow = width > 0 && width < enoughForTwo * rem;
  const beside = shown.kind !== 'nothing';
  return (
    <section ref={ref} className={styles.screen} aria-label="Jobs">
      <Split
        name="jobs"
        direction="horizontal"
        panes={[
          (!beside || !narrow) && { id: 'list', min: '16rem', content: <List short={beside} /> },
          beside && {
            id: 'job',
            size: narrow ? '100%' : '52%',
            min: '20rem',
            content: shown.kind === 'new' ? <NewJob /> : <JobDetail key={shown.job} id={shown.job} />,
          },
        ]}
      />
    </section>
  );
}

function List({ short }: { readonly short: boolean }) {
  const { data } = useSnapshot('jobs', useChosenHub());
  const shown = useJobs((state) => state.shown);
  const show = useJobs((state) => state.show);
  const jobs = data?.jobs ?? noJobs;
  const schedule = (
    <Button icon={<IconPlus aria-hidden="true" />} onClick={() => show({ kind: 'new' })}>
      New job
    </Button>
  );
  return (
    <div className={styles.list}>
      <header className={styles.toolbar}>
        <h2>Jobs</h2>
        {data?.jobs ? (
          <span className="quiet" role="status">
            {data.more ? `the newest ${count(jobs.length)}` : plural(jobs.length, 'job')}
          </span>
        ) : null}
        {data?.problem ? (
          <span className={`${styles.trouble} clip`} title={data.problem}>
            {data.problem}
          </span>
        ) : null}
        <span className={styles.space} />
        <HubChoice />
        {schedule}
      </header>
      {data?.jobs && jobs.length === 0 ? (
        <Empty title="No jobs yet">
          <p>A job calls a method of every device that a condition picks, or updates their twins, now or later.</p>
          {schedule}
        </Empty>
      ) : (
        <RowGrid
          label="Jobs"
          rows={jobs}
          columns={short ? shortColumns : columns}
          keyOf={(job) => job.id}
          chosen={shown.kind === 'job' ? jobs.findIndex(({ id }) => id === shown.job) : -1}
          choose={(index) => {
            const job = index === undefined ? undefined : jobs[index];
            show(job ? { kind: 'job', job: job.id } : { kind: 'nothing' });
          }}
        />
      )}
    </div>
  );
}

const status: Column<JobView> = {
  key: 'status',
  head: 'Status',
  width: 104,
  cell: (job) => <JobStatus status={job.status} />,
};
const what: Column<JobView> = {
  key: 'what',
  head: 'What',
  width: 136,
  grows: 2,
  cell: (job) => (
    <>
      <span className="quiet">{job.type === 'twin' ? 'twin' : job.type}</span>
      <code className="clip" title={job.what}>
        {job.what}
      </code>
    </>
  ),
};
const devices: Column<JobView> = {
  key: 'progress',
  head: 'Devices',
  width: 148,
  grows: 2,
  cell: (job) =>
    job.counts.devices === 0 ? (
      <span className="quiet" title="Devices are picked when the job starts">
        –
      </span>
    ) : (
      <>
        <Progress counts={job.counts} />
        <span className={styles.counts}>
          {count(job.counts.succeeded + job.counts.failed)}/{count(job.counts.devices)}
          {job.counts.failed > 0 ? <span className={styles.failed}>, {count(job.counts.failed)} failed</span> : null}
        </span>
      </>
    ),
};
const shortColumns: readonly Column<JobView>[] = [status, what, devices];
const columns: readonly Column<JobView>[] = [
  status,
  {
    key: 'id',
    head: 'Job',
    width: 136,
    grows: 1,
    dispensable: 1,
    cell: (job) => (
      <code className="clip" title={job.id}>
        {job.id}
      </code>
    ),
  },
  what,
  {
    key: 'condition',
    head: 'Condition',
    width: 120,
    grows: 3,
    dispensable: 3,
    cell: (job) => (
      <code className="clip" title={job.condition}>
        {job.condition.trim() || '*'}
      </code>
    ),
  },
  {
    key: 'start',
    head: 'Start',
    width: 88,
    dispensable: 2,
    cell: (job) => (
      <span className="clip quiet">
        <Start at={job.startAt} />
      </span>
    ),
  },
  devices,
];

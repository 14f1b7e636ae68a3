// `hubfleet jobs`: a method or a twin update for many devices, scheduled, watched, cancelled.
import { type Command, Option } from 'commander';
import { sleep } from '../../simulators/clock/clock.ts';
import type { Invoker, JobAction, JobRequest } from '../../simulators/invoker/invoker.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { seconds } from '../../simulators/vocabulary/units.ts';
import { accepted, read } from './answers.ts';
import { jsonObject, jsonText, jobId as readJobId, wholeNumber } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { type Column, deviceJobColumns as deviceColumns, type Row, tableOf } from './table.ts';
import { type HubFlagsOfService, withHubFlags, withInvoker } from './target-hub.ts';

interface CreateFlags extends HubFlagsOfService {
  readonly type?: 'method' | 'twin';
  readonly condition: string;
  readonly method?: string;
  readonly payload?: string;
  readonly responseTimeout?: number;
  readonly connectTimeout?: number;
  readonly twin?: object;
  readonly start?: string;
  readonly maxTime?: number;
  readonly wait?: boolean;
}
interface ListFlags extends HubFlagsOfService {
  readonly type?: 'method' | 'twin';
  readonly status?: string;
  readonly top: number;
}
interface ShowFlags extends HubFlagsOfService {
  readonly devices?: boolean;
}
interface Job extends Row {
  readonly jobId: string;
  readonly status: string;
  readonly failureReason?: string;
  readonly deviceJobStatistics?: {
    readonly deviceCount: number;
    readonly succeededCount: number;
    readonly failedCount: number;
  };
}

const types = { method: 'scheduleDeviceMethod', twin: 'scheduleUpdateTwin' } as const;
const statuses = ['scheduled', 'queued', 'running', 'completed', 'failed', 'cancelled'];
const over = new Set(['completed', 'failed', 'cancelled']);
/** How often a job is looked at while it is waited for. */
const lookEvery = seconds(0.5);
const columns: readonly Column[] = [
  'jobId',
  'type',
  'status',
  ['deviceJobStatistics.deviceCount', 'devices'],
  ['deviceJobStatistics.succeededCount', 'succeeded'],
  ['deviceJobStatistics.failedCount', 'failed'],
  'startTime',
  'queryCondition',
];

export function addJobsCommand(program: Command, host: CliHost, tools: CliTools): void {
  const jobs = program.command('jobs').alias('job').description('call a method of many devices, or update their twins');
  const ofType = () => new Option('--type <type>', 'what it does').choices(Object.keys(types));

  withHubFlags(jobs.command('create').description('schedule a job and print it'))
    .argument('[id]', 'job id; one is made up when left out', readJobId)
    .addOption(ofType())
    .requiredOption('-q, --condition <text>', "whom it is for: the text after WHERE, or '*' for every device")
    .option('--method <name>', 'method to call')
    .option('--payload <json>', 'JSON for the method; none when left out', jsonText)
    .option('--response-timeout <seconds>', 'how long a device may take', wholeNumber(5, 300, ' s'))
    .option('--connect-timeout <seconds>', 'how long to wait for a device to connect', wholeNumber(0, 300, ' s'))
    .option('--twin <json>', 'what to change: {"tags": ..., "properties": {"desired": ...}}', jsonObject)
    .option('--start <moment>', 'when, in ISO 8601; now when left out')
    .option('--max-time <seconds>', 'how long it may take; the hub counts 3600', wholeNumber(1, 2_147_483_647, ' s'))
    .option('--wait', 'wait until it has ended; 1 is the exit code when it failed')
    .action((given: string | undefined, flags: CreateFlags) =>
      withInvoker(flags, host, tools, async (invoker) => {
        const id = given ?? `job-${tools.randomBytes(6).toString('hex')}`;
        const job = read<Job>(accepted(await invoker.scheduleJob(id, requestOf(flags))));
        const last = flags.wait ? await waitFor(invoker, job, host, tools) : job;
        show(last, flags, host);
        if (flags.wait && last.status !== 'completed') {
          throw new LabError('hub.refused', `job ${id} ${last.status}: ${last.failureReason ?? 'no reason was given'}`);
        }
      }),
    );

  withHubFlags(jobs.command('list').description('list jobs, newest first'))
    .addOption(ofType())
    .addOption(new Option('--status <status>', 'only those').choices(statuses))
    .option('--top <count>', 'how many at most', wholeNumber(1, 1_000), 100)
    .action(({ type, status, top, ...flags }: ListFlags) =>
      withInvoker(flags, host, tools, async (invoker) => {
        const filter = {
          ...(type === undefined ? {} : { type: types[type] }),
          ...(status === undefined ? {} : { status }),
        };
        const answer = accepted(await invoker.listJobs({ ...filter, size: top }));
        const all = read<readonly Job[]>(answer);
        if (flags.json) host.out(JSON.stringify(all));
        else if (all.length > 0) host.out(tableOf(all, columns));
        if (answer.continuation !== undefined) host.err(`stopped at ${top} jobs; there are more`);
      }),
    );

  withHubFlags(jobs.command('show').description('print a job'))
    .argument('<id>', 'job id', readJobId)
    .option('--devices', 'what became of each device')
    .action((id: string, flags: ShowFlags) =>
      withInvoker(flags, host, tools, async (invoker) => {
        const job = read<Job>(accepted(await invoker.getJob(id)));
        const devices = flags.devices ? await devicesOf(invoker, id) : undefined;
        show(devices === undefined || !flags.json ? job : { ...job, devices }, flags, host);
        if (devices !== undefined && devices.length > 0 && !flags.json) {
          host.out(`\n${tableOf(devices, deviceColumns)}`);
        }
      }),
    );

  withHubFlags(jobs.command('cancel').description('cancel a job; calls under way are no longer waited for'))
    .argument('<id>', 'job id', readJobId)
    .action((id: string, flags: HubFlagsOfService) =>
      withInvoker(flags, host, tools, async (invoker) => {
        show(read<Job>(accepted(await invoker.cancelJob(id))), flags, host);
      }),
    );
}

function requestOf(flags: CreateFlags): JobRequest {
  const { condition, start, maxTime } = flags;
  return {
    ...actionOf(flags),
    condition,
    ...(start === undefined || start === 'now' ? {} : { startTime: start }),
    ...(maxTime === undefined ? {} : { maxExecutionTime: maxTime }),
  };
}

function actionOf({ type, method, twin, payload, responseTimeout, connectTimeout }: CreateFlags): JobAction {
  const kind = type ?? (twin === undefined ? 'method' : 'twin');
  if (kind === 'twin' && twin !== undefined && method === undefined) return { twin };
  if (kind === 'method' && method !== undefined && twin === undefined) {
    return {
      method: {
        method,
        ...(payload === undefined ? {} : { payload }),
        ...(responseTimeout === undefined ? {} : { responseTimeout }),
        ...(connectTimeout === undefined ? {} : { connectTimeout }),
      },
    };
  }
  throw new LabError('input.invalid', `jobs create: a job of type ${kind} needs --${kind}, and not the other one`);
}

async function waitFor(invoker: Invoker, job: Job, host: CliHost, tools: CliTools): Promise<Job> {
  let said = '';
  for (let latest = job; ; latest = read<Job>(accepted(await invoker.getJob(job.jobId)))) {
    const progress = progressOf(latest);
    if (progress !== said) host.err(progress);
    said = progress;
    if (over.has(latest.status)) return latest;
    await sleep(tools.clock, lookEvery);
  }
}

function progressOf({ jobId, status, deviceJobStatistics: counts }: Job): string {
  if (counts === undefined || counts.deviceCount === 0) return `${jobId}: ${status}`;
  const { deviceCount, succeededCount, failedCount } = counts;
  return `${jobId}: ${status}, ${succeededCount + failedCount} of ${deviceCount} devices done, ${failedCount} failed`;
}

function show(job: Job, flags: HubFlagsOfService, host: CliHost): void {
  host.out(flags.json ? JSON.stringify(job) : progressOf(job));
  if (!flags.json && job.failureReason !== undefined) host.out(job.failureReason);
}

async function devicesOf(invoker: Invoker, id: string): Promise<Row[]> {
  const rows: Row[] = [];
  const text = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id.replace(/'/g, "\\'")}'`;
  for await (const page of invoker.queryPages(text, 1_000)) rows.push(...read<readonly Row[]>(accepted(page)));
  return rows;
}

// Jobs v2 (reference 4.2, 4.4): schedule, read, cancel and list them. A list is a bare array, newest first, in pages.
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import { jobTypes } from '../../jobs/job-request.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import { type Asked, type Given, type Route, serviceConnect } from './route.ts';

export interface JobRouteParts {
  readonly jobs: Jobs;
  readonly throttling?: Throttling;
}

const sizes = { least: 1, most: 1_000, default: 100 } as const;
const statuses = ['unknown', 'enqueued', 'running', 'completed', 'failed', 'cancelled', 'scheduled', 'queued'];
/** The service's others: jobs of the registry, which this list never holds. */
const types = ['unknown', 'export', 'import', ...jobTypes];

export function jobRoutes({ jobs, throttling }: JobRouteParts): readonly Route[] {
  const read = serviceConnect('jobs/read');
  const throttled =
    (run: Route['run']): Route['run'] =>
    (asked) =>
      throttling?.take('jobs') ?? run(asked);
  const given = (outcome: object | Refusal): Given => (outcome instanceof Refusal ? outcome : { body: outcome });

  return [
    { ...read, method: 'GET', path: '/jobs/v2/query', run: throttled((asked) => listed(jobs, asked)) },
    { ...read, method: 'GET', path: '/jobs/v2/:id', run: throttled(({ id }) => given(jobs.get(id))) },
    {
      ...serviceConnect('jobs/write'),
      method: 'PUT',
      path: '/jobs/v2/:id',
      run: throttled(({ id, body, request }) => given(jobs.create(id, body(), request.body as Buffer))),
    },
    {
      ...serviceConnect('jobs/delete'),
      method: 'POST',
      path: '/jobs/v2/:id/cancel',
      run: throttled(({ id }) => given(jobs.cancel(id))),
    },
  ];
}

function listed(jobs: Jobs, { request, header }: Asked): Given {
  const { jobType, jobStatus } = request.query as { readonly jobType?: string; readonly jobStatus?: string };
  const problem = unknown('jobType', jobType, types) ?? unknown('jobStatus', jobStatus, statuses);
  if (problem !== undefined) return problem;
  const sizeText = header('x-ms-max-item-count');
  const size = sizeText === undefined || sizeText === '' ? sizes.default : Number(sizeText);
  if (!Number.isInteger(size) || size < sizes.least) {
    const text = `x-ms-max-item-count: '${sizeText}' must be a whole number within [${sizes.least}; ${sizes.most}].`;
    return refuse('ArgumentInvalid', text);
  }
  const after = listedAfter(jobs, header('x-ms-continuation'));
  if (after instanceof Refusal) return after;
  const all = (jobs.list(jobType || undefined, jobStatus || undefined) as readonly Listed[]).filter(
    ({ jobId }) => after === undefined || after.has(jobId),
  );
  const items = all.slice(0, Math.min(size, sizes.most));
  const last = items.at(-1);
  const more =
    last === undefined || items.length === all.length ? [] : ['x-ms-continuation', continuationOf(last.jobId)];
  return { body: items, headers: ['x-ms-item-type', 'JobResponse', ...more] };
}

/** A parameter that is given twice comes as a list, and is none of the names. */
const unknown = (field: string, value: unknown, known: readonly string[]): Refusal | undefined =>
  value === undefined || known.some((name) => name.toLowerCase() === String(value).toLowerCase()) || value === ''
    ? undefined
    : refuse('ArgumentInvalid', `${field}: '${String(value).slice(0, 100)}' must be one of ${known.join(', ')}.`);

const prefix = 'before:';
const continuationOf = (jobId: string): string => Buffer.from(prefix + jobId).toString('base64');

interface Listed {
  readonly jobId: string;
}

/**
 * The jobs that come after those already read, whatever their status was then: new ones come in front, so the place is that of the last
 * one read. Undefined for all of them.
 */
function listedAfter(jobs: Jobs, continuation: string | undefined): ReadonlySet<string> | Refusal | undefined {
  if (continuation === undefined || continuation === '') return undefined;
  const ids = (jobs.list(undefined, undefined) as readonly Listed[]).map(({ jobId }) => jobId);
  const text = Buffer.from(continuation, 'base64').toString();
  const place = text.startsWith(prefix) ? ids.indexOf(text.slice(prefix.length)) : -1;
  return place === -1
    ? refuse('ArgumentInvalid', 'x-ms-continuation: is not one that this hub gave, or its job has left the list.')
    : new Set(ids.slice(place + 1));
}

// The body of PUT /jobs/v2/{id}, checked field by field (reference 4.3, 7). Pure but for the condition and the patch, which others know.
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { type Instant, type Millis, seconds } from '../../vocabulary/units.ts';
import { membersOf } from '../methods/json-members.ts';
import { readMethodRequest } from '../methods/method-request.ts';
import { deepestJson, nestsTooDeep } from '../methods/nesting.ts';

export type JobType = 'scheduleDeviceMethod' | 'scheduleUpdateTwin';

/** What a job does and to whom; kept as JSON as it is. */
export interface JobSpec {
  readonly jobId: string;
  readonly type: JobType;
  /** The text after WHERE; `*` is every device. */
  readonly queryCondition: string;
  /** The body of each method call, byte for byte as it was asked for. */
  readonly call?: string;
  /** The patch as it was sent, its etag included. */
  readonly updateTwin?: object;
  readonly startAt: Instant;
  readonly maxExecution: Millis;
}

export interface JobRequest {
  readonly spec: JobSpec;
  /** One sentence for each oddity the service passes over in silence. */
  readonly hints: readonly string[];
}

/** How others read their part: undefined when it is good. */
export interface JobChecks {
  condition(text: string): Refusal | undefined;
  patch(body: unknown): Refusal | undefined;
}

export const maxExecutionRange = { least: 1, most: 2_147_483_647, default: 3_600 } as const;
export const jobTypes: readonly JobType[] = ['scheduleDeviceMethod', 'scheduleUpdateTwin'];
const idPattern = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
/** Paths of the API that would hide a job of that name. */
const taken = 'query';

/** @param bytes the body as it came: a method's payload is taken from there, so that big integers survive. */
export function readJobRequest(
  id: string,
  body: unknown,
  bytes: Buffer | undefined,
  now: Instant,
  checks: JobChecks,
): JobRequest | Refusal {
  if (!isObject(body)) return invalid('The request body must be a JSON object.');
  if (bytes !== undefined && nestsTooDeep(bytes))
    return invalid(`The request body is nested deeper than ${deepestJson} levels.`);
  const given = typeof body.type === 'string' ? body.type.toLowerCase() : undefined;
  const type = jobTypes.find((known) => known.toLowerCase() === given);
  const problem = idProblem(id, body.jobId) ?? typeProblem(type, body.type);
  if (problem !== undefined || type === undefined) return invalid(problem ?? '');

  const condition = readCondition(body.queryCondition);
  if (condition instanceof Refusal) return condition;
  const unreadable = checks.condition(condition);
  if (unreadable !== undefined) return invalid(conditionProblem(unreadable));
  const startAt = readStart(body.startTime, now);
  if (startAt instanceof Refusal) return startAt;
  const maxExecution = readMaxExecution(body.maxExecutionTimeInSeconds);
  if (maxExecution instanceof Refusal) return maxExecution;

  const spec = { jobId: id, type, queryCondition: condition, startAt, maxExecution };
  const hints =
    condition.trim() === '' ? ["queryCondition: is empty, which means every device; '*' says so more clearly."] : [];
  if (type === 'scheduleUpdateTwin') {
    const { updateTwin } = body;
    if (!isObject(updateTwin)) return invalid(missing('updateTwin', updateTwin, type));
    const { etag } = updateTwin;
    if (etag !== undefined && etag !== null && typeof etag !== 'string') {
      return invalid(`updateTwin.etag: must be text, not ${shown(etag)}.`);
    }
    const refusal = checks.patch(updateTwin);
    if (refusal !== undefined) return refuse(refusal.name, `updateTwin: ${refusal.message}`);
    return { spec: { ...spec, updateTwin }, hints };
  }
  if (!isObject(body.cloudToDeviceMethod)) {
    return invalid(missing('cloudToDeviceMethod', body.cloudToDeviceMethod, type));
  }
  const call = textOfMember(bytes, 'cloudToDeviceMethod') ?? JSON.stringify(body.cloudToDeviceMethod);
  const asked = readMethodRequest(Buffer.from(call));
  if (asked.refusal !== undefined) {
    return refuse(asked.refusal.name, `cloudToDeviceMethod: ${asked.refusal.message}`);
  }
  return { spec: { ...spec, call }, hints: [...hints, ...asked.hints.map((hint) => `cloudToDeviceMethod: ${hint}`)] };
}

function idProblem(id: string, inBody: unknown): string | undefined {
  if (!idPattern.test(id) || id.toLowerCase() === taken) {
    return `jobId: '${id.slice(0, 140)}' must have 1 to 128 characters out of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ ' and not be '${taken}'.`;
  }
  return inBody === undefined || inBody === null || inBody === id
    ? undefined
    : `jobId: ${shown(inBody)} in the body is not the '${id}' of the path.`;
}

const typeProblem = (type: JobType | undefined, given: unknown): string | undefined =>
  type === undefined ? `type: ${shown(given)} must be one of ${jobTypes.join(', ')}.` : undefined;

/** Java's client leaves it out for every device. */
function readCondition(value: unknown): string | Refusal {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : invalid(`queryCondition: must be text, not ${shown(value)}.`);
}

/** The place in the text, and the text below it, are the query language's own words. */
export const conditionProblem = ({ message }: Refusal): string =>
  `queryCondition: ${message.replace(/^condition, /, '')}`;

const isoPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** Nothing, null, an empty text and every moment that has passed mean now. A text without a zone is UTC. */
function readStart(value: unknown, now: Instant): Instant | Refusal {
  if (value === undefined || value === null || value === '') return now;
  const parts = typeof value === 'string' ? isoPattern.exec(value) : null;
  const at = parts === null ? Number.NaN : Date.parse(parts[1] === undefined ? `${value}Z` : (value as string));
  return Number.isNaN(at)
    ? invalid(`startTime: ${shown(value)} must be a moment in ISO 8601, such as 2026-01-31T08:00:00Z, or null for now.`)
    : Math.max(at, now);
}

function readMaxExecution(value: unknown): Millis | Refusal {
  if (value === undefined || value === null) return seconds(maxExecutionRange.default);
  const { least, most } = maxExecutionRange;
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    ? seconds(value)
    : invalid(`maxExecutionTimeInSeconds: ${shown(value)} must be a whole number within [${least}; ${most}].`);
}

/** The text of the last member of that name, as it stands in the bytes. */
function textOfMember(bytes: Buffer | undefined, name: string): string | undefined {
  const found = bytes && membersOf(bytes)?.findLast((member) => member.name === name);
  return found && bytes.toString('utf8', found.start, found.end);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 100);
const missing = (field: string, given: unknown, type: JobType): string =>
  `${field}: must be an object in a job of type ${type}, not ${shown(given)}.`;
const invalid = (message: string): Refusal => refuse('ArgumentInvalid', message);

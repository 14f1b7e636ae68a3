// The body of a direct-method call, checked field by field as the service does (reference 5.1, 5.2). Pure.
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { type Millis, seconds } from '../../vocabulary/units.ts';
import { membersOf, stringAt } from './json-members.ts';

/** The largest payload either way: 128 KB. */
export const payloadLimit = 131_072;
export const responseTimeoutRange = { least: 5, most: 300, default: 30 } as const;
export const connectTimeoutRange = { least: 0, most: 300, default: 0 } as const;
const longestName = 100;
/** US-ASCII printable without `$ ( ) < > @ , ; : \ " / [ ] ? = { }` and white space. */
const namePattern = /^[!#%&'*+\-.0-9A-Z^_`a-z|~]+$/;

/** What could be read, whether or not it is allowed: a refused call is shown with it. */
export interface MethodRequest {
  readonly method: string;
  readonly responseTimeout: Millis;
  readonly connectTimeout: Millis;
  /** The bytes of the `payload` member, a view of the body; empty when there was none. */
  readonly payload: Buffer;
  readonly refusal?: Refusal;
  /** One sentence for each oddity the service passes over in silence. */
  readonly hints: readonly string[];
}

const nothing = Buffer.alloc(0);
const noHints: readonly string[] = [];

export function readMethodRequest(bytes: Buffer): MethodRequest {
  // Some clients begin with a byte order mark, which JSON does not have.
  const body = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  const members = membersOf(body);
  let method: string | undefined;
  let responseSeconds: number = responseTimeoutRange.default;
  let connectSeconds: number = connectTimeoutRange.default;
  let payload: Buffer = nothing;
  let refusal: Refusal | undefined;
  let hints: string[] | undefined;
  if (members === undefined) refusal = refuse('IotHubFormatError', 'The request body is not a JSON object.');
  // The last of two members with one name counts, as for every JSON reader the service is known to use.
  for (const { name, start, end } of members ?? []) {
    if (name === 'payload') payload = body.subarray(start, end);
    else if (name === 'methodName') {
      if (body[start] === 0x22) method = stringAt(body, start, end);
      else {
        refusal ??=
          body[start] === 0x6e
            ? refuse('ArgumentNull', 'methodName must not be null.')
            : refuse('ArgumentInvalid', `methodName must be text, not ${shown(body, start, end)}.`);
      }
    } else if (name === 'responseTimeoutInSeconds') {
      const value = timeout(body, start, end, responseTimeoutRange);
      if (value === undefined) refusal ??= outside(name, responseTimeoutRange);
      else responseSeconds = value;
    } else if (name === 'connectTimeoutInSeconds') {
      const value = timeout(body, start, end, connectTimeoutRange);
      if (value === undefined) refusal ??= outside(name, connectTimeoutRange);
      else connectSeconds = value;
    } else {
      hints ??= [];
      if (hints.length < mostHints) hints.push(ignored(name));
    }
  }
  refusal ??= problemOf(method) ?? (payload.length > payloadLimit ? tooLarge(payload.length) : undefined);
  return {
    method: method ?? '',
    responseTimeout: seconds(responseSeconds),
    connectTimeout: seconds(connectSeconds),
    payload,
    ...(refusal === undefined ? undefined : { refusal }),
    hints: hints ?? noHints,
  };
}

/** More unknown fields than this in one request tell nothing new. */
const mostHints = 8;

interface Range {
  readonly least: number;
  readonly most: number;
  readonly default: number;
}

/** A whole number within the range; the default for null; undefined for all else. */
function timeout(body: Buffer, start: number, end: number, range: Range): number | undefined {
  const text = body.toString('latin1', start, end);
  if (text === 'null') return range.default;
  if (!/^-?[0-9]/.test(text)) return undefined;
  const value = Number(text);
  return Number.isInteger(value) && value >= range.least && value <= range.most ? value : undefined;
}

const outside = (field: string, range: Range): Refusal =>
  refuse('ArgumentInvalid', `${field} must be within [${range.least}; ${range.most}].`);

function problemOf(method: string | undefined): Refusal | undefined {
  if (method === undefined || method === '') {
    return refuse('ArgumentInvalid', `methodName is ${method === undefined ? 'missing' : 'empty'}.`);
  }
  if (method.length > longestName) {
    return refuse('ArgumentInvalid', `methodName has ${method.length} characters; at most ${longestName} are allowed.`);
  }
  if (namePattern.test(method)) return undefined;
  return refuse(
    'ArgumentInvalid',
    `methodName '${method}' must be printable US-ASCII without space and without any of $ ( ) < > @ , ; : \\ " / [ ] ? = { }.`,
  );
}

// The service answered 400004 in its early years and the documents name no code today; 413001 is the one whose name fits.
const tooLarge = (bytes: number): Refusal =>
  refuse('MessageTooLarge', `The payload has ${bytes} bytes; at most ${payloadLimit} (128 KB) are allowed.`);

const known = ['methodName', 'payload', 'responseTimeoutInSeconds', 'connectTimeoutInSeconds'] as const;
/** Names that people write for a field, in lower case. */
const meant: Readonly<Record<string, (typeof known)[number]>> = {
  ...Object.fromEntries(known.map((field) => [field.toLowerCase(), field])),
  timeoutinseconds: 'responseTimeoutInSeconds',
  responsetimeout: 'responseTimeoutInSeconds',
  timeout: 'responseTimeoutInSeconds',
  connecttimeout: 'connectTimeoutInSeconds',
  connectiontimeoutinseconds: 'connectTimeoutInSeconds',
  connectiontimeout: 'connectTimeoutInSeconds',
  method: 'methodName',
  name: 'methodName',
  body: 'payload',
  data: 'payload',
};

function ignored(name: string): string {
  const short = name.length > 64 ? `${name.slice(0, 64)}...` : name;
  const field = Object.hasOwn(meant, name.toLowerCase()) ? meant[name.toLowerCase()] : undefined;
  const advice = field === undefined ? `Known are ${known.join(', ')}.` : `Use ${field}.`;
  return `${short} is not a field the service knows; it is ignored. ${advice}`;
}

const shown = (body: Buffer, start: number, end: number): string =>
  body.toString('utf8', start, Math.min(end, start + 40));

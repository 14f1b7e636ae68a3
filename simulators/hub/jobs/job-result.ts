// What a job sends to a device, and what it keeps of what came back. Pure.
import type { DeviceId } from '../../vocabulary/ids.ts';
import { Refusal } from '../../vocabulary/service-errors.ts';
import { type Instant, seconds } from '../../vocabulary/units.ts';
import { readMethodRequest } from '../methods/method-request.ts';
import type { MethodAnswer } from '../methods/methods.ts';
import { nestsTooDeep } from '../methods/nesting.ts';
import type { DeviceJob } from './job.ts';
import type { JobSpec } from './job-request.ts';

/** After the hub was away its devices are too; so long each may take to come back. */
const comeBack = seconds(30);

/** The body of each call. @param resumed gives devices that were cut off with the hub a while to come back. */
export function callBody({ call = '{}' }: JobSpec, resumed: boolean): Buffer {
  const body = Buffer.from(call);
  if (!resumed || readMethodRequest(body).connectTimeout >= comeBack) return body;
  // Of two members with one name the last counts.
  return Buffer.from(call.replace(/\}\s*$/, `,"connectTimeoutInSeconds":${comeBack / 1_000}}`));
}

export function callResult(
  device: DeviceId,
  startedAt: Instant,
  endedAt: Instant,
  answer: MethodAnswer | Refusal,
): DeviceJob {
  return answer instanceof Refusal
    ? { device, startedAt, endedAt, ...failure(answer) }
    : {
        device,
        status: 'completed',
        startedAt,
        endedAt,
        response: { status: answer.status, payload: readPayload(answer.payload) },
      };
}

export const patchResult = (device: DeviceId, at: Instant, outcome: object): DeviceJob => ({
  device,
  startedAt: at,
  endedAt: at,
  ...(outcome instanceof Refusal ? failure(outcome) : { status: 'completed' }),
});

const failure = ({ name, message }: Refusal): Pick<DeviceJob, 'status' | 'error'> => ({
  status: 'failed',
  error: { code: name, description: message },
});

/** A JSON value; the text as it came when it is not JSON, or nests deeper than could be written again. */
function readPayload(payload: Buffer): unknown {
  if (payload.length === 0) return null;
  const text = payload.toString();
  if (nestsTooDeep(payload)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// What a device gets on its twin requests: status, body and version (reference 2.8).
import { isUtf8 } from 'node:buffer';
import type { Clock } from '../../../clock/clock.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { Twins } from '../../twins/twins.ts';

export interface TwinAnswer {
  readonly status: number;
  readonly body: string;
  /** The new reported `$version`. */
  readonly version?: number;
}

interface TwinTools {
  readonly clock: Clock;
  readonly twins: Twins;
}

export function answerTwinGet(device: DeviceId, { clock, twins }: TwinTools): TwinAnswer {
  const view = twins.deviceView(device);
  return view instanceof Refusal ? refusedAnswer(view, clock.now()) : { status: 200, body: view };
}

export function answerTwinReport(device: DeviceId, patch: Buffer, { clock, twins }: TwinTools): TwinAnswer {
  const reported = isUtf8(patch)
    ? twins.report(device, patch.toString())
    : refuse('IotHubFormatError', 'The patch is not UTF-8 text.');
  return reported instanceof Refusal
    ? refusedAnswer(reported, clock.now())
    : { status: 204, body: '', version: reported.version };
}

let answers = 0;

/** Node's SDK ignores the status in the topic and fails only on a body with `errorCode`: without it a refusal looks like success. */
function refusedAnswer(refusal: Refusal, at: Instant): TwinAnswer {
  const time = new Date(at).toISOString();
  const [year, month, day] = time.slice(0, 10).split('-');
  answers += 1;
  return {
    status: refusal.status,
    body: JSON.stringify({
      errorCode: refusal.number,
      trackingId: `${answers.toString(16).toUpperCase().padStart(32, '0')}-TimeStamp:${month}/${day}/${year} ${time.slice(11, 19)}`,
      message: refusal.message,
      info: refusal.info,
      timestampUtc: time,
    }),
  };
}

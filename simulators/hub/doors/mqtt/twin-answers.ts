// What a device gets on its twin requests: status, body and version (reference 2.8).
import { isUtf8 } from 'node:buffer';
import type { Clock } from '../../../clock/clock.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Twins } from '../../twins/twins.ts';

export interface TwinAnswer {
  readonly status: number;
  readonly body: string;
  /** The new reported `$version`. */
  readonly version?: number;
}

interface TwinTools {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly twins: Twins;
  readonly throttling?: Throttling | undefined;
}

export function answerTwinGet(device: DeviceId, { clock, emit, twins, throttling }: TwinTools): TwinAnswer {
  const view = throttling?.take('twin reads', 1, device) ?? twins.deviceView(device);
  if (!(view instanceof Refusal)) emit({ type: 'twin.fetched', at: clock.now(), device });
  return view instanceof Refusal ? refusedAnswer(view, clock.now()) : { status: 200, body: view };
}

export function answerTwinReport(device: DeviceId, patch: Buffer, tools: TwinTools): TwinAnswer {
  const reported = report(device, patch, tools);
  return reported instanceof Refusal
    ? refusedAnswer(reported, tools.clock.now())
    : { status: 204, body: '', version: reported.version };
}

function report(
  device: DeviceId,
  patch: Buffer,
  { clock, emit, twins, throttling }: TwinTools,
): ReturnType<Twins['report']> {
  const over = throttling?.take('twin updates', 1, device);
  if (over !== undefined) return over;
  if (!isUtf8(patch)) return refuse('IotHubFormatError', 'The reported patch is not UTF-8 text.');
  try {
    return twins.report(device, patch.toString());
  } catch (error) {
    // A full disk, say: the device hears that nothing was kept, and stays connected.
    const detail = `The twin could not be kept: ${error instanceof Error ? error.message : String(error)}`;
    emit({ type: 'twin.refused', at: clock.now(), device, section: 'reported', error: 'ServerError', detail });
    return refuse('ServerError', detail);
  }
}

let answers = 0;

/** Node's SDK ignores the status in the topic and fails only on a body with `errorCode`: without it a refusal looks like success. */
export function refusedAnswer(refusal: Refusal, at: Instant): TwinAnswer {
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

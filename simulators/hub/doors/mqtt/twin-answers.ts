// What a device gets on its twin requests: status, body and version (reference 2.8).
import { isUtf8 } from 'node:buffer';
import type { Clock } from '../../../clock/clock.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { type FaultHooks, struckBy, type TwinPassage } from '../../../vocabulary/passages.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import { trouble } from '../../failed.ts';
import type { Identity } from '../../registry/registry.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Struck, Twins } from '../../twins/twins.ts';

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
  readonly find: (id: string) => Identity | undefined;
  readonly throttling?: Throttling | undefined;
  readonly faults?: FaultHooks | undefined;
}

/** Says what a device gets for its twin: now, later or never, as faults have it. */
export function answerTwinGet(device: DeviceId, tools: TwinTools, say: (answer: TwinAnswer) => void): void {
  const through = tools.faults?.at('twin', device);
  if (through === undefined) say(read(device, tools, undefined));
  else lead(through, device, 'get', tools, say, (struck) => read(device, tools, struck));
}

/** As `answerTwinGet`, for a reported patch; one that is held is applied when it is let go. */
export function answerTwinReport(
  device: DeviceId,
  patch: Buffer,
  tools: TwinTools,
  say: (answer: TwinAnswer) => void,
): void {
  const through = tools.faults?.at('twin', device);
  if (through === undefined) say(report(device, patch, tools, undefined));
  else lead(through, device, 'report', tools, say, (struck) => report(device, patch, tools, struck));
}

function lead(
  through: (passage: TwinPassage) => void,
  device: DeviceId,
  operation: TwinPassage['operation'],
  { clock, emit, find }: TwinTools,
  say: (answer: TwinAnswer) => void,
  work: (struck: Struck) => TwinAnswer,
): void {
  const asker = find(device)?.generationId;
  const passage: TwinPassage = {
    device,
    operation,
    touches: undefined,
    pass() {
      // Deleted meanwhile, and perhaps made anew: the twin of that name is another's.
      if (find(device)?.generationId === asker) say(work(struckBy(passage)));
      else passage.lose();
    },
    lose: () => emit({ type: 'twin.lost', at: clock.now(), device, operation, ...struckBy(passage) }),
    refuse(status, detail) {
      const refusal = trouble(status, detail);
      const at = clock.now();
      const error = refusal.name;
      if (operation === 'report') {
        emit({ type: 'twin.refused', at, device, section: 'reported', error, detail, ...struckBy(passage) });
      }
      say(refusedAnswer(refusal, at));
    },
  };
  through(passage);
}

function read(device: DeviceId, { clock, emit, twins, throttling }: TwinTools, struck: Struck): TwinAnswer {
  const view = throttling?.take('twin reads', 1, device) ?? twins.deviceView(device);
  if (!(view instanceof Refusal)) emit({ type: 'twin.fetched', at: clock.now(), device, ...struck });
  return view instanceof Refusal ? refusedAnswer(view, clock.now()) : { status: 200, body: view };
}

function report(device: DeviceId, patch: Buffer, tools: TwinTools, struck: Struck): TwinAnswer {
  const reported = apply(device, patch, tools, struck);
  return reported instanceof Refusal
    ? refusedAnswer(reported, tools.clock.now())
    : { status: 204, body: '', version: reported.version };
}

function apply(
  device: DeviceId,
  patch: Buffer,
  { clock, emit, twins, throttling }: TwinTools,
  struck: Struck,
): ReturnType<Twins['report']> {
  const over = throttling?.take('twin updates', 1, device);
  if (over !== undefined) return over;
  if (!isUtf8(patch)) return refuse('IotHubFormatError', 'The reported patch is not UTF-8 text.');
  try {
    return twins.report(device, patch.toString(), struck);
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

// What the hub does about a topic a device published to: hands it on, and says what goes back.
import type { Clock } from '../../../clock/clock.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import type { DeviceConnection } from '../../connections/connections.ts';
import { excerptOf } from '../../methods/invocation.ts';
import type { Methods } from '../../methods/methods.ts';
import type { Twins } from '../../twins/twins.ts';
import type { Subscriptions } from './subscriptions.ts';
import { type DeviceTopic, twinAnswerTopic } from './topics.ts';
import { answerTwinGet, answerTwinReport, type TwinAnswer } from './twin-answers.ts';

/** A message's body and properties together (reference 8). */
export const messageLimit = 262_144;

export interface Heard {
  readonly said: DeviceTopic;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/** What to publish to the device, or why its connection must end; undefined for neither. */
export type Reaction =
  | { readonly topic: string; readonly body: string; readonly refuse?: undefined }
  | { readonly refuse: string; readonly topic?: undefined }
  | undefined;

export interface HearTools {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly twins: Twins;
  readonly methods: Methods;
}

export function hear(
  connection: DeviceConnection,
  { said, payload, retain }: Heard,
  subscriptions: Subscriptions,
  tools: HearTools,
): Reaction {
  const { device } = connection;
  switch (said.kind) {
    case 'method-answer':
      tools.methods.answered(connection, said.rid, said.status, payload);
      return undefined;
    case 'twin-get':
      return twinReaction(device, said.rid, answerTwinGet(device, tools), subscriptions, tools);
    case 'twin-report':
      return twinReaction(device, said.rid, answerTwinReport(device, payload, tools), subscriptions, tools);
    case 'event': {
      const bytes = payload.length + Buffer.byteLength(said.bag);
      if (bytes > messageLimit) return { refuse: `a message of ${bytes} bytes; at most ${messageLimit} are allowed` };
      if (retain) hint(device, 'A retained message is not retained; the service passes it on as mqtt-retain.', tools);
      message(device, payload, false, tools);
      return undefined;
    }
  }
}

function twinReaction(
  device: DeviceId,
  rid: string,
  { status, body, version }: TwinAnswer,
  subscriptions: Subscriptions,
  tools: HearTools,
): Reaction {
  if (subscriptions.has('twin-answers')) return { topic: twinAnswerTopic(status, rid, version), body };
  hint(device, 'A twin request was answered to nobody: subscribe to $iothub/twin/res/# first.', tools);
  return undefined;
}

type FactTools = Pick<HearTools, 'clock' | 'emit'>;

export const message = (device: DeviceId, payload: Buffer, will: boolean, { clock, emit }: FactTools): void =>
  emit({
    type: 'message.received',
    at: clock.now(),
    device,
    body: excerptOf(payload),
    ...(will ? { will } : undefined),
  });

export const hint = (device: DeviceId, text: string, { clock, emit }: FactTools): void =>
  emit({ type: 'hint.given', at: clock.now(), device, text });

// What the hub does about a topic a device published to: hands it on, and says what goes back.
import type { Clock } from '../../../clock/clock.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import type { FaultHooks } from '../../../vocabulary/passages.ts';
import type { DeviceConnection } from '../../connections/connections.ts';
import type { Message } from '../../messages/messages.ts';
import { readBag } from '../../messages/property-bag.ts';
import type { Methods } from '../../methods/methods.ts';
import type { Identity } from '../../registry/registry.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Twins } from '../../twins/twins.ts';
import type { DoorMessages } from './door-tools.ts';
import type { Subscriptions } from './subscriptions.ts';
import { type DeviceTopic, twinAnswerTopic } from './topics.ts';
import { answerTwinGet, answerTwinReport, type TwinAnswer } from './twin-answers.ts';

export interface Heard {
  readonly said: DeviceTopic;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/** Publishes to the device; nothing once its connection is over. */
export type Say = (topic: string, body: string) => void;

export interface HearTools {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly twins: Twins;
  readonly find: (id: string) => Identity | undefined;
  readonly methods: Methods;
  readonly messages: DoorMessages;
  readonly throttling?: Throttling | undefined;
  readonly faults?: FaultHooks | undefined;
}

/** Gives why the connection must end, if it must. Twin requests are answered through `say`, now or when the faults on them have it. */
export function hear(
  connection: DeviceConnection,
  { said, payload, retain }: Heard,
  subscriptions: Subscriptions,
  tools: HearTools,
  say: Say,
): string | undefined {
  const { device } = connection;
  switch (said.kind) {
    case 'method-answer':
      tools.methods.answered(connection, said.rid, said.status, payload);
      return undefined;
    case 'twin-get':
    case 'twin-report':
      hearTwin(connection, said, payload, subscriptions, tools, say);
      return undefined;
    case 'event': {
      if (retain) hint(device, 'A retained message is not retained; the service passes it on as mqtt-retain.', tools);
      const refusal = tools.messages.received(device, messageOf(said.bag, payload, retain ? retained : undefined));
      // MQTT 3.1.1 has no way to refuse a message; the service ends the connection (reference 2.2).
      return refusal === undefined ? undefined : `${refusal.number}: ${refusal.message}`;
    }
  }
}

const nothing: Readonly<Record<string, string>> = Object.freeze({});
const retained = { 'mqtt-retain': 'true' };
const ofWill = { 'iothub-MessageType': 'Will' };

function messageOf(bag: string, body: Buffer, more: Readonly<Record<string, string>> | undefined): Message {
  if (bag === '') return { body, system: nothing, application: more ?? nothing };
  const { system, application } = readBag(bag);
  return { body, system, application: more === undefined ? application : { ...application, ...more } };
}

export interface Will {
  readonly bag: string;
  readonly body: Buffer;
}

/** The hub speaks for a device that went without a word. */
export function speakWill(device: DeviceId, { bag, body }: Will, { messages }: Pick<HearTools, 'messages'>): void {
  messages.received(device, messageOf(bag, body, ofWill), true);
}

/** A function apart: `hear` is on the way of every method's answer, and must not make room for this closure. */
function hearTwin(
  connection: DeviceConnection,
  { kind, rid }: Extract<DeviceTopic, { kind: 'twin-get' | 'twin-report' }>,
  payload: Buffer,
  subscriptions: Subscriptions,
  tools: HearTools,
  say: Say,
): void {
  const { device } = connection;
  const answer = ({ status, body, version }: TwinAnswer): void => {
    if (subscriptions.has('twin-answers')) say(twinAnswerTopic(status, rid, version), body);
    else if (connection.open) {
      hint(device, 'A twin request was answered to nobody: subscribe to $iothub/twin/res/# first.', tools);
    }
  };
  if (kind === 'twin-get') answerTwinGet(device, tools, answer);
  else answerTwinReport(device, payload, tools, answer);
}

export const hint = (device: DeviceId, text: string, { clock, emit }: Pick<HearTools, 'clock' | 'emit'>): void =>
  emit({ type: 'hint.given', at: clock.now(), device, text });

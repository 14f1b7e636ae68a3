// Twin requests and answers as messages: what is asked stands in the annotations, and an id goes back as it came (reference 3.5).
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { refuse } from '../../../vocabulary/service-errors.ts';
import type { DeviceConnection } from '../../connections/connections.ts';
import { answerTwinGet, answerTwinReport, refusedAnswer, type TwinAnswer } from '../mqtt/twin-answers.ts';
import { idOf } from './cbs.ts';
import type { DoorTools } from './door-tools.ts';
import { data, encodeMessage, type Typed, types } from './rhea-parts.ts';
import { bodyOf, field, plainText, readSections } from './sections.ts';

export interface TwinReaction {
  readonly reply: Buffer;
  /** Whether desired notifications were asked for, or no longer wanted. */
  readonly subscribe?: boolean;
}

const desiredFeed = '/notifications/twin/properties/desired';

/** Throws BadBytes for what is no message. */
export function hearTwin({ device }: Pick<DeviceConnection, 'device'>, bytes: Buffer, tools: DoorTools): TwinReaction {
  const sections = readSections(bytes);
  const id = sections.properties[field.correlationId];
  const operation = (plainText(sections.annotations.get('operation')) ?? '').toUpperCase();
  const resource = (plainText(sections.annotations.get('resource')) ?? '').toLowerCase().replace(/\/$/, '');
  const answer = (twin: TwinAnswer, subscribe?: boolean): TwinReaction => ({
    reply: encodeAnswer(id, twin),
    ...(subscribe === undefined ? undefined : { subscribe }),
  });
  if (operation === 'GET' && resource === '') return answer(answerTwinGet(device, tools));
  if (operation === 'PATCH' && resource === '/properties/reported') {
    return answer(answerTwinReport(device, bodyOf(sections), tools));
  }
  if ((operation === 'PUT' || operation === 'DELETE') && resource === desiredFeed) {
    return answer({ status: 200, body: '' }, operation === 'PUT');
  }
  return answer(refusedAnswer(unknown(device, operation, resource), tools.clock.now()));
}

const unknown = (device: DeviceId, operation: string, resource: string) =>
  refuse(
    'ArgumentInvalid',
    `operation '${operation.slice(0, 40)}' on resource '${resource.slice(0, 80)}' is nothing a twin has: GET; PATCH /properties/reported; ` +
      `PUT or DELETE ${desiredFeed} (device ${device}).`,
  );

function encodeAnswer(id: Typed | undefined, { status, body, version }: TwinAnswer): Buffer {
  return encodeMessage({
    correlation_id: idOf(id),
    message_annotations: {
      status: types.wrap_int(status),
      ...(version === undefined ? undefined : { version: types.wrap_long(version) }),
    },
    body: data(Buffer.from(body)),
  });
}

/** Java knows it by its resource, the others by its having no correlation id. */
export const encodeDesired = (patch: string, version: number): Buffer =>
  encodeMessage({
    message_annotations: { resource: '/properties/desired', version: types.wrap_long(version) },
    body: data(Buffer.from(patch)),
  });

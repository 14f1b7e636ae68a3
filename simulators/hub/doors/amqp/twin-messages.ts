// Twin requests and answers as messages: what is asked stands in the annotations, and an id goes back as it came (reference 3.5).
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { refuse } from '../../../vocabulary/service-errors.ts';
import type { DeviceConnection } from '../../connections/connections.ts';
import { answerTwinGet, answerTwinReport, refusedAnswer, type TwinAnswer } from '../mqtt/twin-answers.ts';
import { idOf } from './cbs.ts';
import type { DoorTools } from './door-tools.ts';
import { data, encodeMessage, type Typed, types } from './rhea-parts.ts';
import { bodyOf, field, plainText, readSections } from './sections.ts';

const desiredFeed = '/notifications/twin/properties/desired';

/**
 * Gives whether desired notifications were asked for (true), or are no longer wanted (false). The answer goes through `say`, now or when the
 * faults on the request have it. Throws BadBytes for what is no message.
 */
export function hearTwin(
  { device }: Pick<DeviceConnection, 'device'>,
  bytes: Buffer,
  tools: DoorTools,
  say: (reply: Buffer) => void,
): boolean | undefined {
  const sections = readSections(bytes);
  const id = idOf(sections.properties[field.correlationId]);
  const operation = (plainText(sections.annotations.get('operation')) ?? '').toUpperCase();
  const resource = (plainText(sections.annotations.get('resource')) ?? '').toLowerCase().replace(/\/$/, '');
  const answer = (twin: TwinAnswer): void => say(encodeAnswer(id, twin));
  if (operation === 'GET' && resource === '') answerTwinGet(device, tools, answer);
  else if (operation === 'PATCH' && resource === '/properties/reported') {
    answerTwinReport(device, bodyOf(sections), tools, answer);
  } else if ((operation === 'PUT' || operation === 'DELETE') && resource === desiredFeed) {
    answer({ status: 200, body: '' });
    return operation === 'PUT';
  } else answer(refusedAnswer(unknown(device, operation, resource), tools.clock.now()));
  return undefined;
}

const unknown = (device: DeviceId, operation: string, resource: string) =>
  refuse(
    'ArgumentInvalid',
    `operation '${operation.slice(0, 40)}' on resource '${resource.slice(0, 80)}' is nothing a twin has: GET; PATCH /properties/reported; ` +
      `PUT or DELETE ${desiredFeed} (device ${device}).`,
  );

function encodeAnswer(id: Typed | undefined, { status, body, version }: TwinAnswer): Buffer {
  return encodeMessage({
    correlation_id: id,
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

// Method requests and answers as messages (reference 3.4). Pure.

import type { RequestGuids } from './request-guids.ts';
import { data, encodeMessage } from './rhea-parts.ts';
import { bodyOf, field, readSections } from './sections.ts';

export const encodeMethod = (method: string, guid: Buffer, payload: Buffer): Buffer =>
  encodeMessage({
    correlation_id: guid,
    application_properties: { 'IoThub-methodname': method },
    body: data(payload),
  });

export interface Answer {
  readonly rid: string;
  readonly status: number;
  readonly payload: Buffer;
}

/** A device's answer, or a sentence why it is none. Throws BadBytes for what is no message. */
export function readAnswer(bytes: Buffer, requests: RequestGuids): Answer | string {
  const sections = readSections(bytes);
  const id = sections.properties[field.correlationId]?.value;
  if (typeof id !== 'string' && !Buffer.isBuffer(id)) {
    return 'A method answer without a correlation id was dropped: it must carry the one of its request.';
  }
  const status = Number(sections.application.get('IoThub-status') ?? Number.NaN);
  if (!Number.isInteger(status)) {
    return 'A method answer without a whole number in its application property IoThub-status was dropped.';
  }
  return { rid: requests.ridOf(id), status, payload: bodyOf(sections) };
}

// Messages between AMQP's form and the hub's one shape: which property lies in which section under which name (reference 3.6, 4.6).
import type { Acknowledgement, Delivery, FeedbackBatch, Message, SystemProperties } from '../../messages/messages.ts';
import { BadBytes } from './encoding.ts';
import { data, encodeMessage, type Typed, types } from './rhea-parts.ts';
import { batchFormat, bodyOf, field, guidBytes, plainText, readSections, type Sections, textOf } from './sections.ts';

/** Application properties and annotations with a meaning -> where it is kept. */
// A Map: a peer may name its property `constructor`.
const meanings: ReadonlyMap<string, keyof SystemProperties> = new Map([
  ['iothub-ack', 'ack'],
  ['iothub-creation-time-utc', 'creationTime'],
  ['iothub-outputname', 'outputName'],
  ['iothub-inputname', 'inputName'],
  ['iothub-interface-id', 'interfaceId'],
  ['dt-subject', 'componentName'],
  ['iothub-message-schema', 'messageSchema'],
] as const);
const acknowledgements: readonly string[] = ['none', 'positive', 'negative', 'full'] satisfies Acknowledgement[];

/** The messages in one transfer; several when it is a batch. Throws BadBytes. */
export function readMessages(bytes: Buffer, format: number | undefined): readonly Message[] {
  if (format !== batchFormat) return [readMessage(readSections(bytes))];
  const { data: parts } = readSections(bytes);
  if (parts === undefined) throw new BadBytes('a batch without data sections');
  return parts.map((part) => readMessage(readSections(part)));
}

function readMessage(sections: Sections): Message {
  const { properties, annotations } = sections;
  const system: Record<string, unknown> = {};
  const keep = (name: keyof SystemProperties, value: unknown): void => {
    if (value !== undefined) system[name] = value;
  };
  keep('messageId', textOf(properties[field.messageId]));
  keep('userId', textOf(properties[field.userId]));
  keep('to', textOf(properties[field.to]));
  keep('correlationId', textOf(properties[field.correlationId]));
  keep('contentType', textOf(properties[field.contentType]));
  keep('contentEncoding', textOf(properties[field.contentEncoding]));
  keep('expiresAt', instantOf(properties[field.expiresAt]));
  const application: Record<string, string> = {};
  for (const [name, value] of sections.application) {
    const text = plainText(value);
    if (text === undefined) continue;
    const meaning = meanings.get(name);
    if (meaning === undefined) {
      // A plain assignment would lose the name '__proto__'.
      Object.defineProperty(application, name, { value: text, enumerable: true, configurable: true, writable: true });
    } else if (meaning !== 'ack') keep(meaning, text);
    else if (acknowledgements.includes(text.toLowerCase())) keep('ack', text.toLowerCase());
  }
  keep('componentName', plainText(annotations.get('dt-subject')));
  keep('interfaceId', plainText(annotations.get('iothub-interface-id')));
  keep('creationTime', plainText(annotations.get('iothub-creation-time-utc')));
  return { body: bodyOf(sections), system: system as SystemProperties, application };
}

function instantOf(typed: Typed | undefined): number | undefined {
  const value = typed?.value;
  const instant = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Number.NaN;
  return Number.isFinite(instant) ? instant : undefined;
}

/** A cloud-to-device message for its device. */
export function encodeDelivery({ message, lockToken, sequence, enqueuedAt, deliveryCount }: Delivery): Buffer {
  const { system } = message;
  const application: Record<string, string> = { ...message.application };
  for (const [name, meaning] of meanings) {
    const value = meaning === 'inputName' ? undefined : system[meaning];
    if (value !== undefined) application[name] = String(value);
  }
  return encodeMessage({
    message_annotations: {
      'x-opt-lock-token': lockToken,
      'x-opt-sequence-number': types.wrap_ulong(sequence),
      'iothub-enqueuedtime': types.wrap_timestamp(Math.floor(enqueuedAt)),
      'iothub-deliverycount': types.wrap_ubyte(Math.min(deliveryCount, 255)),
      ...(system.inputName === undefined ? undefined : { 'x-opt-input-name': system.inputName }),
    },
    message_id: system.messageId,
    user_id: system.userId === undefined ? undefined : Buffer.from(system.userId),
    to: system.to,
    correlation_id: system.correlationId,
    content_type: system.contentType,
    content_encoding: system.contentEncoding,
    absolute_expiry_time: system.expiresAt === undefined ? undefined : Math.floor(system.expiresAt),
    application_properties: application,
    body: data(message.body),
  });
}

/** The record of what became of messages, as a service reads it. */
export function encodeFeedback({ lockToken, enqueuedAt, records }: FeedbackBatch, hubName: string): Buffer {
  return encodeMessage({
    message_annotations: {
      'x-opt-lock-token': lockToken,
      'iothub-enqueuedtime': types.wrap_timestamp(Math.floor(enqueuedAt)),
    },
    message_id: lockToken,
    user_id: Buffer.from(hubName),
    content_type: 'application/vnd.microsoft.iothub.feedback.json',
    content_encoding: 'utf-8',
    body: data(Buffer.from(JSON.stringify(records))),
  });
}

/** .NET makes a GUID of the tag, and settles by it. */
export const tagOf = ({ lockToken }: { readonly lockToken: string }): Buffer => guidBytes(lockToken);

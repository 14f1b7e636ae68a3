// Messages as HTTPS carries them (reference 4.5): system properties in headers of their own, the application's in `iothub-app-{name}`, many
// messages as a JSON list. Pure.
import { isUtf8 } from 'node:buffer';
import { type DeviceId, partsOf } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import { type Delivery, isAcknowledgement, type Message, type SystemProperties } from '../../messages/messages.ts';

const applicationPrefix = 'iothub-app-';

/** Headers of system properties that are plain text, in the order in which they are written. */
const textHeaders: readonly (readonly [string, Exclude<keyof SystemProperties, 'ack' | 'expiresAt'>])[] = [
  ['iothub-messageid', 'messageId'],
  ['iothub-correlationid', 'correlationId'],
  ['iothub-userid', 'userId'],
  ['iothub-to', 'to'],
  ['iothub-contenttype', 'contentType'],
  ['iothub-contentencoding', 'contentEncoding'],
  ['iothub-creation-time-utc', 'creationTime'],
  ['iothub-message-schema', 'messageSchema'],
  ['iothub-outputname', 'outputName'],
  ['iothub-inputname', 'inputName'],
  ['iothub-interface-id', 'interfaceId'],
  ['dt-subject', 'componentName'],
];
const nameOf = new Map(textHeaders);

type Properties = Pick<Message, 'system' | 'application'>;

/** @param raw names and values in turn, as node:http keeps them in `rawHeaders`: names of properties keep their case. */
export function readHeaders(raw: readonly string[]): Properties {
  const reader = new PropertyReader();
  for (let at = 0; at + 1 < raw.length; at += 2) reader.read(raw[at] ?? '', textOf(raw[at + 1] ?? ''), false);
  return reader.properties;
}

class PropertyReader {
  readonly #system: { -readonly [Name in keyof SystemProperties]: SystemProperties[Name] } = {};
  readonly #application = new Map<string, string>();

  get properties(): Properties {
    return { system: this.#system, application: Object.fromEntries(this.#application) };
  }

  /** @param all takes what has no known name as the application's; headers of a request are mostly not about the message. */
  read(name: string, value: string, all: boolean): void {
    const key = name.toLowerCase();
    const text = nameOf.get(key);
    if (key.startsWith(applicationPrefix)) this.#application.set(name.slice(applicationPrefix.length), value);
    else if (text !== undefined) this.#system[text] = value;
    else if (key === 'iothub-expiry') {
      const moment = Date.parse(value);
      if (!Number.isNaN(moment)) this.#system.expiresAt = moment;
    } else if (key === 'iothub-ack') {
      const ack = value.toLowerCase();
      if (isAcknowledgement(ack)) this.#system.ack = ack;
    } else if (all) this.#application.set(name, value);
  }
}

/**
 * A batch: `[{"body":"<base64>","base64Encoded":true,"properties":{"iothub-app-k":"v"}}]`. Node leaves `base64Encoded`
 * out and means true; what is no base64 then is text.
 */
export function readBatch(bytes: Buffer): readonly Message[] | Refusal {
  let list: unknown;
  try {
    list = isUtf8(bytes) ? JSON.parse(bytes.toString().replace(/^\uFEFF/, '')) : undefined;
  } catch {}
  if (!Array.isArray(list) || list.length === 0) {
    return refuse('IotHubFormatError', 'A batch must be a JSON list of at least one message.');
  }
  const messages: Message[] = [];
  for (const [index, item] of list.entries()) {
    const message = readItem(item, `[${index}]`);
    if (message instanceof Refusal) return message;
    messages.push(message);
  }
  return messages;
}

function readItem(item: unknown, path: string): Message | Refusal {
  if (!isObject(item)) return malformed(path, 'must be an object with a body');
  const { body = '', base64Encoded, properties = {} } = item;
  if (typeof body !== 'string') return malformed(`${path}.body`, 'must be text');
  if (base64Encoded !== undefined && typeof base64Encoded !== 'boolean') {
    return malformed(`${path}.base64Encoded`, 'must be true or false');
  }
  if (properties !== null && !isObject(properties)) return malformed(`${path}.properties`, 'must be an object');
  const encoded = base64Encoded !== false && base64Pattern.test(body);
  if (base64Encoded === true && !encoded) return malformed(`${path}.body`, 'must be base64');
  const reader = new PropertyReader();
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value !== 'string') return malformed(`${path}.properties.${name.slice(0, 80)}`, 'must be text');
    reader.read(name, value, true);
  }
  return { body: Buffer.from(body, encoded ? 'base64' : 'utf8'), ...reader.properties };
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

const malformed = (path: string, must: string): Refusal => refuse('IotHubFormatError', `${path}: ${must}.`);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names and values in turn. The lock is the quoted ETag: Node's client cuts off its first and its last character. */
export function writeHeaders(delivery: Delivery, device: DeviceId): readonly string[] {
  const { message, lockToken, sequence, enqueuedAt, deliveryCount } = delivery;
  const { system, application } = message;
  const { device: id, module } = partsOf(device);
  const to = `/devices/${id}${module === undefined ? '' : `/modules/${module}`}/messages/deviceBound`;
  const headers = ['ETag', `"${lockToken}"`];
  for (const [header, name] of textHeaders) {
    const value = name === 'to' ? to : system[name];
    if (value !== undefined) headers.push(header, headerText(value));
  }
  if (system.expiresAt !== undefined) headers.push('iothub-expiry', new Date(system.expiresAt).toISOString());
  if (system.ack !== undefined) headers.push('iothub-ack', system.ack);
  headers.push('iothub-sequencenumber', String(sequence), 'iothub-enqueuedtime', new Date(enqueuedAt).toISOString());
  headers.push('iothub-deliverycount', String(deliveryCount));
  for (const [name, value] of Object.entries(application)) {
    headers.push(applicationPrefix + headerName(name), headerText(value));
  }
  return headers;
}

/** Headers are bytes that node:http gives as latin1: UTF-8 where they are that, as they are where not. */
const textOf = (value: string): string => {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
};

// What HTTP cannot carry is percent-encoded: control characters, spaces at the ends, and in names all that no name may hold; a percent sign goes
// as it is, since clients do not decode. Clients read headers as latin1, so text goes so where it can and would not be taken for UTF-8.
function headerText(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const carried = value.replace(/[\0-\x1f\x7f]|^ +| +$/g, encodeURIComponent);
  const utf8 = Buffer.from(carried);
  if (utf8.length === carried.length) return carried;
  const latin1 = Buffer.from(carried, 'latin1');
  const asLatin1 = latin1.toString('latin1') === carried && !isUtf8(latin1);
  return asLatin1 ? carried : utf8.toString('latin1');
}
const headerName = (name: string): string =>
  Buffer.from(name)
    .toString('latin1')
    .replace(
      /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );

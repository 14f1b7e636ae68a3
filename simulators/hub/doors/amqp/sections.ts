// An AMQP message in its sections, with the types its sender chose (reference 3.2: a reply must carry an id of the same type).
import { BadBytes, passValue } from './encoding.ts';
import { type Typed, types } from './rhea-parts.ts';

/** The format of several messages in one, each encoded into a data section (reference 3.6). */
export const batchFormat = 0x80013700;

export interface Sections {
  /** Of the properties section, in its order [AMQP 1.0, 3.2.4]. */
  readonly properties: readonly (Typed | undefined)[];
  readonly annotations: ReadonlyMap<string, unknown>;
  readonly application: ReadonlyMap<string, unknown>;
  /** Data sections, or undefined when the body is a value or a sequence. */
  readonly data?: readonly Buffer[];
  readonly value?: Typed;
}

export const field = {
  messageId: 0,
  userId: 1,
  to: 2,
  replyTo: 4,
  correlationId: 5,
  contentType: 6,
  contentEncoding: 7,
  expiresAt: 8,
} as const;

const names: Readonly<Record<string, number>> = {
  'amqp:header:list': 0x70,
  'amqp:delivery-annotations:map': 0x71,
  'amqp:message-annotations:map': 0x72,
  'amqp:properties:list': 0x73,
  'amqp:application-properties:map': 0x74,
  'amqp:data:binary': 0x75,
  'amqp:amqp-sequence:list': 0x76,
  'amqp:amqp-value:*': 0x77,
  'amqp:value:*': 0x77,
  'amqp:footer:map': 0x78,
};

/** Throws BadBytes for what is no message. */
export function readSections(bytes: Buffer): Sections {
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== 0) throw new BadBytes('a message with something between its sections');
    at = passValue(bytes, at, bytes.length);
  }
  const reader = new types.Reader(bytes);
  let properties: readonly Typed[] = [];
  let annotations: ReadonlyMap<string, unknown> = none;
  let application: ReadonlyMap<string, unknown> = none;
  let data: Buffer[] | undefined;
  let value: Typed | undefined;
  while (reader.remaining() > 0) {
    const section = reader.read();
    const code = section.descriptor?.value;
    switch (typeof code === 'string' ? names[code] : code) {
      case 0x72:
        annotations = mapOf(section, 'message annotations');
        break;
      case 0x73:
        properties = listOf(section, 'properties');
        break;
      case 0x74:
        application = mapOf(section, 'application properties');
        break;
      case 0x75:
        if (!Buffer.isBuffer(section.value)) throw new BadBytes('a data section that is no binary');
        data ??= [];
        data.push(section.value);
        break;
      case 0x76:
      case 0x77:
        value = section;
        break;
      case 0x70:
      case 0x71:
      case 0x78:
        break;
      default:
        throw new BadBytes(`a section of kind ${String(code).slice(0, 40)}`);
    }
  }
  return {
    properties,
    annotations,
    application,
    ...(data === undefined ? undefined : { data }),
    ...(value === undefined ? undefined : { value }),
  };
}

const none: ReadonlyMap<string, unknown> = new Map();

function listOf(section: Typed, what: string): readonly Typed[] {
  if (!Array.isArray(section.value)) throw new BadBytes(`${what} that are no list`);
  return section.value as Typed[];
}

function mapOf(section: Typed, what: string): ReadonlyMap<string, unknown> {
  const members = listOf(section, what);
  const map = new Map<string, unknown>();
  for (let at = 0; at + 1 < members.length; at += 2) {
    const key = members[at]?.value;
    if (typeof key === 'string') map.set(key, members[at + 1]?.value);
  }
  return map;
}

/** The body's bytes: data sections joined, or the text of a value. Empty when there is none. */
export function bodyOf({ data, value }: Sections): Buffer {
  if (data !== undefined) return data.length === 1 && data[0] ? data[0] : Buffer.concat(data);
  const held = value?.value;
  if (held === undefined || held === null) return Buffer.alloc(0);
  return Buffer.isBuffer(held) ? held : Buffer.from(textOf(value) ?? '');
}

/** A plain value as text: ids of 16 bytes as a GUID, moments as ISO text; undefined for null. */
export function textOf(typed: Typed | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const { value } = typed;
  if (Buffer.isBuffer(value) && typed.type.name === 'Uuid') return guidText(value);
  return plainText(value);
}

export function plainText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

export const guidText = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** The 16 bytes of a GUID's text, in the order in which it is written. */
export const guidBytes = (text: string): Buffer => Buffer.from(text.replaceAll('-', ''), 'hex');

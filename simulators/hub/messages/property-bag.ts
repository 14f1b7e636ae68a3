// The property bag at the end of an MQTT topic (reference 2.6): `$.mid=1&$.ct=application%2Fjson&colour=red`, percent-encoded, a space as %20.
import { type DeviceId, partsOf } from '../../vocabulary/ids.ts';
import { isAcknowledgement, type Message, type SystemProperties } from './messages.ts';

type TextName = Exclude<keyof SystemProperties, 'ack' | 'expiresAt'>;

/** Keys of system properties that are plain text, in the order in which they are written. */
const textKeys: readonly (readonly [string, TextName])[] = [
  ['$.mid', 'messageId'],
  ['$.cid', 'correlationId'],
  ['$.uid', 'userId'],
  ['$.to', 'to'],
  ['$.ct', 'contentType'],
  ['$.ce', 'contentEncoding'],
  ['$.on', 'outputName'],
  ['$.ifid', 'interfaceId'],
  ['$.sub', 'componentName'],
  ['$.ctime', 'creationTime'],
  // Names that AMQP has for them, which some clients use over MQTT too.
  ['iothub-creation-time-utc', 'creationTime'],
  ['iothub-message-schema', 'messageSchema'],
];
const nameOf: ReadonlyMap<string, TextName> = new Map(textKeys);
/** What the hub stamps on a message itself, and never takes from its sender (reference 6.6). */
const stamped = /^(?:\$\.c[dm]id|iothub-connection-.*|iothub-enqueuedtime|iothub-message-source|dt-dataschema)$/;

/**
 * Reads a bag, and never refuses one: escapes that make no sense stay as they are, a bare key has an empty value, the last of two equal keys
 * counts, an expiry that is no date is left out.
 * @param text what follows `…/messages/events/`; empty when nothing does. One slash at its end, as Node's modules write it, is passed over.
 */
export function readBag(text: string): Pick<Message, 'system' | 'application'> {
  const system: { -readonly [Name in keyof SystemProperties]: SystemProperties[Name] } = {};
  const application = new Map<string, string>();
  for (const part of (text.endsWith('/') ? text.slice(0, -1) : text).split('&')) {
    const equals = part.indexOf('=');
    const key = decoded(equals === -1 ? part : part.slice(0, equals));
    if (key === '' || stamped.test(key)) continue;
    const value = equals === -1 ? '' : decoded(part.slice(equals + 1));
    const name = nameOf.get(key);
    if (name !== undefined) system[name] = value;
    else if (key === '$.exp') {
      const moment = Date.parse(value);
      if (!Number.isNaN(moment)) system.expiresAt = moment;
    } else if (key === 'iothub-ack' && isAcknowledgement(value.toLowerCase())) {
      system.ack = value.toLowerCase() as NonNullable<SystemProperties['ack']>;
    } else application.set(key, value);
  }
  return { system, application: Object.fromEntries(application) };
}

/**
 * The bag of a message on its way to a device or module. It holds no slash, at which clients take a topic apart; `$.to` is always there, since
 * Node's client finds no bag in a topic that ends with `devicebound/` alone.
 */
export function writeBag({ system, application }: Message, device: DeviceId): string {
  const { device: id, module } = partsOf(device);
  const to = `/devices/${id}${module === undefined ? '' : `/modules/${module}`}/messages/deviceBound`;
  const pairs: string[] = [];
  const written = new Set<TextName>();
  for (const [key, name] of textKeys) {
    const value = name === 'to' ? to : system[name];
    if (value === undefined || written.has(name)) continue;
    written.add(name);
    pairs.push(`${key}=${encoded(value)}`);
  }
  if (system.expiresAt !== undefined) pairs.push(`$.exp=${encoded(new Date(system.expiresAt).toISOString())}`);
  if (system.ack !== undefined) pairs.push(`iothub-ack=${system.ack}`);
  for (const [key, value] of Object.entries(application)) pairs.push(`${encoded(key)}=${encoded(value)}`);
  return pairs.join('&');
}

/** Half a surrogate pair cannot be encoded; it becomes the replacement character, as in any UTF-8 text. */
const encoded = (text: string): string => encodeURIComponent(Buffer.from(text).toString());

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

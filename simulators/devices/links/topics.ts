// The MQTT topics of a device, written and read. Names carry no device id except those of messages (reference 2.5).
import { identityId } from '../../vocabulary/ids.ts';
import type { OutgoingMessage } from './connection.ts';
import { identityPath } from './identity-path.ts';
import type { Filters } from './subscribe-packet.ts';

const methodRequest = '$iothub/methods/POST/';
const twinResponse = '$iothub/twin/res/';
const desiredPatch = '$iothub/twin/PATCH/properties/desired/';
const deviceBound = '/messages/devicebound/';

export const methodFilter = `${methodRequest}#`;
const common = { [methodFilter]: 0, [`${twinResponse}#`]: 0, [`${desiredPatch}#`]: 0 } as const;

/**
 * Subscribed in one packet: methods, answers to twin requests, desired patches, and cloud-to-device messages, these at QoS 1 so that they can be
 * completed.
 */
export const filtersOf = (id: string): Filters => ({
  ...common,
  [`${identityPath(id)}${deviceBound}#`]: 1,
});

export const methodResponseTopic = (status: number, rid: string): string =>
  `$iothub/methods/res/${status}/?$rid=${rid}`;
export const twinGetTopic = (rid: string): string => `$iothub/twin/GET/?$rid=${rid}`;
export const reportTopic = (rid: string): string => `$iothub/twin/PATCH/properties/reported/?$rid=${rid}`;

/** System properties lead, under the short names of reference 2.6. */
export function eventsTopic(id: string, message: OutgoingMessage): string {
  const bag: string[] = [];
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) bag.push(`${name}=${encodeURIComponent(value)}`);
  };
  put('$.mid', message.messageId);
  put('$.ct', message.contentType);
  put('$.ce', message.contentEncoding);
  for (const [name, value] of Object.entries(message.properties ?? {})) put(encodeURIComponent(name), value);
  return `${identityPath(id)}/messages/events/${bag.join('&')}`;
}

/** The names and values of a bag, decoded. A bare name has the empty value. */
export function readBag(bag: string): Record<string, string> {
  const properties: Record<string, string> = Object.create(null);
  for (const pair of bag.split('&')) {
    const split = pair.indexOf('=');
    const name = decoded(split < 0 ? pair : pair.slice(0, split));
    if (name !== '') properties[name] = split < 0 ? '' : decoded(pair.slice(split + 1));
  }
  return { ...properties };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // some sender did not encode it
  }
}

export type Arrival =
  | { readonly kind: 'method'; readonly name: string; readonly rid: string }
  | { readonly kind: 'twin'; readonly status: number; readonly rid: string; readonly version: number | undefined }
  | { readonly kind: 'desired'; readonly version: number | undefined }
  /** A cloud-to-device message with its property bag. */
  | { readonly kind: 'message'; readonly identity: string; readonly bag: string };

/** What a topic announces, or undefined when it is none a hub should send. */
export function readTopic(topic: string): Arrival | undefined {
  if (topic.startsWith('devices/')) return readMessageTopic(topic);
  const query = topic.lastIndexOf('/?');
  if (query < 0) return undefined;
  if (topic.startsWith(methodRequest)) {
    const name = topic.slice(methodRequest.length, query);
    const rid = parameter(topic, query + 2, '$rid');
    return name && rid && !name.includes('/') ? { kind: 'method', name, rid } : undefined;
  }
  if (topic.startsWith(twinResponse)) {
    const status = Number(topic.slice(twinResponse.length, query));
    const rid = parameter(topic, query + 2, '$rid');
    if (!rid || !Number.isInteger(status) || status < 100 || status > 999) return undefined;
    return { kind: 'twin', status, rid, version: versionIn(topic, query + 2) };
  }
  if (topic.startsWith(desiredPatch)) return { kind: 'desired', version: versionIn(topic, query + 2) };
  return undefined;
}

/** `devices/{device}/messages/devicebound/{bag}`, or with `/modules/{module}` after the device; a bag holds no slash. */
function readMessageTopic(topic: string): Arrival | undefined {
  const [, device, ...rest] = topic.split('/');
  const module = rest[0] === 'modules' ? rest.splice(0, 2)[1] : undefined;
  const [messages, bound, bag, ...more] = rest;
  if (!device || module === '' || messages !== 'messages' || bound !== 'devicebound' || bag === undefined)
    return undefined;
  return more.length > 0 ? undefined : { kind: 'message', identity: identityId(device, module), bag };
}

function versionIn(topic: string, from: number): number | undefined {
  const version = Number(parameter(topic, from, '$version') ?? Number.NaN);
  return Number.isInteger(version) && version >= 0 ? version : undefined;
}

/** A request id is echoed as it came: text that need not be a number (reference 2.7). */
function parameter(topic: string, from: number, key: string): string | undefined {
  for (const part of topic.slice(from).split('&')) {
    if (part.startsWith(key) && part[key.length] === '=') return part.slice(key.length + 1);
  }
  return undefined;
}

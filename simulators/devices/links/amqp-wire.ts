// How devices and hub write things over AMQP: addresses, correlation ids, bodies, and the answer to a method (reference 3.3 to 3.6).
import { hashOf } from '../../random/random.ts';
import { type DeviceId, partsOf, type RequestId, requestId } from '../../vocabulary/ids.ts';
import type { MethodRequest } from '../device.ts';
import { encodeMessage, int, type RheaMessage } from './amqp-rhea.ts';

export type Correlation = string | number | Buffer;

/** A method request with the id the hub gave it: an answer must carry the same, of the same AMQP type. */
export class AmqpRequest implements MethodRequest {
  constructor(
    readonly name: string,
    readonly rid: RequestId,
    readonly payload: string,
    readonly correlation: Correlation,
  ) {}
}

/** `/devices/{id}`, or `/devices/{id}/modules/{module}`; what would be read as something else in an address is encoded. */
export function pathOf(id: DeviceId): string {
  const { device, module } = partsOf(id);
  return module === undefined
    ? `/devices/${encoded(device)}`
    : `/devices/${encoded(device)}/modules/${encoded(module)}`;
}

/** What a token is for: host and path, the ids as they are (reference 1.2). */
export function resourceOf(host: string, id: DeviceId): string {
  const { device, module } = partsOf(id);
  return module === undefined ? `${host}/devices/${device}` : `${host}/devices/${device}/modules/${module}`;
}

const encoded = (id: string): string => id.replace(/[%?#+]/g, encodeURIComponent);

/** Text that looks like a UUID, as SDKs send it; only its last part counts, up to 2^48. */
export const countedId = (count: number): string => `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;

/** A UUID of the device's own that no chance is drawn for: pairs its links (reference 3.3). */
export function channelId(id: DeviceId, count: number): string {
  const word = (seed: number): string => hashOf(id, seed).toString(16).padStart(8, '0');
  const [first, second, third] = [word(count), word(~count), word(count + 0x5eed)];
  return `${first}-${second.slice(0, 4)}-4${second.slice(5)}-8${third.slice(1, 4)}-${third.slice(4)}${first}`;
}

/** Where a hub of ours writes its request id into a UUID (reference 3.4); another's UUID says the same about one time in 16,384. */
const ours = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8000-0*([0-9a-f]+)$/;

/** The request's id as the hub knows it, where it can be told; else the UUID. */
export function ridOf(correlation: Correlation): RequestId {
  const text = textOf(correlation).toLowerCase();
  return requestId(ours.exec(text)?.[1] ?? text);
}

/** A UUID arrives as its 16 bytes. */
export function textOf(id: Correlation): string {
  if (typeof id !== 'object') return String(id);
  if (id.length !== 16) return id.toString('hex');
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const noBytes = Buffer.alloc(0);

/** A data section's bytes, or a text sent as a value; empty when there is no body. Undefined for anything else. */
export function bodyOf(message: RheaMessage): Buffer | undefined {
  const { body } = message;
  if (body === undefined || body === null) return noBytes;
  if (typeof body === 'string') return Buffer.from(body);
  const { content } = body as { readonly content?: unknown };
  if (Buffer.isBuffer(content)) return content;
  if (Array.isArray(content) && content.every((piece) => Buffer.isBuffer(piece))) return Buffer.concat(content);
  return undefined;
}

export function numberIn(map: Readonly<Record<string, unknown>> | undefined, name: string): number | undefined {
  const value = map?.[name];
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** Texts only, as our devices show them: dates as ISO 8601, bytes as hexadecimal. */
export function textsOf(map: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(map ?? {})) {
    if (value instanceof Date) texts[name] = Number.isNaN(value.getTime()) ? '' : value.toISOString();
    else texts[name] = Buffer.isBuffer(value) ? value.toString('hex') : String(value);
  }
  return texts;
}

const status = Buffer.from('IoThub-status');
/** Bytes before the correlation id: properties (0x73) as a short list of six, the first five null. */
const beforeId = Buffer.of(0x00, 0x53, 0x73, 0xc0, 0, 6, 0x40, 0x40, 0x40, 0x40, 0x40);
/** Application properties (0x74): a short map of one entry, whose value is an int (0x71). */
const beforeStatus = Buffer.concat([Buffer.of(0x00, 0x53, 0x74, 0xc1, 21, 2, 0xa1, 13), status, Buffer.of(0x71)]);
const beforeData = 8; // 00 53 75 b0 and four bytes of length

/** The answer to a method, by hand for the ids that hubs use: rhea's encoder costs a busy device a tenth of its time. */
export function methodAnswer(correlation: Correlation, deviceStatus: number, payload: string): Buffer {
  const uuid = typeof correlation === 'object' && correlation.length === 16;
  const text = typeof correlation === 'string' && correlation.length <= 64;
  if (!uuid && !text) {
    return encodeMessage({
      correlation_id: correlation,
      application_properties: { 'IoThub-status': int(deviceStatus) },
      data: payload,
    });
  }
  const idBytes = uuid ? 17 : 2 + Buffer.byteLength(correlation as string);
  const dataBytes = Buffer.byteLength(payload);
  const bytes = Buffer.allocUnsafe(beforeId.length + idBytes + beforeStatus.length + 4 + beforeData + dataBytes);
  beforeId.copy(bytes);
  bytes[4] = 6 + idBytes; // the list's size counts from the byte after it: its count, five nulls and the id
  let at = beforeId.length;
  if (uuid) {
    bytes[at++] = 0x98;
    at += (correlation as Buffer).copy(bytes, at);
  } else {
    bytes[at++] = 0xa1;
    bytes[at++] = idBytes - 2;
    at += bytes.write(correlation as string, at);
  }
  at += beforeStatus.copy(bytes, at);
  at = bytes.writeInt32BE(deviceStatus, at);
  at = bytes.writeUInt32BE(0x005375b0, at);
  at = bytes.writeUInt32BE(dataBytes, at);
  bytes.write(payload, at);
  return bytes;
}

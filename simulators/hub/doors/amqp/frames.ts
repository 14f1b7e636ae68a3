// Frames by hand: what the hub must know of a frame before the library may read it, and the few it writes without the library.
import { BadBytes, passValue } from './encoding.ts';
import { type Typed, types } from './rhea-parts.ts';

export const headerOf = (protocol: 0 | 3): Buffer => Buffer.from([0x41, 0x4d, 0x51, 0x50, protocol, 1, 0, 0]);
const transfer = 0x14;

/** The size of the frame that begins at `at`, or undefined while it is not known. Throws BadBytes above `largest`. */
export function frameSize(bytes: Buffer, at: number, largest: number): number | undefined {
  if (bytes.length - at < 4) return undefined;
  const size = bytes.readUInt32BE(at);
  if (size < 8 || size > largest) throw new BadBytes(`a frame of ${size} bytes; 8 to ${largest} are allowed here`);
  return size;
}

/** Holds one whole frame of the AMQP layer. Throws BadBytes. */
export function holdFrame(bytes: Buffer, at: number, size: number): void {
  const end = at + size;
  const start = at + (bytes[at + 4] ?? 0) * 4;
  if (start < at + 8 || start > end) throw new BadBytes(`a frame whose data begin at ${start - at} of ${size}`);
  if (bytes[at + 5] !== 0) throw new BadBytes(`a frame of type ${bytes[at + 5]}`);
  if (start === end) return;
  if (bytes[start] !== 0) throw new BadBytes('a frame without a performative');
  const fields = passValue(bytes, start + 1, end, 1);
  const form = bytes[fields];
  if (form !== 0x45 && form !== 0xc0 && form !== 0xd0) throw new BadBytes('a performative that is no list');
  const after = passValue(bytes, fields, end, 1);
  // Only a transfer has something behind it: a message, or a piece of one.
  if (after !== end && !isTransfer(bytes, start)) throw new BadBytes(`${end - after} bytes behind a performative`);
}

function isTransfer(bytes: Buffer, start: number): boolean {
  const code = new types.Reader(bytes.subarray(start + 1)).read().value;
  return code === transfer || code === 'amqp:transfer:list';
}

/** A frame of type 0 (AMQP, channel 0) or 1 (SASL). */
export function writeFrame(type: 0 | 1, performative: Typed): Buffer {
  const writer = new types.Writer();
  writer.write(performative);
  const body = writer.toBuffer();
  const head = Buffer.from([0, 0, 0, 0, 2, type, 0, 0]);
  head.writeUInt32BE(body.length + 8);
  return Buffer.concat([head, body]);
}

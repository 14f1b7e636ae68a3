// Whether bytes are well-formed AMQP values, before the library reads them: it trusts the counts and sizes it is told, and a list that claims
// two thousand million members would take the hub's memory. Nothing is read into objects here. Pure.

/** What is wrong with a peer's bytes; ends its connection and nothing else. */
export class BadBytes extends Error {}

const deepest = 32;
/** Members of an array that take no bytes, nulls for example: only their count says how many objects they become. */
const mostEmptyMembers = 1_024;

const known = new Set(
  [0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x60, 0x61, 0x70, 0x71, 0x72, 0x73]
    .concat([
      0x74, 0x80, 0x81, 0x82, 0x83, 0x84, 0x94, 0x98, 0xa0, 0xa1, 0xa3, 0xb0, 0xb1, 0xb3, 0xc0, 0xc1, 0xd0, 0xd1,
    ])
    .concat([0xe0, 0xf0]),
);

/** Width of a fixed type by the first hexadecimal digit of its code [AMQP 1.0, 1.2]. */
const fixedWidths: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

/** Passes over one value that begins at `at` and must end by `end`; gives where the next begins. Throws BadBytes. */
export function passValue(bytes: Buffer, at: number, end: number, depth = 0): number {
  if (depth > deepest) throw new BadBytes(`values nest deeper than ${deepest}`);
  const code = byteAt(bytes, at, end);
  if (code !== 0) return passBody(bytes, code, at + 1, end, depth);
  return passValue(bytes, passValue(bytes, at + 1, end, depth + 1), end, depth + 1);
}

function passBody(bytes: Buffer, code: number, at: number, end: number, depth: number): number {
  if (!known.has(code)) throw new BadBytes(`0x${code.toString(16)} is no type of AMQP`);
  const family = code >>> 4;
  const width = fixedWidths[family];
  if (width !== undefined) return held(at + width, end);
  // The families beyond are in pairs: sizes of one byte, then of four.
  const wide = family % 2 === 1;
  const size = sizeAt(bytes, at, end, wide);
  const start = at + (wide ? 4 : 1);
  const stop = held(start + size, end);
  if (family <= 0xb) return stop;
  const count = sizeAt(bytes, start, stop, wide);
  const members = start + (wide ? 4 : 1);
  const passed =
    family <= 0xd
      ? passMembers(bytes, count, members, stop, depth, code % 2 === 1)
      : passArray(bytes, count, members, stop, depth);
  if (passed !== stop) throw new BadBytes(`a list, map or array says ${size} bytes and its members take others`);
  return stop;
}

function passMembers(bytes: Buffer, count: number, from: number, end: number, depth: number, map: boolean): number {
  if (count > end - from) throw new BadBytes(`a list or map of ${count} members in ${end - from} bytes`);
  if (map && count % 2 === 1) throw new BadBytes('a map with a key that has no value');
  let at = from;
  for (let index = 0; index < count; index++) at = passValue(bytes, at, end, depth + 1);
  return at;
}

function passArray(bytes: Buffer, count: number, from: number, end: number, depth: number): number {
  let at = from;
  while (byteAt(bytes, at, end) === 0) at = passValue(bytes, at + 1, end, depth + 1);
  const code = byteAt(bytes, at, end);
  at += 1;
  const width = fixedWidths[code >>> 4];
  if (count > (width === 0 ? mostEmptyMembers : end - at)) throw new BadBytes(`an array of ${count} members`);
  for (let index = 0; index < count; index++) at = passBody(bytes, code, at, end, depth + 1);
  return at;
}

function byteAt(bytes: Buffer, at: number, end: number): number {
  held(at + 1, end);
  return bytes[at] ?? 0;
}

function sizeAt(bytes: Buffer, at: number, end: number, wide: boolean): number {
  if (!wide) return byteAt(bytes, at, end);
  held(at + 4, end);
  return bytes.readUInt32BE(at);
}

function held(next: number, end: number): number {
  if (next > end) throw new BadBytes('a value ends outside of what holds it');
  return next;
}

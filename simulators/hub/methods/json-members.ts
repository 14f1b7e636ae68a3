// The members of a JSON object as they stand in the bytes: where each value begins and ends, nothing decoded, nothing re-written.
// So a payload can go on unchanged: big integers, key order and white space stay. Accepts exactly what JSON.parse accepts (RFC 8259).
import { isUtf8 } from 'node:buffer';

/** One member: its decoded name and the bytes `start` up to, not including, `end` of its value. */
export interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Members in order, duplicates included; undefined when the bytes are not one JSON object in UTF-8. */
export function membersOf(bytes: Buffer): Member[] | undefined {
  if (!isUtf8(bytes)) return undefined;
  let at = afterSpace(bytes, 0);
  if (bytes[at] !== openBrace) return undefined;
  const members: Member[] = [];
  at = afterSpace(bytes, at + 1);
  if (bytes[at] === closeBrace) return afterSpace(bytes, at + 1) === bytes.length ? members : undefined;
  for (;;) {
    const nameEnd = afterString(bytes, at);
    if (nameEnd < 0) return undefined;
    const name = stringAt(bytes, at, nameEnd);
    at = afterSpace(bytes, nameEnd);
    if (bytes[at] !== colon) return undefined;
    const start = afterSpace(bytes, at + 1);
    const end = afterValue(bytes, start);
    if (end < 0) return undefined;
    members.push({ name, start, end });
    at = afterSpace(bytes, end);
    if (bytes[at] === closeBrace) return afterSpace(bytes, at + 1) === bytes.length ? members : undefined;
    if (bytes[at] !== comma) return undefined;
    at = afterSpace(bytes, at + 1);
  }
}

/** The text of the JSON string at `start` up to `end`, both quotes included. */
export function stringAt(bytes: Buffer, start: number, end: number): string {
  for (let index = start + 1; index < end - 1; index++) {
    if (bytes[index] === backslash) return JSON.parse(bytes.toString('utf8', start, end)) as string;
  }
  return bytes.toString('utf8', start + 1, end - 1);
}

// Each of these gives the place behind what it reads, or -1 when that is not there. Reading past the end finds undefined, which
// equals none of the characters.

/** Any value. Nesting is kept in a list, not on the stack: 128 KB of '[' are valid up to the last one. */
function afterValue(bytes: Buffer, start: number): number {
  const nesting: number[] = [];
  let at = start;
  for (;;) {
    const first = bytes[at];
    if (first === openBrace || first === openBracket) {
      const close = first + 2; // '{' and '}', '[' and ']' are two apart
      at = afterSpace(bytes, at + 1);
      if (bytes[at] === close) at += 1;
      else {
        nesting.push(close);
        if (close === closeBrace) {
          at = afterName(bytes, at);
          if (at < 0) return -1;
        }
        continue;
      }
    } else {
      at = afterScalar(bytes, at);
      if (at < 0) return -1;
    }
    // A value has ended: go on with its neighbour, or close what it stands in.
    for (;;) {
      const close = nesting.at(-1);
      if (close === undefined) return at;
      at = afterSpace(bytes, at);
      if (bytes[at] === comma) {
        at = afterSpace(bytes, at + 1);
        if (close === closeBrace) {
          at = afterName(bytes, at);
          if (at < 0) return -1;
        }
        break;
      }
      if (bytes[at] !== close) return -1;
      nesting.pop();
      at += 1;
    }
  }
}

function afterName(bytes: Buffer, start: number): number {
  const end = afterString(bytes, start);
  if (end < 0) return -1;
  const at = afterSpace(bytes, end);
  return bytes[at] === colon ? afterSpace(bytes, at + 1) : -1;
}

function afterScalar(bytes: Buffer, start: number): number {
  switch (bytes[start]) {
    case quote:
      return afterString(bytes, start);
    case 0x74:
      return afterWord(bytes, start, 'true');
    case 0x66:
      return afterWord(bytes, start, 'false');
    case 0x6e:
      return afterWord(bytes, start, 'null');
    default:
      return afterNumber(bytes, start);
  }
}

function afterString(bytes: Buffer, start: number): number {
  if (bytes[start] !== quote) return -1;
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === quote) return at + 1;
    if (byte < 0x20) return -1;
    if (byte !== backslash) continue;
    at += 1;
    const escaped = bytes[at];
    if (escaped === 0x75) {
      for (const last = at + 4; at < last; ) {
        at += 1;
        if (!isHex(bytes[at])) return -1;
      }
    } else if (escaped === undefined || !escapes.includes(escaped)) return -1;
  }
  return -1;
}

function afterNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === minus ? start + 1 : start;
  if (bytes[at] === zero) at += 1;
  else {
    const end = afterDigits(bytes, at);
    if (end === at) return -1;
    at = end;
  }
  if (bytes[at] === 0x2e) {
    const end = afterDigits(bytes, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1];
    const digits = sign === minus || sign === 0x2b ? at + 2 : at + 1;
    at = afterDigits(bytes, digits);
    if (at === digits) return -1;
  }
  return at;
}

function afterDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (isDigit(bytes[at])) at += 1;
  return at;
}

function afterWord(bytes: Buffer, start: number, word: string): number {
  for (let index = 0; index < word.length; index++) {
    if (bytes[start + index] !== word.charCodeAt(index)) return -1;
  }
  return start + word.length;
}

function afterSpace(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return at;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= 0x39;
const isHex = (byte: number | undefined): boolean =>
  byte !== undefined && (isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46));

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const escapes = Buffer.from('"\\/bfnrt');

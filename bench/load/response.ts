// Reads one HTTP/1.1 response off the front of what has arrived. Only what a load generator needs, so that it costs next to nothing.

export interface ResponseHead {
  readonly status: number;
  /** Bytes of head and body together. */
  readonly length: number;
}

const lineEnd = Buffer.from('\r\n\r\n');
const lengthHeader = /\r\ncontent-length:[ \t]*(\d+)/i;

/** Undefined while some of it is still on the way. Throws when the response has no Content-Length: one in chunks would be read wrongly. */
export function readResponse(bytes: Buffer): ResponseHead | undefined {
  const end = bytes.indexOf(lineEnd);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const length = lengthHeader.exec(head)?.[1];
  if (length === undefined) throw new Error(`the response has no Content-Length: ${head.slice(0, 200)}`);
  const whole = end + lineEnd.length + Number(length);
  if (bytes.length < whole) return undefined;
  return { status: Number(head.slice(9, 12)), length: whole };
}

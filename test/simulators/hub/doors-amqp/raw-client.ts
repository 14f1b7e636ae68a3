// A client of bare frames: sends exactly the types it is told to, and shows the types that come back. For what the library would hide.
import { connect, type Socket } from 'node:net';
import { types as amqp, described, type Typed } from '../../../../simulators/hub/doors/amqp/rhea-parts.ts';

export type { Typed };
export { amqp, described };

export interface Got {
  readonly channel: number;
  readonly code: number;
  readonly fields: readonly Typed[];
  readonly payload: Buffer;
}

export const header = (protocol: number): Buffer => Buffer.from([0x41, 0x4d, 0x51, 0x50, protocol, 1, 0, 0]);
export const nothing: Typed = amqp.wrap(null);

export function bytesOf(...values: Typed[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const writer = new amqp.Writer();
      writer.write(value);
      return Buffer.from(writer.toBuffer());
    }),
  );
}

export function frameOf(
  code: number,
  fields: readonly Typed[],
  payload: Buffer = Buffer.alloc(0),
  channel = 0,
  type = 0,
): Buffer {
  const body = Buffer.concat([bytesOf(described(code, fields)), payload]);
  const head = Buffer.from([0, 0, 0, 0, 2, type, 0, 0]);
  head.writeUInt32BE(body.length + 8);
  head.writeUInt16BE(channel, 6);
  return Buffer.concat([head, body]);
}

const uint = amqp.wrap_uint;
export const openFrame = (more: readonly Typed[] = []): Buffer =>
  frameOf(0x10, [amqp.wrap_string('raw'), amqp.wrap_string('myhub.localhost'), ...more]);
export const beginFrame = (channel = 0): Buffer =>
  frameOf(0x11, [nothing, uint(0), uint(2_048), uint(2_048)], undefined, channel);

/** @param receiving the client's role. */
export const attachFrame = (
  handle: number,
  address: string,
  receiving: boolean,
  { name = `link-${handle}`, channel = 0, modes = [nothing, nothing] as readonly Typed[], properties = nothing } = {},
): Buffer => {
  const there = described(receiving ? 0x28 : 0x29, [amqp.wrap_string(address)]);
  const here = described(receiving ? 0x29 : 0x28, [nothing]);
  const fields = [amqp.wrap_string(name), uint(handle), amqp.wrap(receiving), ...modes];
  const ends = receiving ? [there, here] : [here, there];
  return frameOf(
    0x12,
    [...fields, ...ends, nothing, nothing, uint(0), nothing, nothing, nothing, properties],
    undefined,
    channel,
  );
};

export const flowFrame = (handle: number, credit: number, channel = 0): Buffer =>
  frameOf(0x13, [uint(0), uint(2_048), uint(0), uint(2_048), uint(handle), uint(0), uint(credit)], undefined, channel);

let deliveries = 0;
export const transferFrame = (handle: number, id: number, message: Buffer, channel = 0, format = 0): Buffer => {
  deliveries += 1;
  const tag = amqp.wrap_binary(Buffer.from(`tag${deliveries}`));
  return frameOf(0x14, [uint(handle), uint(id), tag, uint(format), amqp.wrap(false)], message, channel);
};

export class RawClient {
  readonly socket: Socket;
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  readonly got: Got[] = [];
  readonly headers: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port });
    this.connected = new Promise((resolve) => this.socket.once('connect', () => resolve()));
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => this.#read(bytes));
    this.closed.then(() => this.#wake());
  }

  send(...frames: Buffer[]): this {
    this.socket.write(Buffer.concat(frames));
    return this;
  }

  /** The first frame of that performative that fits, now or later. */
  async frame(code: number, fits: (got: Got) => boolean = () => true): Promise<Got> {
    for (;;) {
      const found = this.got.find((got) => got.code === code && fits(got));
      if (found) return found;
      if (this.socket.destroyed) throw new Error(`closed before a frame 0x${code.toString(16)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  stop(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 8) {
      if (this.#bytes.toString('latin1', 0, 4) === 'AMQP') {
        this.headers.push(this.#bytes.subarray(0, 8));
        this.#bytes = this.#bytes.subarray(8);
        continue;
      }
      const size = this.#bytes.readUInt32BE(0);
      if (this.#bytes.length < size) break;
      const frame = this.#bytes.subarray(0, size);
      this.#bytes = this.#bytes.subarray(size);
      if (size === 8) continue;
      const reader = new amqp.Reader(frame.subarray(8));
      const { descriptor, value } = reader.read();
      this.got.push({
        channel: frame.readUInt16BE(6),
        code: Number(descriptor?.value),
        fields: value as Typed[],
        payload: frame.subarray(size - reader.remaining()),
      });
    }
    this.#wake();
  }
}

/** `SmallInt 200`, `Uuid 0102...`: a value with its type, for tables. */
export function shownTyped(value: Typed | undefined): string {
  if (value === undefined) return 'missing';
  const inner = value.value;
  return `${value.type.name} ${Buffer.isBuffer(inner) ? inner.toString('hex') : String(inner)}`;
}

/** The sections of a message: code -> value; maps as key -> typed value. */
export function sectionsOf(payload: Buffer): Map<number, Typed | Map<string, Typed>> {
  const reader = new amqp.Reader(payload);
  const sections = new Map<number, Typed | Map<string, Typed>>();
  while (reader.remaining() > 0) {
    const section = reader.read();
    const code = Number(section.descriptor?.value);
    if (code === 0x71 || code === 0x72 || code === 0x74) {
      const members = section.value as Typed[];
      const map = new Map<string, Typed>();
      for (let at = 0; at + 1 < members.length; at += 2) map.set(String(members[at]?.value), members[at + 1] as Typed);
      sections.set(code, map);
    } else sections.set(code, section);
  }
  return sections;
}

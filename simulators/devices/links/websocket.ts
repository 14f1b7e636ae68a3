// Opens byte streams to a hub inside WebSockets (reference 2.1, 3.1), for MQTT and AMQP alike. `ws` reads the frames; the handshake and the
// frames going out are made here: an HTTP request object would cost as much as all else a device does to connect, and over TLS a frame in
// two pieces would be two records.
import { createHash, randomFillSync } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { Duplex, type Writable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import * as websockets from 'ws';
import type { ClientPair } from '../device.ts';
import { secureContexts } from './dial.ts';

/** Of `ws`, which has it without typings: bytes of frames in, messages out. */
const { Receiver } = websockets as unknown as {
  Receiver: new (options: { readonly maxPayload: number; readonly skipUTF8Validation: true }) => Writable;
};

export interface WebSocketAddress {
  /** Where to connect. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** The name the hub's certificate must carry, and that it is asked for. */
  readonly serverName: string;
  /** PEM text of the CA to trust instead of the machine's own. */
  readonly ca?: string | undefined;
  readonly subprotocol: 'mqtt' | 'AMQPWSB10';
  readonly path: string;
}

/** Throws LabError certificate.invalid when `ca` is not a certificate in PEM text. */
export function dialWebSocket(address: WebSocketAddress): (certificate?: ClientPair) => Duplex {
  const { host, port, tls, serverName, ca, subprotocol, path } = address;
  const name = isIP(serverName) === 6 ? `[${serverName}]` : serverName;
  const upgrade: Upgrade = {
    subprotocol,
    head: [
      `GET ${path} HTTP/1.1`,
      `Host: ${name}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Protocol: ${subprotocol}`,
      'Sec-WebSocket-Key: ',
    ].join('\r\n'),
  };
  if (!tls) return () => new WebSocketLink(upgrade, connectTcp({ host, port }));
  const contextFor = secureContexts(ca);
  const options = { host, port, ...(isIP(serverName) ? {} : { servername: serverName }) };
  return (certificate) =>
    new WebSocketLink(upgrade, connectTls({ ...options, secureContext: contextFor(certificate) }));
}

interface Upgrade {
  readonly subprotocol: string;
  /** The request up to its key. */
  readonly head: string;
}

/** A hub sends nothing near it; more at once ends the connection. */
const largestMessage = 16 * 1_024 * 1_024;
const reading = { maxPayload: largestMessage, skipUTF8Validation: true } as const;
const largestHead = 16 * 1_024;
/** So much may wait in the socket before writers wait too. */
const writeAhead = 64 * 1_024;
/** Appended to a key before it is hashed (RFC 6455, 1.3). */
const keySuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcode = { binary: 2, close: 8, pong: 10 } as const;
const goodbye = Buffer.from([0x03, 0xe8]); // 1000

type Done = (error?: Error | null) => void;

export class WebSocketLink extends Duplex {
  readonly #upgrade: Upgrade;
  readonly #socket: Socket;
  /** The key the hub must answer; undefined once it did. */
  #key: string | undefined;
  #head: Buffer | undefined;
  #receiver: Writable | undefined;
  #closing = false;
  /** What to do once the hub said yes: the first write, or the end. */
  #early: (() => void) | undefined;
  /** Goes on with the writer that waits for the socket to drain. */
  #drained: Done | undefined;

  constructor(upgrade: Upgrade, socket: Socket) {
    super({ allowHalfOpen: false });
    this.#upgrade = upgrade;
    this.#socket = socket;
    this.#key = randomBytes(16).toString('base64');
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#arrived(bytes));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.#over());
    socket.write(`${upgrade.head}${this.#key}\r\n\r\n`); // kept until it is connected
  }

  /** What carries its frames, TCP or TLS. */
  get below(): Socket {
    return this.#socket;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: Done): void {
    if (this.#key !== undefined) {
      this.#early = () => this._write(bytes, encoding, done);
      return;
    }
    // Nothing may follow a close frame; who writes hears of the end by 'close'.
    if (!this.#closing) this.#socket.write(maskedFrame(bytes));
    if (this.#socket.writableLength < writeAhead) {
      done();
      return;
    }
    this.#drained = done;
    this.#socket.once('drain', () => this.#goOn());
  }

  /** What was corked together goes as one frame. */
  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    const [first] = chunks;
    const bytes = first && chunks.length === 1 ? first.chunk : Buffer.concat(chunks.map(({ chunk }) => chunk));
    this._write(bytes, 'utf8', done);
  }

  /** Says goodbye; the hub's own close frame, or its silence and our owner's patience, ends the stream. */
  override _final(done: Done): void {
    if (this.#key !== undefined) {
      this.#early = () => this._final(done);
      return;
    }
    this.#close(goodbye);
    // The answer to the close frame must be read, even if nobody wanted what came before it.
    this.#socket.resume();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#early = undefined;
    this.#goOn();
    this.#socket.destroy();
    done(error);
  }

  #arrived(bytes: Buffer): void {
    if (this.destroyed) return;
    if (this.#receiver) this.#receiver.write(bytes);
    else this.#answered(this.#head ? Buffer.concat([this.#head, bytes]) : bytes);
  }

  /** The hub's answer to the upgrade, in one piece or in several. */
  #answered(bytes: Buffer): void {
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1 && bytes.length < largestHead) {
      this.#head = bytes;
      return;
    }
    this.#head = undefined;
    const refusal = refusalIn(
      bytes.toString('latin1', 0, Math.max(end, 0)),
      this.#key ?? '',
      this.#upgrade.subprotocol,
    );
    if (refusal !== undefined) {
      this.destroy(new Error(refusal));
      return;
    }
    this.#key = undefined;
    this.#receiver = this.#receive();
    if (bytes.length > end + 4) this.#receiver.write(bytes.subarray(end + 4));
    const early = this.#early;
    this.#early = undefined;
    early?.();
  }

  #receive(): Writable {
    const receiver = new Receiver(reading);
    receiver.on('message', (data: Buffer) => {
      if (data.length > 0 && !this.destroyed && !this.push(data)) this.#socket.pause();
    });
    receiver.on('ping', (data: Buffer) => {
      if (!this.#closing) this.#socket.write(maskedFrame(data, opcode.pong));
    });
    receiver.on('conclude', (code: number) => {
      this.#close(code === 1_005 ? Buffer.alloc(0) : goodbye);
      this.#socket.end();
    });
    receiver.on('error', (error) => this.destroy(error));
    return receiver;
  }

  #close(reason: Buffer): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.write(maskedFrame(reason, opcode.close));
  }

  #goOn(): void {
    const done = this.#drained;
    this.#drained = undefined;
    done?.();
  }

  #over(): void {
    if (this.destroyed) return;
    if (this.#key !== undefined) {
      this.destroy(new Error('the hub closed the connection before it answered the WebSocket upgrade'));
      return;
    }
    this.push(null);
    // After 'end', which those who read get in between.
    process.nextTick(() => this.destroy());
  }
}

/** What is wrong with the head of an answer, as a sentence; undefined when it is a yes (RFC 6455, 4.1). */
function refusalIn(head: string, key: string, subprotocol: string): string | undefined {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3} ?.*)$/.exec(statusLine)?.[1]?.trim();
  if (status === undefined) return 'the hub answered the WebSocket upgrade with something that is not HTTP';
  if (!status.startsWith('101')) return `the hub answered the WebSocket upgrade with ${status}`;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const accept = createHash('sha1').update(`${key}${keySuffix}`).digest('base64');
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket' || headers.get('sec-websocket-accept') !== accept) {
    return 'the hub answered the WebSocket upgrade of somebody else';
  }
  const chosen = headers.get('sec-websocket-protocol');
  if (chosen !== subprotocol) return `the hub chose the WebSocket sub-protocol '${chosen ?? ''}', not ${subprotocol}`;
  return undefined;
}

/** Keys and masks come out of a supply: a few bytes at a time would cost a call into the system each. */
const supply = Buffer.allocUnsafe(8_192);
let used = supply.length;

/** Valid until the next call. */
function randomBytes(count: number): Buffer {
  if (used + count > supply.length) {
    randomFillSync(supply);
    used = 0;
  }
  used += count;
  return supply.subarray(used - count, used);
}

/** A whole masked frame (RFC 6455, 5.2 and 5.3); a binary message unless told. */
export function maskedFrame(payload: Buffer, kind: number = opcode.binary): Buffer {
  const { length } = payload;
  const header = (length < 126 ? 2 : length < 65_536 ? 4 : 10) + 4;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x80 | kind;
  if (header === 6) frame[1] = 0x80 | length;
  else if (header === 8) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeUIntBE(0, 2, 2);
    frame.writeUIntBE(length, 4, 6);
  }
  const mask = randomBytes(4);
  mask.copy(frame, header - 4);
  for (let at = 0; at < length; at++) frame[header + at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return frame;
}

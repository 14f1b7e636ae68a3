// The bytes inside a WebSocket as one stream: a binary message for each write, and of what comes in only the bytes, since neither MQTT nor
// AMQP cares where a message ends. Frames going out are made here, in one piece: over TLS two pieces would be two records.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Wait, Waits } from '../../../clock/waits.ts';
import { kilobytes } from '../../../vocabulary/units.ts';

export interface StreamTools {
  /** Counts how long a client may take to answer our close frame. */
  readonly closing: Waits;
  /** Reports a frame that must not be. */
  odd(detail: string): void;
}

/** So much may wait in the socket before writers wait too. */
const writeAhead = kilobytes(64);
/** A peer with more unread than this will not come to read a close frame. */
const hopeless = kilobytes(1_024);

type Done = (error?: Error | null) => void;

export class WebSocketStream extends Duplex {
  readonly #websocket: WebSocket;
  readonly #socket: Socket;
  readonly #tools: StreamTools;
  #closing: Wait | undefined;
  /** Goes on with the writer that waits for the socket to drain. */
  #drained: Done | undefined;

  constructor(websocket: WebSocket, socket: Socket, tools: StreamTools) {
    super();
    this.#websocket = websocket;
    this.#socket = socket;
    this.#tools = tools;
    // Who reads the stream hears of its end by 'close' as well; an error nobody listens for must not be thrown.
    this.on('error', () => {});
    socket.on('drain', () => this.#goOn());
    // ws keeps to itself why a socket broke.
    socket.on('error', (error) => this.destroy(error));
    websocket.on('message', (data: Buffer, binary: boolean) => this.#take(data, binary));
    websocket.on('error', (error) => this.#refuse(error));
    websocket.on('close', () => this.#over());
  }

  override _read(): void {
    if (this.#websocket.isPaused) this.#websocket.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    // Nothing may follow a close frame; who writes hears of the end by 'close'.
    if (this.#websocket.readyState === WebSocket.OPEN) this.#socket.write(binaryFrame(bytes));
    if (this.#socket.writableLength < writeAhead) done();
    else this.#drained = done;
  }

  override _final(done: Done): void {
    this.#say(1_000);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#say(1_000);
    this.#drained = undefined;
    done(error);
  }

  /** The hub stops: the close frame leaves, its answer is not waited for. */
  goAway(): void {
    this.#say(1_001);
    this.destroy();
    this.#socket.destroySoon();
  }

  #take(data: Buffer, binary: boolean): void {
    if (this.destroyed) return;
    if (!binary) {
      this.#say(1_003);
      this.#refuse(new Error('a text message; packets come in binary ones'));
    } else if (data.length > 0 && !this.push(data)) this.#websocket.pause();
  }

  #goOn(): void {
    const done = this.#drained;
    this.#drained = undefined;
    done?.();
  }

  #refuse(error: Error): void {
    if (this.destroyed) return;
    this.#tools.odd(error.message);
    this.destroy(error);
  }

  /** Begins to close, once; a peer that does not answer in time, or does not read, is cut off. */
  #say(code: number): void {
    if (this.#websocket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.writableLength > hopeless) {
      this.#websocket.terminate();
      return;
    }
    this.#websocket.close(code);
    // The answer to the close frame must be read, even if nobody wanted what came before it.
    this.#websocket.resume();
    this.#closing = this.#tools.closing.begin(() => this.#websocket.terminate());
  }

  #over(): void {
    if (this.#closing !== undefined) this.#tools.closing.end(this.#closing);
    this.#closing = undefined;
    if (this.destroyed) return;
    this.push(null);
    // After 'end', which those who read get in between.
    process.nextTick(() => this.destroy());
  }
}

/** A whole unmasked frame with one binary message (RFC 6455, 5.2). */
export function binaryFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x82;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUIntBE(0, 2, 2);
    frame.writeUIntBE(length, 4, 6);
  }
  payload.copy(frame, header);
  return frame;
}

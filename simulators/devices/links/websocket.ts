// Opens byte streams to a hub inside WebSockets (reference 2.1, 3.1), for MQTT and AMQP alike. `ws` shakes hands, reads and closes; frames
// going out are made here, one for what is written at once: in ws's hands each would be two writes, and over TLS two records.
import { randomFillSync } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import type { ClientPair } from '../device.ts';
import { secureContexts } from './dial.ts';

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
  const url = new URL(`${tls ? 'wss' : 'ws'}://${name}:${port}`);
  url.pathname = path;
  if (!tls) return () => new WebSocketLink(url, subprotocol, connectTcp({ host, port }));
  const contextFor = secureContexts(ca);
  const options = { host, port, ...(isIP(serverName) ? {} : { servername: serverName }) };
  return (certificate) =>
    new WebSocketLink(url, subprotocol, connectTls({ ...options, secureContext: contextFor(certificate) }));
}

/** A hub sends nothing near it; more at once ends the connection. */
const largestMessage = 16 * 1_024 * 1_024;
const shared: ClientOptions = { perMessageDeflate: false, skipUTF8Validation: true, maxPayload: largestMessage };
/** So much may wait in the socket before writers wait too. */
const writeAhead = 64 * 1_024;

type Done = (error?: Error | null) => void;

class WebSocketLink extends Duplex {
  readonly #websocket: WebSocket;
  readonly #socket: Socket;
  /** What to do once the hub said yes: the first write, or the end. */
  #early: (() => void) | undefined;
  /** Goes on with the writer that waits for the socket to drain. */
  #drained: Done | undefined;

  constructor(url: URL, subprotocol: string, socket: Socket) {
    super({ allowHalfOpen: false });
    socket.setNoDelay(true);
    this.#socket = socket;
    this.#websocket = new WebSocket(url, subprotocol, { ...shared, createConnection: () => socket });
    this.#websocket.on('open', () => this.#opened());
    this.#websocket.on('message', (data: Buffer) => this.#take(data));
    this.#websocket.on('unexpected-response', (_request, { statusCode, statusMessage }) =>
      this.destroy(new Error(`the hub answered the WebSocket upgrade with ${statusCode} ${statusMessage}`)),
    );
    this.#websocket.on('error', (error) => this.destroy(error));
    this.#websocket.on('close', () => this.#over());
  }

  override _read(): void {
    if (this.#websocket.isPaused) this.#websocket.resume();
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: Done): void {
    const { readyState } = this.#websocket;
    if (readyState === WebSocket.CONNECTING) {
      this.#early = () => this._write(bytes, encoding, done);
      return;
    }
    // Nothing may follow a close frame; who writes hears of the end by 'close'.
    if (readyState === WebSocket.OPEN) this.#socket.write(maskedFrame(bytes));
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
    if (this.#websocket.readyState === WebSocket.CONNECTING) {
      this.#early = () => this._final(done);
      return;
    }
    if (this.#websocket.readyState === WebSocket.OPEN) this.#websocket.close(1_000);
    // The answer to the close frame must be read, even if nobody wanted what came before it.
    this.#websocket.resume();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#early = undefined;
    this.#goOn();
    // While it shakes hands, ws reports this as an error of its own, to a stream that is gone.
    this.#websocket.terminate();
    this.#socket.destroy();
    done(error);
  }

  #opened(): void {
    const early = this.#early;
    this.#early = undefined;
    early?.();
  }

  #take(data: Buffer): void {
    if (this.destroyed || data.length === 0) return;
    if (!this.push(data)) this.#websocket.pause();
  }

  #goOn(): void {
    const done = this.#drained;
    this.#drained = undefined;
    done?.();
  }

  #over(): void {
    if (this.destroyed) return;
    this.push(null);
    // After 'end', which those who read get in between.
    process.nextTick(() => this.destroy());
  }
}

/** Masks come out of a supply: four bytes at a time would cost a call into the system each. */
const masks = Buffer.allocUnsafe(8_192);
let masksUsed = masks.length;

/** A whole masked frame with one binary message (RFC 6455, 5.2 and 5.3). */
export function maskedFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const header = (length < 126 ? 2 : length < 65_536 ? 4 : 10) + 4;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x82;
  if (header === 6) frame[1] = 0x80 | length;
  else if (header === 8) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeUIntBE(0, 2, 2);
    frame.writeUIntBE(length, 4, 6);
  }
  if (masksUsed === masks.length) {
    randomFillSync(masks);
    masksUsed = 0;
  }
  const mask = masks.subarray(masksUsed, masksUsed + 4);
  masksUsed += 4;
  mask.copy(frame, header - 4);
  for (let at = 0; at < length; at++) frame[header + at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return frame;
}

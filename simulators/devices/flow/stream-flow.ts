// The flow of a live stream. Nothing is wrapped in front of it: while a gate is in it, some methods of this one stream are replaced, and put back
// with the last gate. Over TLS it is the bytes inside that are shaped; the handshake is not. In a WebSocket its frames are.
import type { Duplex } from 'node:stream';
import type { FaultName } from '../../vocabulary/ids.ts';
import type { Flow } from '../../vocabulary/passages.ts';
import { Lanes } from './lanes.ts';
import { bottomOf, handleOf, keepOpen } from './tcp.ts';

/** As much may be on its way before those who write, or the socket that reads, have to wait: about what a socket's own buffer takes. */
const roomy = 64 * 1_024;

type Done = (error?: Error | null) => void;
type Chunk = Buffer | Uint8Array | string;

/** What a stream's own class does at its two ends. */
interface Methods {
  _write(chunk: Chunk, encoding: BufferEncoding | 'buffer', done: Done): void;
  _writev: ((chunks: { chunk: Chunk; encoding: BufferEncoding }[], done: Done) => void) | null | undefined;
  _final: ((done: Done) => void) | undefined;
  _read(size: number): void;
  _destroy(error: Error | null, done: Done): void;
  push(chunk: Chunk | null, encoding?: BufferEncoding): boolean;
}

const flows = new WeakMap<Duplex, StreamFlow>();

/** The one flow of a stream. */
export function flowOf(stream: Duplex): Flow {
  const bottom = bottomOf(stream);
  let flow = flows.get(bottom);
  if (flow === undefined) {
    flow = new StreamFlow(bottom);
    flows.set(bottom, flow);
  }
  return flow;
}

class StreamFlow extends Lanes {
  readonly #stream: Duplex;
  /** Its own methods while they are replaced. */
  #own: Methods | undefined;
  /** Bytes taken from a writer that the stream has not written yet, and who is not told before they are few enough. */
  #outward = 0;
  #writer: Done | undefined;
  /** Through the gates; the stream writes one thing at a time. */
  #leaving: Buffer[] = [];
  #writing = false;
  #finish: Done | undefined;
  #inward = 0;
  #silences = 0;
  /** The stream would read on, but for the silence. */
  #thirsty = false;
  /** Closes what our side was done with during a silence. */
  #kept: (() => void) | undefined;

  constructor(stream: Duplex) {
    super();
    this.#stream = stream;
    if (stream.closed) this.end();
    else stream.once('close', () => this.#kept === undefined && this.end());
  }

  override tap(gates: Parameters<Flow['tap']>[0]): () => void {
    if (this.#stream.destroyed) return () => {};
    this.#replace();
    return super.tap(gates);
  }

  override silence(by?: FaultName): () => void {
    if (this.#stream.destroyed && this.#kept === undefined) return () => {};
    const speak = super.silence(by);
    this.#silences += 1;
    const handle = handleOf(this.#stream);
    if (handle?.reading) {
      handle.reading = false;
      handle.readStop();
      this.#thirsty = true;
    }
    let silent = true;
    return () => {
      if (!silent) return;
      silent = false;
      this.#silences -= 1;
      if (this.#silences === 0) this.#speak();
      speak();
    };
  }

  #speak(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept) {
      kept();
      this.end();
    } else if (this.#thirsty) {
      this.#thirsty = false;
      this.#own?._read.call(this.#stream, this.#stream.readableHighWaterMark);
    }
  }

  #replace(): void {
    if (this.#own) return;
    const stream = this.#stream as unknown as Methods;
    const { _write, _writev, _final, _read, _destroy, push } = stream;
    const own: Methods = { _write, _writev, _final, _read, _destroy, push };
    this.#own = own;
    const ours: Methods = {
      _write: (chunk, encoding, done) => this.#written(bytesOf(chunk, encoding), done),
      _writev: (chunks, done) =>
        this.#written(Buffer.concat(chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding))), done),
      _final: (done) => {
        this.up.enter(0, () => {
          this.#finish = done;
          this.#write(own);
        });
      },
      _read: (size) => {
        if (this.#silences > 0) this.#thirsty = true;
        else own._read.call(this.#stream, size);
      },
      _destroy: (error, done) => this.#destroyed(own, error, done),
      push: (chunk, encoding) => this.#arrived(own, chunk, encoding),
    };
    Object.assign(stream, ours);
  }

  /** Only once the stream has nothing of ours in hand, or it would be given two things to write at a time. */
  protected override cleared(): void {
    const busy = this.#writing || this.#leaving.length > 0 || this.#finish !== undefined;
    if (this.#own === undefined || busy || this.#silences > 0 || !this.clear) return;
    Object.assign(this.#stream, this.#own);
    this.#own = undefined;
  }

  /** A writer is told at once, as a socket does, so that pieces wait side by side; but no more of them than there is room for. */
  #written(bytes: Buffer, done: Done): void {
    this.#outward += bytes.length;
    this.up.enter(bytes.length, () => {
      this.#leaving.push(bytes);
      if (this.#own) this.#write(this.#own);
    });
    if (this.#outward <= roomy) done();
    else this.#writer = done;
  }

  #write(own: Methods): void {
    if (this.#writing || this.#stream.destroyed) return;
    const [first] = this.#leaving;
    if (first === undefined) {
      const finish = this.#finish;
      this.#finish = undefined;
      if (finish && own._final) own._final.call(this.#stream, finish);
      else finish?.();
      this.cleared();
      return;
    }
    const bytes = this.#leaving.length === 1 ? first : Buffer.concat(this.#leaving);
    this.#leaving = [];
    this.#writing = true;
    own._write.call(this.#stream, bytes, 'buffer', (error) => {
      this.#writing = false;
      if (error) {
        this.#stream.destroy(error);
        return;
      }
      this.#outward -= bytes.length;
      if (this.#outward <= roomy) this.#tellWriter(null);
      this.#write(own);
    });
  }

  #tellWriter(error: Error | null): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.(error);
  }

  #arrived(own: Methods, chunk: Chunk | null, encoding: BufferEncoding | undefined): boolean {
    const stream = this.#stream;
    const size = chunk === null ? 0 : bytesOf(chunk, encoding).length;
    this.#inward += size;
    this.down.enter(size, () => {
      this.#inward -= size;
      own.push.call(stream, chunk, encoding);
    });
    const { readableLength } = stream;
    return this.#inward <= roomy && (readableLength === 0 || readableLength < stream.readableHighWaterMark);
  }

  #destroyed(own: Methods, error: Error | null, done: Done): void {
    const stream = this.#stream;
    this.up.drop();
    this.down.drop();
    this.#leaving = [];
    this.#tellWriter(error ?? new Error('the stream was closed'));
    if (this.#silences === 0) {
      own._destroy.call(stream, error, done);
      return;
    }
    const close = keepOpen(stream, () => {
      this.#kept = undefined;
      this.end();
    });
    if (close) {
      this.#kept = close;
      own._destroy.call(stream, error, done);
    } else {
      this.#kept = () => own._destroy.call(stream, null, () => {});
      done(error);
    }
  }
}

function bytesOf(chunk: Chunk, encoding: BufferEncoding | 'buffer' | undefined): Buffer {
  if (typeof chunk !== 'string') return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  return Buffer.from(chunk, encoding === 'buffer' ? 'utf8' : encoding);
}

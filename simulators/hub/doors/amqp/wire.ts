// One stream, between its peer and the library: protocol headers, the SASL layer, whole frames that were looked at, and one write for all that
// is said in one go. To the library it is a socket.
import { EventEmitter } from 'node:events';
import { type Arrival, endSoon, resetStream } from '../arrival.ts';
import { BadBytes } from './encoding.ts';
import { largestFrame } from './engine.ts';
import { frameSize, headerOf, holdFrame } from './frames.ts';
import { mechanismsFrame, outcomeFrame, type Proof, readInit, type SaslInit } from './sasl.ts';

/** A password of the longest token there is, and its names. */
const largestSasl = 16_384;
/** Bytes waiting for a peer that does not read; then it is let go rather than kept in memory. */
const unreadLimit = 33_554_432;

export interface WireHooks {
  /** The AMQP layer begins: the library takes over, and hears what is fed from now on. */
  begin(proof: Proof | undefined): void;
  prove(init: SaslInit): Promise<Proof | string>;
  /** Any bytes of the peer. */
  heard(): void;
  /** The peer did something that must not be; the wire ends by itself. */
  refused(detail: string): void;
  gone(detail?: string): void;
}

export class Wire extends EventEmitter {
  /** How often something was written; heartbeats look whether it changed. */
  written = 0;
  readonly #arrival: Pick<Arrival, 'stream' | 'tcp'>;
  readonly #stream: Arrival['stream'];
  readonly #hooks: WireHooks;
  #phase: 'header' | 'sasl' | 'proving' | 'amqp' | 'over' = 'header';
  #proof: Proof | undefined;
  #proved = false;
  #half: Buffer = Buffer.alloc(0);
  #out: Buffer[] = [];

  constructor(arrival: Pick<Arrival, 'stream' | 'tcp'>, hooks: WireHooks) {
    super();
    const { stream } = arrival;
    this.#arrival = arrival;
    this.#stream = stream;
    this.#hooks = hooks;
    stream.on('data', (bytes: Buffer) => this.#read(bytes));
    stream.on('error', (error) => this.#gone(error.message));
    stream.on('end', () => this.#gone());
    stream.on('close', () => this.#gone());
  }

  get over(): boolean {
    return this.#phase === 'over';
  }

  // What the library asks of a socket.
  get_id_string(): string {
    return 'stream';
  }

  write(bytes: Buffer): boolean {
    if (this.#phase === 'over') return false;
    if (this.#out.length === 0) process.nextTick(() => this.#flush());
    this.#out.push(bytes);
    this.written += 1;
    return true;
  }

  /** Says what was written and closes. */
  end(): void {
    this.#end();
  }

  destroy(): void {
    this.#end();
  }

  /** Cuts the TCP connection below. */
  reset(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#out = [];
    resetStream(this.#arrival);
  }

  #flush(): void {
    const bytes = this.#out;
    if (bytes.length === 0) return;
    this.#out = [];
    const [first] = bytes;
    this.#stream.write(bytes.length === 1 && first ? first : Buffer.concat(bytes));
    if (this.#stream.writableLength > unreadLimit) {
      this.#refuse(`${this.#stream.writableLength} bytes wait to be read`);
      this.#stream.destroy();
    }
  }

  #end(): void {
    if (this.#phase === 'over') return;
    this.#flush();
    this.#phase = 'over';
    this.#half = Buffer.alloc(0);
    endSoon(this.#stream);
  }

  #gone(detail?: string): void {
    if (this.#phase === 'over') return;
    const half = this.#half.length > 0 ? `the stream ended ${this.#half.length} bytes into a frame` : undefined;
    this.#phase = 'over';
    this.#stream.destroy();
    this.#hooks.gone(detail ?? half);
  }

  #refuse(detail: string): void {
    if (this.#phase === 'over') return;
    this.#hooks.refused(detail);
    this.#end();
  }

  #read(bytes: Buffer): void {
    if (this.#phase === 'over') return;
    this.#hooks.heard();
    this.#half = this.#half.length === 0 ? bytes : Buffer.concat([this.#half, bytes]);
    if (this.#half.length > largestFrame + bytes.length) {
      // Only while a token is being checked can so much pile up.
      this.#refuse(`${this.#half.length} bytes sent ahead`);
      return;
    }
    this.#advance();
  }

  #advance(): void {
    try {
      while (this.#step());
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
  }

  /** Takes what can be taken; true when there may be more. Throws BadBytes. */
  #step(): boolean {
    switch (this.#phase) {
      case 'header':
        return this.#takeHeader();
      case 'sasl':
        return this.#takeInit();
      case 'amqp':
        return this.#takeFrames();
      default:
        return false;
    }
  }

  #takeHeader(): boolean {
    if (this.#half.length < 8) return false;
    const header = this.#half.subarray(0, 8);
    const protocol = header[4];
    const known = (protocol === 0 || (protocol === 3 && !this.#proved)) && headerOf(protocol).equals(header);
    if (!known) {
      // [AMQP 1.0, 2.2] An unknown protocol is answered with one that is spoken here.
      this.write(headerOf(this.#proved ? 0 : 3));
      throw new BadBytes(`protocol header ${header.toString('hex')}: the hub speaks AMQP 1.0, with SASL or without`);
    }
    this.#half = this.#half.subarray(8);
    if (protocol === 3) {
      this.write(headerOf(3));
      this.write(mechanismsFrame());
      this.#phase = 'sasl';
    } else {
      this.#phase = 'amqp';
      this.#hooks.begin(this.#proof);
      this.emit('data', header);
    }
    return true;
  }

  #takeInit(): boolean {
    const size = frameSize(this.#half, 0, largestSasl);
    if (size === undefined || this.#half.length < size) return false;
    const frame = Buffer.from(this.#half.subarray(0, size));
    this.#half = this.#half.subarray(size);
    if (frame[5] !== 1) throw new BadBytes(`a frame of type ${frame[5]} in the SASL layer`);
    frame[5] = 0;
    holdFrame(frame, 0, size);
    const init = size === 8 ? undefined : readInit(frame);
    if (init === undefined) throw new BadBytes('the SASL layer takes a sasl-init and nothing else');
    this.#phase = 'proving';
    this.#hooks.prove(init).then(
      (proof) => this.#prove(proof),
      (error: unknown) => this.#prove(error instanceof Error ? error.message : String(error)),
    );
    return false;
  }

  #prove(proof: Proof | string): void {
    if (this.#phase !== 'proving') return;
    if (typeof proof === 'string') {
      this.write(outcomeFrame(1));
      this.#refuse(`SASL: ${proof}`);
      return;
    }
    this.write(outcomeFrame(0));
    this.#proof = proof;
    this.#proved = true;
    this.#phase = 'header';
    this.#advance();
  }

  /** Hands on as many whole frames as there are, in one piece. What comes before a bad one still counts. */
  #takeFrames(): boolean {
    let at = 0;
    let bad: unknown;
    try {
      for (;;) {
        const size = frameSize(this.#half, at, largestFrame);
        if (size === undefined || this.#half.length - at < size) break;
        holdFrame(this.#half, at, size);
        at += size;
      }
    } catch (error) {
      bad = error;
    }
    const frames = this.#half.subarray(0, at);
    this.#half = this.#half.subarray(at);
    if (at > 0) this.emit('data', frames);
    if (bad !== undefined) throw bad;
    return false;
  }
}

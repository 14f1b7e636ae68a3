// One AMQP connection to a hub with one session, and the devices on it, one or many: stream, tokens, sending, and the end of it all.
import type { Duplex } from 'node:stream';
import { Wait, type Waits } from '../../clock/waits.ts';
import type { FaultName } from '../../vocabulary/ids.ts';
import type { Flow } from '../../vocabulary/passages.ts';
import { seconds } from '../../vocabulary/units.ts';
import { flowOf } from '../flow/stream-flow.ts';
import { resetStream } from '../flow/tcp.ts';
import { type AmqpError, endingOf } from './amqp-errors.ts';
import {
  begin,
  type RheaConnection,
  type RheaLink,
  type RheaListener,
  type RheaSession,
  type RheaSocket,
  type Waiting,
} from './amqp-rhea.ts';
import type { AmqpShared } from './amqp-shared.ts';
import { AmqpTokens } from './amqp-tokens.ts';
import type { Ending } from './connection.ts';

/** What was sent before a close gets this long to leave before the stream is torn down. */
const lingerTimeout = seconds(2);
/** Deliveries that may be under way in either direction; rhea keeps as many places once they were all used. */
const buffered = { alone: 256, shared: 2_048 };
const emptyFrame = Buffer.of(0, 0, 0, 8, 2, 0, 0, 0);

/** A device on a line. */
export interface LineMember {
  /** The line is up, with its way to hand in tokens. */
  lineReady(): void;
  tokenAnswered(status: number, description: string): void;
  /** The line is over, and with it everything on it. */
  lineEnded(ending: Ending): void;
}

interface Held {
  readonly link: RheaLink;
  readonly bytes: Buffer;
  readonly waiting: Waiting | undefined;
}

export class AmqpLine implements RheaListener, RheaSocket {
  readonly #shared: AmqpShared;
  readonly #stream: Duplex;
  readonly #proof: 'tokens' | 'certificate';
  readonly #connection: RheaConnection;
  readonly #members = new Set<LineMember>();
  readonly session: RheaSession;
  #tokens: AmqpTokens | undefined;
  #lastLink = 0;
  /** What must still open before devices can begin. */
  #missing: number;
  #remoteOpen = false;
  /** No device can join any more, and none is told anything. */
  #over = false;
  #ending: Ending | undefined;
  #beat: Wait | undefined;
  #beats: Waits | undefined;
  /** Ends the line when the hub says nothing for too long: half-open, it would look open for ever. */
  readonly #silence = new Wait(() => this.#silent());
  #corked = false;
  /** What the hub gave no credit for yet; undefined while there is nothing. */
  #held: Held[] | undefined;
  #input: (bytes: unknown) => void = () => {};
  #eof: () => void = () => {};

  /**
   * @param name no other connection's: a hub tells links apart by it and their own names.
   * @param proof `certificate`: the stream itself shows who the device is, and no tokens are handed in.
   */
  constructor(shared: AmqpShared, name: string, stream: Duplex, proof: 'tokens' | 'certificate') {
    this.#shared = shared;
    this.#stream = stream;
    this.#proof = proof;
    this.#missing = proof === 'tokens' ? 3 : 1;
    this.#connection = shared.container.connection({
      id: name,
      container_id: name,
      hostname: shared.hostName,
      reconnect: false,
      idle_time_out: shared.idleTimeOut,
      connection_details: () => ({ connect: () => this }),
      listener: this,
    });
    this.#connection.connect();
    this.session = this.#connection.create_session(shared.devicesPerLine > 1 ? buffered.shared : buffered.alone);
    this.session.begin();
    if (proof === 'tokens') this.#tokens = new AmqpTokens(this);
    stream.on('data', (bytes: Buffer) => this.#arrived(bytes));
    stream.once('end', () => stream.end());
    stream.on('error', (error) => {
      this.#ending ??= { detail: error.message || error.name, refused: false };
    });
    stream.once('close', () => this.#closed());
    // A socket keeps what is written until it is connected. rhea has put the first frames together by the next tick.
    process.nextTick(() => this.#begin());
  }

  get shared(): AmqpShared {
    return this.#shared;
  }

  join(member: LineMember): void {
    this.#members.add(member);
    this.#countIn();
    if (this.#missing === 0) process.nextTick(() => this.#members.has(member) && member.lineReady());
  }

  has(member: LineMember): boolean {
    return this.#members.has(member);
  }

  /** The last to leave closes the connection; `goodbye` says so to the hub, and lets leave what was sent before. */
  leave(member: LineMember, goodbye: boolean): void {
    if (!this.#members.delete(member) || this.#over) return;
    if (this.#members.size > 0) {
      this.#countIn();
      return;
    }
    this.#finish();
    if (!goodbye || !this.#remoteOpen) {
      this.#stream.destroy();
      return;
    }
    this.#connection.close();
    const cancel = this.#shared.clock.after(lingerTimeout, () => this.#stream.destroy());
    this.#stream.once('close', cancel);
  }

  /** Ends by a TCP reset, for all devices on it. The one who asks is told nothing. */
  reset(member: LineMember, by: FaultName): void {
    if (!this.#members.delete(member)) return;
    this.#ending ??= { detail: 'connection reset', refused: false, faults: [by] };
    this.#countIn();
    resetStream(this.#stream);
  }

  /** What all devices on it send and receive. */
  get flow(): Flow {
    return flowOf(this.#stream);
  }

  /** A number no other link of this line has; rhea keeps links by name. */
  nextLink(): number {
    this.#lastLink += 1;
    return this.#lastLink;
  }

  /** Hands in a token; `tokenAnswered` follows. */
  putToken(member: LineMember, resource: string, token: string): void {
    this.#tokens?.put(member, resource, token);
  }

  /** Without credit it waits here: in rhea's hands it would keep back everything behind it, of all devices on the session. */
  send(link: RheaLink, bytes: Buffer, waiting?: Waiting): void {
    if (!this.#held && this.#sendNow(link, bytes, waiting)) return;
    this.#held ??= [];
    this.#held.push({ link, bytes, waiting });
  }

  #sendNow(link: RheaLink, bytes: Buffer, waiting: Waiting | undefined): boolean {
    const { outgoing } = this.session;
    if (link.credit <= outgoing.next_delivery_id - outgoing.next_pending_delivery || outgoing.available() === 0)
      return false;
    link.send(bytes, undefined, 0).waiting = waiting;
    return true;
  }

  #sendHeld(): void {
    const held = this.#held;
    if (!held) return;
    const still = held.filter(({ link, bytes, waiting }) => {
      if (!link.owner) return false;
      return !this.#sendNow(link, bytes, waiting);
    });
    this.#held = still.length > 0 ? still : undefined;
  }

  // --- what rhea takes for its socket ---

  on(event: string, run: (value?: unknown) => void): void {
    if (event === 'data') this.#input = run;
    else if (event === 'end') this.#eof = run;
  }

  /** Gathers what is written within one tick: rhea writes each frame by itself. */
  write(bytes: Buffer): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      process.nextTick(uncork, this);
    }
    this.#stream.write(bytes);
  }

  uncork(): void {
    this.#corked = false;
    this.#stream.uncork();
  }

  end(): void {
    this.#stream.end();
  }

  #begin(): void {
    if (!this.#stream.destroyed) begin(this.#connection);
  }

  #arrived(bytes: Buffer): void {
    if (this.#remoteOpen && !this.#over) {
      this.#shared.silences.end(this.#silence);
      this.#shared.silences.again(this.#silence);
    }
    this.#input(bytes);
    this.#sendHeld();
  }

  #silent(): void {
    this.#ending ??= { detail: `the hub was silent for ${(2 * this.#shared.idleTimeOut) / 1_000} s`, refused: false };
    this.#stream.destroy();
  }

  #closed(): void {
    this.#eof();
    const ending = this.#ending ?? { detail: 'the hub closed the connection', refused: false };
    const members = [...this.#members];
    this.#finish();
    this.#members.clear();
    for (const member of members) member.lineEnded(ending);
  }

  #countIn(): void {
    if (this.#proof === 'tokens') this.#shared.counted(this, this.#ending ? undefined : this.#members.size);
  }

  #finish(): void {
    this.#over = true;
    this.#shared.counted(this, undefined);
    if (this.#beat) this.#beats?.end(this.#beat);
    this.#beat = undefined;
    this.#shared.silences.end(this.#silence);
  }

  // --- what rhea tells ---

  opened(): void {
    this.#remoteOpen = true;
    this.#shared.silences.again(this.#silence);
    const { open } = this.#connection.remote;
    // rhea would keep to the hub's idle time-out with timers of its own; these come from the Clock.
    if (open?.idle_time_out) {
      this.#beats = this.#shared.beats(Math.max(1, Math.floor(open.idle_time_out / 2)));
      open.idle_time_out = undefined;
      const beat = new Wait(() => {
        this.write(emptyFrame);
        this.#beats?.again(beat);
      });
      this.#beat = beat;
      this.#beats.again(beat);
    }
  }

  sessionOpened(): void {
    this.came();
  }

  ended(error: AmqpError | undefined): void {
    if (this.#over) return;
    this.#ending ??= endingOf(error, 'the hub closed the connection');
    this.#countIn(); // nobody joins any more
    // rhea answers the hub's close; a hub that then leaves the stream open does not keep the devices waiting.
    const cancel = this.#shared.clock.after(lingerTimeout, () => this.#stream.destroy());
    this.#stream.once('close', cancel);
    this.#connection.close();
  }

  broken(error: Error): void {
    this.#ending ??= { detail: `the hub sent what could not be read: ${error.message}`, refused: false };
    this.#stream.destroy();
  }

  /** A part of the line is open: its session, a link for tokens. */
  came(): void {
    this.#missing -= 1;
    if (this.#missing === 0) for (const member of [...this.#members]) member.lineReady();
  }
}

const uncork = (line: AmqpLine): void => line.uncork();

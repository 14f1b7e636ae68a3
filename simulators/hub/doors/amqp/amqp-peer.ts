// One AMQP connection from its first byte to its last: the wire, the library on it, and time. It ends only by what is wrong with the connection
// itself; a bad device loses its links and nothing more (peer-links.ts).
import type { Wait } from '../../../clock/waits.ts';
import type { CloseReason } from '../../../vocabulary/facts.ts';
import { refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { Struck } from '../../connections/connections.ts';
import { stopped } from '../../failed.ts';
import type { Arrival } from '../arrival.ts';
import { Alarm } from './alarm.ts';
import { cutError } from './cutting.ts';
import type { DoorTools } from './door-tools.ts';
import { idleTimeOut, serveEngine } from './engine.ts';
import { conditionOf, errorOf } from './errors.ts';
import { writeFrame } from './frames.ts';
import type { MessageContext } from './incoming.ts';
import { Leaves } from './leaves.ts';
import { PeerLinks } from './peer-links.ts';
import {
  described,
  type Engine,
  type EngineReceiver,
  type EngineSender,
  type EngineSession,
  type Typed,
  types,
} from './rhea-parts.ts';
import { type Proof, prove } from './sasl.ts';
import { Wire } from './wire.ts';

/** Twice what is announced, as the library has it: a client may send its heartbeats a little late. */
const longestSilence = idleTimeOut * 2;

export class AmqpPeer {
  readonly #arrival: Arrival;
  readonly #tools: DoorTools;
  readonly #wire: Wire;
  readonly #leaves: Leaves;
  readonly #links: PeerLinks;
  readonly #alarm: Alarm;
  readonly #gone: () => void;
  #engine: Engine | undefined;
  #greeting: Wait | undefined;
  #opened = false;
  #over = false;
  #heardAt: Instant;
  #idle: number | undefined;
  #writtenBefore = 0;

  /** @param gone told once, when the connection is over. */
  constructor(arrival: Arrival, tools: DoorTools, gone: (peer: AmqpPeer) => void) {
    this.#arrival = arrival;
    this.#tools = tools;
    this.#gone = () => gone(this);
    this.#heardAt = tools.clock.now();
    this.#alarm = new Alarm(tools.clock, () => this.#lookAfter());
    this.#leaves = new Leaves(arrival.certificate, tools);
    this.#links = new PeerLinks({
      arrival,
      tools,
      leaves: this.#leaves,
      setAlarm: (at) => this.#alarm.set(at),
      cutConnection: (what, struck, detail) => this.#cut(what, struck, detail),
    });
    this.#greeting = tools.greetings.begin(() => this.#refuse('no open within 30 s'));
    this.#wire = new Wire(arrival, {
      begin: (proof) => this.#begin(proof),
      prove: (init) => prove(init, arrival.certificate, tools),
      heard: () => {
        this.#heardAt = tools.clock.now();
      },
      refused: (detail) => this.#refused(detail),
      gone: (detail) => this.#end('lost', detail),
    });
  }

  /** The hub is stopping. */
  stop(): void {
    if (this.#over) return;
    if (this.#opened) this.#wire.write(closeFrame('amqp:connection:forced', errorOf(stopped, this.#now())));
    this.#end('shutdown');
    this.#wire.end();
  }

  #begin(proof: Proof | undefined): void {
    const links = this.#links;
    if (proof) this.#leaves.proof = proof;
    const engine = serveEngine(this.#wire, this.#tools.hostName, {
      opened: (idle) => this.#open(idle),
      stolen: (link) => links.stolen(link),
    });
    this.#engine = engine;
    const failed = (error: Error) => this.#refused(error.message);
    engine.on('error', failed);
    engine.on('protocol_error', failed);
    for (const name of ['connection_error', 'session_error', 'sender_error', 'receiver_error', 'disconnected']) {
      engine.on(name, () => {});
    }
    engine.on('connection_close', () => this.#end('client'));
    engine.on('session_close', ({ session }: { session: EngineSession }) => links.endSession(session));
    engine.on('sender_open', ({ sender }: { sender: EngineSender }) => links.attach(sender));
    engine.on('receiver_open', ({ receiver }: { receiver: EngineReceiver }) => links.attach(receiver));
    engine.on('sender_close', ({ sender }: { sender: EngineSender }) => links.closed(sender));
    engine.on('receiver_close', ({ receiver }: { receiver: EngineReceiver }) => links.closed(receiver));
    engine.on('sender_flow', ({ sender }: { sender: EngineSender }) => links.flow(sender));
    // A peer that drains wants what there is and then its credit back.
    engine.on('sender_draining', ({ sender }: { sender: EngineSender }) => sender.set_drained(true));
    engine.on('message', (context: MessageContext) => links.take(context));
  }

  #open(idle: number | undefined): void {
    if (this.#greeting) this.#tools.greetings.end(this.#greeting);
    this.#greeting = undefined;
    this.#opened = true;
    this.#idle = idle === undefined ? undefined : Math.max(idle, 100);
    this.#setAlarm();
  }

  #setAlarm(): void {
    this.#alarm.set(this.#heardAt + longestSilence);
    if (this.#idle !== undefined) this.#alarm.set(this.#now() + this.#idle / 2);
    this.#alarm.set(this.#leaves.end);
    this.#alarm.set(this.#links.nextEnd);
  }

  #lookAfter(): void {
    const now = this.#now();
    if (now >= this.#heardAt + longestSilence) {
      this.#end('keep-alive', `silent for ${longestSilence / 1_000} s`);
      this.#wire.end();
      return;
    }
    if (now >= this.#leaves.end) {
      const refusal = refuse('IotHubUnauthorized', 'Unauthorized: the token that opened this connection expired.');
      this.#wire.write(closeFrame(conditionOf(refusal), errorOf(refusal, now)));
      this.#end('token-expired');
      this.#wire.end();
      return;
    }
    // A heartbeat, if nothing else was said since the last look.
    if (this.#idle !== undefined && this.#wire.written === this.#writtenBefore) this.#engine?._write_frame();
    this.#writtenBefore = this.#wire.written;
    this.#links.renew(now);
    this.#setAlarm();
  }

  #refuse(detail: string): void {
    this.#refused(detail);
    this.#wire.end();
  }

  /** Reports what the peer did, and says it to the peer if it can still listen; the wire ends by whoever found it. */
  #refused(why: string): void {
    if (this.#over) return;
    const detail = why.slice(0, 500);
    const at = this.#now();
    this.#tools.emit({ type: 'input.refused', at, door: 'amqp', peer: this.#arrival.peer, detail });
    const refusal = refuse('DeserializationError', detail);
    if (this.#opened) this.#wire.write(closeFrame('amqp:decode-error', errorOf(refusal, at)));
    this.#end('protocol-error', detail);
  }

  #cut(what: 'tcp' | 'connection', struck: Struck, detail: string): void {
    if (what === 'tcp') {
      this.#end('fault', detail, struck);
      this.#wire.reset();
      return;
    }
    this.#wire.write(closeFrame('amqp:connection:forced', cutError(detail, this.#now())));
    this.#end('fault', detail, struck);
    this.#wire.end();
  }

  #end(reason: CloseReason, detail?: string, struck?: Struck): void {
    if (this.#over) return;
    this.#over = true;
    this.#alarm.stop();
    if (this.#greeting) this.#tools.greetings.end(this.#greeting);
    this.#links.end(reason, detail, struck);
    this.#gone();
  }

  #now(): Instant {
    return this.#tools.clock.now();
  }
}

/** A close with an error whose condition is another than its refusal's. */
function closeFrame(condition: string, error: Typed): Buffer {
  const [, description, info] = error.value as [Typed, Typed, Typed];
  return writeFrame(0, described(0x18, [described(0x1d, [types.wrap_symbol(condition), description, info])]));
}

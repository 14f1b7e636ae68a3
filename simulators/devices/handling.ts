// One method request in a device's hands, from arrival to the end of its behaviour. Exactly one `method.handled` fact comes of it.
import type { Emit, FleetFact } from '../vocabulary/facts.ts';
import type { FaultName, RequestId } from '../vocabulary/ids.ts';
import type { CallPassage, FaultHooks, LinkGrip, Passage, ReplyPassage } from '../vocabulary/passages.ts';
import type { Instant } from '../vocabulary/units.ts';
import { Abandoned, type DeviceActions, JsonText, type OnMethod } from './behaviours/behaviour.ts';
import type { MethodRequest } from './device.ts';
import type { Connection } from './links/connection.ts';
import { Program, type ProgramOwner, textOf } from './program.ts';

/** What a handling needs of its device. */
export interface Handler extends LinkGrip, ProgramOwner {
  readonly emit: Emit<FleetFact>;
  readonly faults: FaultHooks;
  /** No fault holds the request back, or none any more: its behaviour may run. */
  execute(handling: Handling): void;
  /** Its caller has its answer, or will never have one: another may have its turn. The behaviour may still be at work. */
  answered(handling: Handling): void;
  /** The behaviour is through with it, whichever way. */
  finished(handling: Handling): void;
}

type Outcome = 'answered' | 'silent' | 'lost';

export class Handling extends Program<Handler> implements DeviceActions, LinkGrip {
  readonly #connection: Connection;
  readonly #request: MethodRequest;
  readonly #receivedAt: Instant;
  /** The behaviour has it. */
  #begun = false;
  #replied = false;
  #outcome: Outcome | undefined;
  /** The connection it came over is gone. */
  #gone = false;
  /** What faults had in their hands last: the request, then its reply. */
  #passage: Passage | undefined;

  constructor(device: Handler, connection: Connection, request: MethodRequest) {
    super(device);
    this.#connection = connection;
    this.#request = request;
    this.#receivedAt = device.clock.now();
  }

  get request(): MethodRequest {
    return this.#request;
  }

  /** Has itself executed, through the faults on calls: at once, later, or never. */
  arrive(): void {
    if (this.#gone) return;
    const faults = this.owner.faults.at('call', this.owner.id);
    if (!faults) {
      this.owner.execute(this);
      return;
    }
    const { id: device } = this.owner;
    const { name: method, rid } = this.#request;
    const passage: CallPassage = {
      ...{ device, method, rid, link: this, touches: undefined },
      // Held until its connection was gone, it is told as lost already and must not be executed behind the caller's back.
      pass: () => {
        if (!this.#outcome) this.owner.execute(this);
      },
      lose: () => {
        this.#end('silent');
        this.owner.finished(this);
      },
    };
    this.#passage = passage;
    faults(passage);
  }

  /** Never rejects: a behaviour that throws is reported, and answers 500 if it had not answered. */
  async run(behaviour: OnMethod): Promise<void> {
    this.#begun = true;
    try {
      await behaviour(this.#request, this);
      if (!this.#replied) this.#end('silent');
    } catch (error) {
      if (!(error instanceof Abandoned)) await this.#recover(error);
    }
    this.owner.finished(this);
  }

  async #recover(error: unknown): Promise<void> {
    const message = textOf(error);
    this.complain(`the behaviour failed: ${message}`);
    if (this.#replied || this.abandoned) return;
    try {
      await this.reply(500, { message });
    } catch {
      // Abandoned meanwhile: nothing is left to answer.
    }
  }

  reply(status: number, payload: unknown): Promise<void> {
    if (this.abandoned) return Promise.reject(new Abandoned());
    if (this.#replied) return Promise.reject(new Error('a second reply to one request'));
    if (!Number.isInteger(status) || status < 0 || status > 0x7fff_ffff) {
      return Promise.reject(new Error(`status ${status}: expected a whole number from 0 to 2147483647`));
    }
    let text: string;
    try {
      text = payload instanceof JsonText ? payload.text : (JSON.stringify(payload) ?? '');
    } catch (error) {
      return Promise.reject(error);
    }
    this.#replied = true;
    const faults = this.owner.faults.at('reply', this.owner.id);
    if (!faults) {
      this.#leave(this.#request.rid, status, text);
      return Promise.resolve();
    }
    return this.until((done) => {
      const passage = this.#replyPassage(status, text, done);
      this.#passage = passage;
      faults(passage);
      return undefined;
    });
  }

  /** A reply in the hands of faults. */
  #replyPassage(status: number, payload: string, done: () => void): ReplyPassage {
    const { id: device } = this.owner;
    const { name: method, rid } = this.#request;
    let onceLeft: (() => void)[] | undefined;
    const passage: ReplyPassage = {
      ...{ device, method, link: this, touches: this.#passage?.touches, status, payload, rid },
      pass: () => {
        const leaves = this.#outcome === undefined;
        this.#leave(passage.rid, passage.status, passage.payload);
        if (!leaves || !onceLeft) {
          done();
          return;
        }
        // What was sent is on the wire only when this turn is over: AMQP gathers it until then.
        this.owner.clock.after(0, () => {
          for (const run of onceLeft ?? []) run();
          done();
        });
      },
      hang: () => {
        this.#end('silent');
        // A device that rebooted now would end the call early with 404104; hung, it keeps its caller waiting until 504.
        this.owner.finished(this);
      },
      swallow: () => {
        this.#end('silent');
        done();
      },
      sendAnother: () => this.#send(passage.rid, passage.status, passage.payload),
      onceLeft: (run) => {
        onceLeft ??= [];
        onceLeft.push(run);
      },
    };
    return passage;
  }

  override complain(detail: string): void {
    super.complain(`method ${this.#request.name}: ${detail}`);
  }

  /** The connection it came over is gone: the reply can no longer leave. The behaviour itself goes on, as a program would. */
  connectionLost(): void {
    this.#gone = true;
    this.#end('lost');
    if (!this.#begun) this.owner.finished(this);
  }

  /** A fault takes the link from under it; never the next one, which the device may have by then. */
  drop(by: FaultName, detail: string): void {
    if (!this.#gone) this.owner.drop(by, detail);
  }
  reset(by: FaultName, detail: string): void {
    if (!this.#gone) this.owner.reset(by, detail);
  }

  override abandon(): void {
    this.#gone = true;
    this.#end('lost');
    this.#takeBack();
    super.abandon();
  }

  /** The device hangs: nothing more comes of it, and its caller waits until it gives up. */
  freeze(): void {
    this.#end('silent');
    this.#takeBack();
    super.abandon();
  }

  /** What a fault still holds comes to no other fault: there is nothing left for one to strike. */
  #takeBack(): void {
    if (this.#passage) this.#passage.pass = () => {};
  }

  #leave(rid: RequestId, status: number, text: string): void {
    if (this.#outcome) return;
    this.#send(rid, status, text);
    this.#end('answered', status);
  }

  #send(rid: RequestId, status: number, text: string): void {
    const request = this.#request;
    this.#connection.reply(rid === request.rid ? request : { ...request, rid }, status, text);
  }

  #end(outcome: Outcome, status?: number): void {
    if (this.#outcome) return;
    const touches = this.#passage?.touches;
    this.#outcome = outcome;
    const { name, rid } = this.#request;
    this.owner.emit({
      type: 'method.handled',
      at: this.owner.clock.now(),
      device: this.owner.id,
      rid,
      method: name,
      receivedAt: this.#receivedAt,
      outcome,
      ...(status === undefined ? {} : { status }),
      ...(this.#begun ? {} : { executed: false as const }),
      ...(touches === undefined ? {} : { touches }),
    });
    // One whose link is gone goes on, and the device is busy with it until it is through.
    if (outcome !== 'lost') this.owner.answered(this);
  }
}

// One direct-method call on its way: what was asked, the times it passed each point, and the promise its caller holds.
import type { Wait } from '../../clock/waits.ts';
import {
  type Excerpt,
  excerpt,
  type FaultTouch,
  type HubFact,
  type InvocationEnded,
  textLimit,
} from '../../vocabulary/facts.ts';
import type { DeviceId, FaultName, RequestId } from '../../vocabulary/ids.ts';
import { struckBy } from '../../vocabulary/passages.ts';
import { Refusal } from '../../vocabulary/service-errors.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { DeviceConnection } from '../connections/connections.ts';
import type { MethodRequest } from './method-request.ts';
import type { MethodAnswer } from './methods.ts';

type InvocationBegun = Extract<HubFact, { type: 'invocation.begun' }>;

export class Invocation {
  rid: RequestId | undefined;
  sentAt: Instant | undefined;
  /** Whom it was sent to; an answer by anyone else is not one. */
  connection: DeviceConnection | undefined;
  /** The timer it stands in, and where. */
  wait: Wait | undefined;
  /** Of all stages so far; faults write into it. */
  #touches: FaultTouch[] | undefined;
  /** The stage it is in, while faults may hold it there: since when, and where its touches begin. */
  #stage: { readonly since: Instant; readonly from: number } | undefined;

  constructor(
    readonly call: number,
    readonly device: DeviceId,
    readonly begunAt: Instant,
    readonly asked: MethodRequest,
    /** Made once, shown when it begins and when it ends. */
    readonly request: Excerpt,
    readonly settle: (answer: MethodAnswer | Refusal) => void,
  ) {}

  begun(): InvocationBegun {
    const { asked, rid } = this;
    return {
      type: 'invocation.begun',
      at: this.begunAt,
      device: this.device,
      call: this.call,
      method: asked.method,
      responseTimeout: asked.responseTimeout,
      connectTimeout: asked.connectTimeout,
      request: this.request,
      ...(rid === undefined ? undefined : { rid }),
    };
  }

  /** Faults have it from now on; gives the list they write into. */
  enter(at: Instant): FaultTouch[] {
    this.#touches ??= [];
    this.#stage = { since: at, from: this.#touches.length };
    return this.#touches;
  }
  /** Faults let it go. */
  leave(): void {
    this.#stage = undefined;
  }

  get touched(): boolean {
    return this.#touches !== undefined;
  }
  /** Those that struck so far, each once. */
  get faults(): readonly FaultName[] | undefined {
    return struckBy({ touches: this.#touches })?.faults;
  }

  ended(at: Instant, outcome: MethodAnswer | Refusal): InvocationEnded {
    return outcome instanceof Refusal ? this.#refused(at, outcome) : this.#answered(at, outcome);
  }

  // Written out twice: the answered call is the hot path, and spreading optional members makes a throw-away object each.
  #answered(at: Instant, answer: MethodAnswer): InvocationEnded {
    const { asked } = this;
    const fact: InvocationEnded = {
      type: 'invocation.ended',
      at,
      device: this.device,
      rid: this.rid as RequestId,
      call: this.call,
      method: asked.method,
      begunAt: this.begunAt,
      sentAt: this.sentAt as Instant,
      answeredAt: at,
      httpStatus: 200,
      deviceStatus: answer.status,
      responseTimeout: asked.responseTimeout,
      connectTimeout: asked.connectTimeout,
      request: this.request,
      response: excerptOf(answer.payload),
    };
    return this.#touches === undefined ? fact : { ...fact, ...this.#touched(at) };
  }

  #refused(at: Instant, refusal: Refusal): InvocationEnded {
    const { asked, rid, sentAt } = this;
    return {
      type: 'invocation.ended',
      at,
      device: this.device,
      call: this.call,
      method: asked.method,
      begunAt: this.begunAt,
      httpStatus: refusal.status,
      error: refusal.name,
      responseTimeout: asked.responseTimeout,
      connectTimeout: asked.connectTimeout,
      request: this.request,
      ...(rid === undefined ? undefined : { rid }),
      ...(sentAt === undefined ? undefined : { sentAt }),
      ...this.#touched(at),
    };
  }

  /** Copies: who holds it yet may write on. A call that ended while it was held was held until now by the last that struck. */
  #touched(at: Instant): { readonly touches: readonly FaultTouch[] } | undefined {
    const touches = this.#touches?.map((touch) => ({ ...touch }));
    const last = touches?.at(-1);
    if (touches === undefined || last === undefined) return undefined;
    if (this.#stage !== undefined && this.#stage.from < touches.length && last.held === undefined) {
      const { since, from } = this.#stage;
      const held = touches.slice(from, -1).reduce((left, touch) => left - (touch.held ?? 0), at - since);
      if (held > 0) last.held = held;
    }
    return { touches };
  }
}

/** A UTF-16 unit takes at most 3 bytes of UTF-8, and a character cut in two leaves at most 3 bytes: so much holds all that is shown. */
const shownBytes = textLimit * 3 + 4;
export const excerptOf = (bytes: Buffer): Excerpt =>
  excerpt(bytes.toString('utf8', 0, Math.min(bytes.length, shownBytes)), bytes.length);

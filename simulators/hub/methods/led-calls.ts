// Calls in the hands of faults: held before the hub begins with them, on their way out, or on their way back. Only calls that a fault is on come
// here, so that the others cost no more than asking whether one is.
import type { RequestId } from '../../vocabulary/ids.ts';
import type { AnswerPassage, DeliveryPassage, RequestPassage } from '../../vocabulary/passages.ts';
import type { Refusal } from '../../vocabulary/service-errors.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { DeviceConnection } from '../connections/connections.ts';
import { failed, trouble } from '../failed.ts';
import type { Invocation } from './invocation.ts';
import type { MethodAnswer } from './methods.ts';

/** What becomes of a call that faults let go. */
export interface CallSteps {
  readonly now: () => Instant;
  begin(invocation: Invocation): void;
  end(invocation: Invocation, outcome: MethodAnswer | Refusal): void;
  /** Whether it still waits for an answer under this id. */
  waits(invocation: Invocation, rid: RequestId): boolean;
  transmit(invocation: Invocation, rid: RequestId, connection: DeviceConnection): void;
  complete(invocation: Invocation, answer: MethodAnswer): void;
  drop(device: DeviceConnection['device'], rid: RequestId, status: number): void;
}

export class LedCalls {
  readonly #steps: CallSteps;
  /** The hub has not begun with them. */
  readonly #held = new Set<Invocation>();

  constructor(steps: CallSteps) {
    this.#steps = steps;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Those the hub has not begun with; it never will. */
  takeHeld(): readonly Invocation[] {
    const held = [...this.#held];
    this.#held.clear();
    return held;
  }

  request(through: (passage: RequestPassage) => void, invocation: Invocation): void {
    const { now, begin, end } = this.#steps;
    const letGo = (then: () => void): void => {
      invocation.leave();
      // Not when the hub stopped meanwhile.
      if (this.#held.delete(invocation)) then();
    };
    this.#held.add(invocation);
    try {
      through({
        device: invocation.device,
        operation: 'methods',
        touches: invocation.enter(now()),
        pass: () => letGo(() => begin(invocation)),
        refuse: (status, detail) => letGo(() => end(invocation, trouble(status, detail))),
      });
    } catch (error) {
      letGo(() => end(invocation, failed(error)));
    }
  }

  delivery(
    through: (passage: DeliveryPassage) => void,
    invocation: Invocation,
    rid: RequestId,
    connection: DeviceConnection,
  ): void {
    const { now, waits, transmit } = this.#steps;
    const { device, asked } = invocation;
    through({
      device,
      method: asked.method,
      rid,
      connection,
      touches: invocation.enter(now()),
      pass() {
        invocation.leave();
        // What nobody waits for any more is not sent.
        if (waits(invocation, rid)) transmit(invocation, rid, connection);
      },
      lose: () => invocation.leave(),
      sendAnother() {
        // The first may be lost on its way, and this one answered.
        invocation.sentAt ??= now();
        connection.sendMethod(asked.method, rid, asked.payload);
      },
    });
  }

  /** What became of the call meanwhile counts. */
  answer(
    through: (passage: AnswerPassage) => void,
    invocation: Invocation,
    connection: DeviceConnection,
    answer: MethodAnswer,
  ): void {
    const { now, waits, complete, drop } = this.#steps;
    const rid = invocation.rid as RequestId; // it was sent
    through({
      device: connection.device,
      rid,
      // `wait` was begun when the request was made ready to leave.
      deadline: invocation.wait?.due ?? now(),
      connection,
      touches: invocation.enter(now()),
      pass() {
        invocation.leave();
        if (waits(invocation, rid)) complete(invocation, answer);
        else drop(connection.device, rid, answer.status);
      },
    });
  }
}

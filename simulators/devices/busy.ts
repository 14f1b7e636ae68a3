// One method at a time: what comes while another is under way waits its turn, or is refused. A method is under way until it is answered.
import type { OnMethod } from './behaviours/behaviour.ts';
import type { Handling } from './handling.ts';

export class Turns {
  readonly #serve: (handling: Handling) => void;
  #served: Handling | undefined;
  readonly #waiting: Handling[] = [];
  #passing = false;

  constructor(serve: (handling: Handling) => void) {
    this.#serve = serve;
  }

  take(handling: Handling, policy: 'queue' | 'refuse'): void {
    if (this.#served === undefined && this.#waiting.length === 0) {
      this.#served = handling;
      this.#serve(handling);
    } else if (policy === 'queue') this.#waiting.push(handling);
    else void handling.run(refusal(this.#served?.request.name));
  }

  /** It is answered, or gone; harmless for one whose turn it is not. */
  over(handling: Handling): void {
    if (handling !== this.#served) {
      const place = this.#waiting.indexOf(handling);
      if (place >= 0) this.#waiting.splice(place, 1);
      return;
    }
    this.#served = undefined;
    // What is answered at once ends inside its own turn: a loop, or a long queue would run out of stack.
    if (this.#passing) return;
    this.#passing = true;
    while (this.#served === undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#served = next;
      this.#serve(next);
    }
    this.#passing = false;
  }
}

const refusal =
  (busyWith: string | undefined): OnMethod =>
  (_request, device) =>
    device.reply(503, { message: `Busy with ${busyWith ?? 'another method'}; call again when it is answered.` });

// A bounded queue of facts on their way to the host: sent in batches, never more ahead than the host can read, the surplus counted.
// A call that begins and ends inside one batch crosses as its end alone, which says everything its beginning said.
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { Fact } from '../../vocabulary/facts.ts';
import type { Millis } from '../../vocabulary/units.ts';

export interface FactQueueOptions {
  readonly clock: Clock;
  readonly send: (batch: readonly Fact[], shed: number) => void;
  /** How long facts wait for company. */
  readonly pause: Millis;
  /** Facts held at most while the host is behind; later ones are shed and counted. */
  readonly most: number;
}
export const factQueueDefaults = { pause: 50, most: 50_000 } as const;

/** Batches the host has not yet read before the queue holds back: one being read, one on its way. */
const ahead = 2;

export class FactQueue {
  #facts: (Fact | undefined)[] = [];
  #begun = new Map<number, number>(); // call -> where its beginning stands in #facts
  #shed = 0;
  #unread = 0;
  #timer: Cancel | undefined;

  constructor(private readonly options: FactQueueOptions) {}

  readonly put = (fact: Fact): void => {
    if (this.#facts.length >= this.options.most) {
      this.#shed += 1;
    } else if (fact.type === 'invocation.begun') {
      this.#begun.set(fact.call, this.#facts.push(fact) - 1);
    } else {
      if (fact.type === 'invocation.ended') {
        const place = this.#begun.get(fact.call);
        if (place !== undefined) this.#facts[place] = undefined;
      }
      this.#facts.push(fact);
    }
    this.#timer ??= this.options.clock.after(this.options.pause, this.flush);
  };

  /** The host has read a batch. */
  taken(): void {
    this.#unread -= 1;
  }

  readonly flush = (): void => {
    this.#timer?.();
    this.#timer = undefined;
    if (this.#facts.length === 0 && this.#shed === 0) return;
    if (this.#unread >= ahead) {
      this.#timer = this.options.clock.after(this.options.pause, this.flush);
      return;
    }
    const batch = this.#facts.filter((fact) => fact !== undefined);
    const shed = this.#shed;
    this.#facts = [];
    this.#begun.clear();
    this.#shed = 0;
    this.#unread += 1;
    this.options.send(batch, shed);
  };
}

// The deliveries a session sent and nobody settled yet. The library keeps them in a ring of 2,048 that empties in order only: one message that
// an application never settles would end the connection 2,048 sends later. Here each leaves when its own time has come.
import type { OutDelivery, Store } from './rhea-parts.ts';

/** More than a session can have locked; the oldest is forgotten then, as if its peer had settled it. */
const most = 65_536;

export class Deliveries implements Store {
  readonly #held = new Map<number, OutDelivery>();
  /** Those whose state may have changed since they were last looked at: only they are, so that a long list costs nothing. */
  readonly #touched = new Set<OutDelivery>();
  /** @param waiting the id from which on deliveries have not been sent. */
  constructor(readonly waiting: () => number) {}

  get size(): number {
    return this.#held.size;
  }

  available(): number {
    return most;
  }

  push(delivery: OutDelivery): void {
    if (this.#held.size >= most) {
      for (const id of this.#held.keys()) {
        this.#held.delete(id);
        break;
      }
    }
    this.#held.set(delivery.id, delivery);
    this.#touched.add(delivery);
  }

  pop_if(over: (delivery: OutDelivery) => boolean): number {
    let count = 0;
    const waiting = this.waiting();
    for (const delivery of this.#touched) {
      if (over(delivery)) {
        this.#held.delete(delivery.id);
        count += 1;
      } else if (delivery.id >= waiting) continue;
      this.#touched.delete(delivery);
    }
    return count;
  }

  by_id(id: number): OutDelivery | undefined {
    const delivery = this.#held.get(id);
    if (delivery) this.#touched.add(delivery);
    return delivery;
  }

  /** The ids held between two, both included; walks the shorter of range and store. */
  *between(first: number, last: number): Generator<number> {
    if (last - first < this.#held.size) {
      for (let id = first; id <= last; id++) if (this.#held.has(id)) yield id;
    } else {
      for (const id of [...this.#held.keys()]) if (id >= first && id <= last) yield id;
    }
  }
}

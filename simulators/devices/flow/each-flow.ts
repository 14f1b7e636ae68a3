// The flows of one device, one after another and now and then two at a time, and those who do something to each. Made for a device when somebody asks.
import type { Flow } from '../../vocabulary/passages.ts';

type Run = (flow: Flow) => () => void;

export class EachFlow {
  readonly #device: { readonly flow: Flow | undefined };
  readonly #flows = new Set<Flow>();
  /** Undos by those who asked. */
  readonly #runs = new Map<Run, Map<Flow, () => void>>();

  /** @param device its flow is the newest; asked for only when somebody wants it. */
  constructor(device: { readonly flow: Flow | undefined }) {
    this.#device = device;
  }

  /** Runs for each flow that is not over, and for each that opens later; what it gives is run when the flow is over, or by the undo. */
  each(run: Run): () => void {
    // The same function may be given twice; each time is a wish of its own.
    const own: Run = (flow) => run(flow);
    const undos = new Map<Flow, () => void>();
    this.#look();
    this.#runs.set(own, undos);
    for (const flow of this.#flows) undos.set(flow, own(flow));
    return () => {
      this.#runs.delete(own);
      const all = [...undos.values()];
      undos.clear();
      for (const undo of all) undo();
    };
  }

  /** The device has another flow than before. */
  opened(): void {
    if (this.#runs.size === 0) return;
    const flow = this.#look();
    if (flow) for (const [run, undos] of this.#runs) undos.set(flow, run(flow));
  }

  /** Gives a flow that nobody knew of. */
  #look(): Flow | undefined {
    const { flow } = this.#device;
    if (flow === undefined || this.#flows.has(flow)) return undefined;
    this.#flows.add(flow);
    flow.onceOver(() => this.#over(flow));
    return flow;
  }

  #over(flow: Flow): void {
    this.#flows.delete(flow);
    for (const undos of this.#runs.values()) {
      const undo = undos.get(flow);
      undos.delete(flow);
      undo?.();
    }
  }
}

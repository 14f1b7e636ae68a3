// The flows of one device, one after another and now and then two at a time, and those who do something to each. Made for a device when somebody asks.
import type { Flow } from '../../vocabulary/passages.ts';

type Run = (flow: Flow) => () => void;

export class EachFlow {
  readonly #flows = new Set<Flow>();
  /** Undos by those who asked. */
  readonly #runs = new Map<Run, Map<Flow, () => void>>();

  /** Runs for each flow that is not over, and for each that opens later; what it gives is run when the flow is over, or by the undo. */
  each(run: Run): () => void {
    // The same function may be given twice; each time is a wish of its own.
    const own: Run = (flow) => run(flow);
    const undos = new Map<Flow, () => void>();
    this.#runs.set(own, undos);
    for (const flow of this.#flows) undos.set(flow, own(flow));
    return () => {
      this.#runs.delete(own);
      const all = [...undos.values()];
      undos.clear();
      for (const undo of all) undo();
    };
  }

  opened(flow: Flow): void {
    this.#flows.add(flow);
    for (const [run, undos] of this.#runs) undos.set(flow, run(flow));
    flow.onceOver(() => this.#over(flow));
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

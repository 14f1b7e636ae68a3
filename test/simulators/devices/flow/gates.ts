// Gates for tests: they hold what comes until they are told to let go.
import type { Gate } from '../../../../simulators/vocabulary/passages.ts';

export interface HoldingGate {
  readonly gate: Gate;
  /** Sizes of all pieces that came. */
  readonly sizes: number[];
  readonly held: number;
  /** Lets the oldest go, or so many of them. */
  release(count?: number): void;
  /** Lets one go that is not the oldest. */
  releaseNewest(): void;
}

export function holding(): HoldingGate {
  const waiting: (() => void)[] = [];
  const sizes: number[] = [];
  return {
    sizes,
    gate: (bytes, go) => {
      sizes.push(bytes);
      waiting.push(go);
    },
    get held() {
      return waiting.length;
    },
    release: (count = 1) => {
      for (const go of waiting.splice(0, count)) go();
    },
    releaseNewest: () => waiting.pop()?.(),
  };
}

/** Lets what streams in memory carry arrive. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

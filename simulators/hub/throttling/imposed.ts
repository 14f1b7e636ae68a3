// Limits that faults impose over those a user set: the newest counts; lifted in whatever order, those that are left, and at last the user's.
import { checkThrottle } from './limits.ts';
import type { Throttle, Throttling, Tier } from './throttling.ts';

export interface Imposed {
  /** The user's: in use once nothing is imposed. Throws LabError input.invalid. */
  set(throttle: Throttle): void;
  /** Gives the undo. Throws LabError input.invalid for units the tier does not have. */
  impose(tier: Tier, units: number): () => void;
}

export function imposedOn(throttling: Pick<Throttling, 'set' | 'throttle'>): Imposed {
  let own = throttling.throttle;
  const imposed: Throttle[] = [];

  /** Counters begin anew only where the limits in use change. */
  function change(work: () => void): void {
    const before = imposed.at(-1) ?? own;
    work();
    const after = imposed.at(-1) ?? own;
    if (after !== before) throttling.set(after);
  }

  return {
    set(throttle) {
      checkThrottle(throttle);
      change(() => {
        own = throttle;
      });
    },
    impose(tier, units) {
      const throttle: Throttle = { tier, units };
      checkThrottle(throttle);
      change(() => imposed.push(throttle));
      return () => {
        const place = imposed.indexOf(throttle);
        if (place !== -1) change(() => imposed.splice(place, 1));
      };
    },
  };
}

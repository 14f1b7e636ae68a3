// Limits that faults impose over those a user set: the newest counts; lifted in whatever order, those that are left, and at last the user's.

import type { HubFact } from '../../vocabulary/facts.ts';
import type { FaultName } from '../../vocabulary/ids.ts';
import { checkThrottle } from './limits.ts';
import type { Throttle, Throttling, Tier } from './throttling.ts';

export interface Imposed {
  /** The user's: in use once nothing is imposed. Throws LabError input.invalid. */
  set(throttle: Throttle): void;
  /**
   * Gives the undo. Throws LabError input.invalid for units the tier does not have.
   * @param hit runs each time these limits refuse somebody.
   */
  impose(tier: Tier, units: number, by: FaultName, hit: () => void): () => void;
  /** A fact that tells of the limits in use names the fault they come from, which hears of it. */
  named(fact: HubFact): HubFact;
}

interface Imposition {
  readonly throttle: Throttle;
  readonly by: FaultName;
  readonly hit: () => void;
}

export function imposedOn(throttling: Pick<Throttling, 'set' | 'throttle'>): Imposed {
  let own = throttling.throttle;
  const imposed: Imposition[] = [];

  /** Counters begin anew only where the limits in use change. */
  function change(work: () => void): void {
    const before = imposed.at(-1)?.throttle ?? own;
    work();
    const after = imposed.at(-1)?.throttle ?? own;
    if (after !== before) throttling.set(after);
  }

  return {
    set(throttle) {
      checkThrottle(throttle);
      change(() => {
        own = throttle;
      });
    },
    impose(tier, units, by, hit) {
      const imposition: Imposition = { throttle: { tier, units }, by, hit };
      checkThrottle(imposition.throttle);
      change(() => imposed.push(imposition));
      return () => {
        const place = imposed.indexOf(imposition);
        if (place !== -1) change(() => imposed.splice(place, 1));
      };
    },
    named(fact) {
      const newest = imposed.at(-1);
      if (newest === undefined || fact.type !== 'throttle.hit') return fact;
      newest.hit();
      return { ...fact, faults: [newest.by] };
    },
  };
}

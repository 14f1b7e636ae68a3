// `hub.throttle`: the hub has the limits of a tier while the fault is on and its times hold. Each refusal by these limits is a strike.
import type { FaultMaker } from '../fault.ts';
import { nobody } from '../schedule.ts';

export const hubThrottle: FaultMaker<'hub.throttle'> = ({ tier, units }, { name, watch, struck }) => ({
  onHub(hub) {
    let undo: (() => void) | undefined;
    const stop = watch(nobody, (holds) => {
      undo?.();
      undo = holds ? hub.throttle(tier, units, name, struck) : undefined;
    });
    return () => {
      stop();
      undo?.();
    };
  },
});

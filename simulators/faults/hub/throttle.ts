// `hub.throttle`: the hub has the limits of a tier while the fault is on and its times hold.
import type { FaultMaker } from '../fault.ts';
import { nobody } from '../schedule.ts';

export const hubThrottle: FaultMaker<'hub.throttle'> = ({ tier, units }, { watch }) => ({
  onHub(hub) {
    let undo: (() => void) | undefined;
    const stop = watch(nobody, (holds) => {
      undo?.();
      undo = holds ? hub.throttle(tier, units) : undefined;
    });
    return () => {
      stop();
      undo?.();
    };
  },
});

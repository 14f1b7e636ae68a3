// `link.offline`: the device has no link, for as long as the fault is on or for a while. It strikes once each time the fault's times begin.
import type { FaultMaker } from '../fault.ts';

export const linkOffline: FaultMaker<'link.offline'> = ({ lasting }, { name, clock, due, watch }) => ({
  on(grip) {
    let back = () => {};
    const unwatch = watch(grip.device, (holds) => {
      if (!holds) {
        // One that lasts for a while ends by itself.
        if (lasting === undefined) back();
        return;
      }
      if (!due(grip.device, 'took its link away')) return;
      back();
      const letGo = grip.keepOff(name, 'offline');
      const cancel = lasting === undefined ? undefined : clock.after(lasting, letGo);
      back = () => {
        cancel?.();
        letGo();
      };
    });
    return () => {
      unwatch();
      back();
    };
  },
});

// `link.flap`: the link of the device is up for a while, then down for a while, over and over. Each going down is a chance of its own.
import type { Cancel } from '../../clock/clock.ts';
import { drawing } from '../../random/distributions.ts';
import type { LinkState } from '../../vocabulary/facts.ts';
import type { DeviceGrip } from '../../vocabulary/passages.ts';
import type { Millis } from '../../vocabulary/units.ts';
import type { FaultMaker } from '../fault.ts';

/** A device that is not up cannot go down; how soon it is looked at again. One that is off comes on by somebody's hand. */
const lookAgain = (state: LinkState): Millis => (state === 'off' || state === 'failed' ? 1_000 : 100);

export const linkFlap: FaultMaker<'link.flap'> = ({ up, down }, { name, clock, randomOf, due, watch }) => {
  const drawUp = drawing(up, randomOf);
  const drawDown = drawing(down, randomOf);

  /** Gives the undo, which brings back a device that is down. */
  const flap = (grip: DeviceGrip): (() => void) => {
    let cancel: Cancel;
    let back = () => {};
    const rise = (): void => {
      back();
      back = () => {};
      cancel = clock.after(drawUp(grip.device), fall);
    };
    /** One that comes up late is up for a while all the same. */
    const wait = (): void => {
      if (grip.state === 'online') rise();
      else cancel = clock.after(lookAgain(grip.state), wait);
    };
    const fall = (): void => {
      if (grip.state !== 'online') {
        wait();
      } else if (due(grip.device, 'took its link away for a while')) {
        back = grip.keepOff(name, 'link down');
        cancel = clock.after(drawDown(grip.device), rise);
      } else {
        cancel = clock.after(Math.max(drawUp(grip.device), 1), fall);
      }
    };
    rise();
    return () => {
      cancel();
      back();
    };
  };

  return {
    on(grip) {
      let stop = () => {};
      const unwatch = watch(grip.device, (holds) => {
        stop();
        stop = holds ? flap(grip) : () => {};
      });
      return () => {
        unwatch();
        stop();
      };
    },
  };
};

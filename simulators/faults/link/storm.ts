// `link.storm`: every device drops its link and dials again without back-off, once or again and again.
import type { Cancel } from '../../clock/clock.ts';
import type { DeviceGrip } from '../../vocabulary/passages.ts';
import type { FaultMaker } from '../fault.ts';

export const linkStorm: FaultMaker<'link.storm'> = ({ within, again }, { name, clock, randomOf, due, watch }) => {
  /** A device without a link has nothing to drop, and its turn is not counted. */
  const strike = (grip: DeviceGrip): void => {
    if (grip.state !== 'online' || !due(grip.device, 'made it dial anew')) return;
    grip.redial(name, 0, 'connection dropped, dialling again at once');
  };
  const storm = (grip: DeviceGrip): (() => void) => {
    // Spread wider than the time between two rounds, one is not over when the next begins.
    const coming = new Set<Cancel>();
    const round = (): void => {
      const cancel = clock.after(Math.floor(randomOf(grip.device).next() * within), () => {
        coming.delete(cancel);
        strike(grip);
      });
      coming.add(cancel);
    };
    round();
    const rounds = again === undefined ? undefined : clock.every(again, round);
    return () => {
      rounds?.();
      for (const cancel of coming) cancel();
    };
  };

  return {
    on(grip) {
      let stop = () => {};
      const unwatch = watch(grip.device, (holds) => {
        stop();
        stop = holds ? storm(grip) : () => {};
      });
      return () => {
        unwatch();
        stop();
      };
    },
  };
};

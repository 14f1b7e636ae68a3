// `link.bandwidth`: a serial line. Each piece takes as long as its bytes need, from when the piece ahead is through; both directions by themselves.
import type { FaultMaker } from '../fault.ts';
import { tapEachFlow } from './tapping.ts';

export const linkBandwidth: FaultMaker<'link.bandwidth'> = ({ bytesPerSecond, direction }, { clock, due }) => ({
  on: (grip) =>
    tapEachFlow(grip, direction, clock, (held) => {
      /** When the line has carried all it was given. */
      let idle = clock.now();
      return (bytes, go) => {
        const now = clock.now();
        if (bytes > 0 && due(grip.device, 'narrowed the band')) {
          idle = Math.max(idle, now) + (bytes / bytesPerSecond) * 1_000;
        }
        // What is shorter than a timer can be is owed by the next piece.
        const wait = Math.floor(idle - now);
        if (wait > 0) held.hold(wait, go);
        else go();
      };
    }),
});

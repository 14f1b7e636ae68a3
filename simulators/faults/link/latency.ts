// `link.latency`: each piece of the byte stream arrives later by a draw of its own; one that drew less than the piece ahead waits for it.
import { drawing } from '../../random/distributions.ts';
import type { FaultMaker } from '../fault.ts';
import { tapEachFlow } from './tapping.ts';

export const linkLatency: FaultMaker<'link.latency'> = ({ delay, direction }, { clock, randomOf, due }) => {
  const draw = drawing(delay, randomOf);
  return {
    on: (grip) =>
      tapEachFlow(grip, direction, clock, (held) => (_bytes, go) => {
        const wait = due(grip.device, 'held bytes back') ? draw(grip.device) : 0;
        if (wait > 0) held.hold(wait, go);
        else go();
      }),
  };
};

// `reply.late`: the hub gets the reply after the call's response timeout: the caller had 504, and the reply is dropped.
import { drawing } from '../../random/distributions.ts';
import type { FaultMaker } from '../fault.ts';
import { Held } from '../held.ts';

/** Held in the hub, the only one that knows the deadline of a call. Lifted in time, the fault lets the reply reach its caller. */
export const replyLate: FaultMaker<'reply.late'> = ({ by }, { clock, randomOf }) => {
  const held = new Held(clock);
  const draw = drawing(by, randomOf);
  return {
    answer(passage) {
      // At least 1 ms: at the deadline itself it would be a race.
      const after = Math.max(1, draw(passage.device));
      held.hold(Math.max(0, passage.deadline - clock.now()) + after, () => passage.pass());
    },
    release: () => held.releaseAll(),
  };
};

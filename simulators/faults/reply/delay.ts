// `reply.delay`: each reply leaves later by a draw of its own. Nothing held is ever lost: when the fault goes, it leaves at once.
import { drawing } from '../../random/distributions.ts';
import type { FaultMaker } from '../fault.ts';
import { Held } from '../held.ts';

export const replyDelay: FaultMaker<'reply.delay'> = ({ delay }, { clock, randomOf }) => {
  const held = new Held(clock);
  const draw = drawing(delay, randomOf);
  return {
    reply: (passage) => held.hold(draw(passage.device), () => passage.pass()),
    release: () => held.releaseAll(),
  };
};

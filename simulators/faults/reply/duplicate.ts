// `reply.duplicate`: the reply leaves, and then again; the hub drops what comes after the first. Lifted, the copies still owed leave at once.
import type { FaultMaker } from '../fault.ts';
import { Held } from '../held.ts';

export const replyDuplicate: FaultMaker<'reply.duplicate'> = ({ copies, after }, { clock }) => {
  const held = new Held(clock);
  return {
    reply(passage) {
      passage.onceLeft(() => {
        for (let copy = 1; copy <= copies; copy++) {
          if (after === 0) passage.sendAnother();
          else held.hold(after * copy, () => passage.sendAnother());
        }
      });
      passage.pass();
    },
    release: () => held.releaseAll(),
  };
};

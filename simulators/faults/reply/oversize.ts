// `reply.oversize`: the payload of the reply has a given size on the wire, by default one byte more than the service takes.
import type { FaultMaker } from '../fault.ts';

export const replyOversize: FaultMaker<'reply.oversize'> = ({ bytes }) => {
  // A JSON text of exactly that size: a string, or where there is no room for its quotes a digit.
  const payload = bytes === 1 ? '0' : `"${'x'.repeat(bytes - 2)}"`;
  return {
    reply(passage) {
      passage.payload = payload;
      passage.pass();
    },
  };
};

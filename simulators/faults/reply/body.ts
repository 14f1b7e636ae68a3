// `reply.body`: the reply carries another payload, and the status the behaviour gave it.
import type { FaultMaker } from '../fault.ts';

export const replyBody: FaultMaker<'reply.body'> = ({ body }) => {
  const payload = JSON.stringify(body);
  return {
    reply(passage) {
      passage.payload = payload;
      passage.pass();
    },
  };
};

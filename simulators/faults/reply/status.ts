// `reply.status`: the reply carries another device status; HTTP says 200 all the same, since the device did answer.
import type { FaultMaker } from '../fault.ts';

export const replyStatus: FaultMaker<'reply.status'> = ({ status }) => ({
  reply(passage) {
    passage.status = status;
    passage.pass();
  },
});

// `reply.wrong-rid`: the reply names a request the hub never made; the hub drops it, and the caller gets 504 after its response timeout.
import { requestId } from '../../vocabulary/ids.ts';
import type { FaultMaker } from '../fault.ts';

export const replyWrongRid: FaultMaker<'reply.wrong-rid'> = () => ({
  reply(passage) {
    passage.rid = requestId(`${passage.rid}-wrong`);
    passage.pass();
  },
});

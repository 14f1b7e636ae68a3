// `hub.request-twice`: the device gets the method request twice, with the same request id. Of its two answers the hub drops the later.
import type { FaultMaker } from '../fault.ts';

export const hubRequestTwice: FaultMaker<'hub.request-twice'> = () => ({
  delivery(passage) {
    passage.pass();
    passage.sendAnother();
  },
});

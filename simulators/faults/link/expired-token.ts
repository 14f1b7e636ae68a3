// `link.expired-token`: the device shows a token that has expired.
import type { FaultMaker } from '../fault.ts';

export const linkExpiredToken: FaultMaker<'link.expired-token'> = () => ({
  proof: (passage) => {
    passage.expiredToken = true;
    passage.pass();
  },
});

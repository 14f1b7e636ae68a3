// `link.skewed-clock`: the device's clock is wrong, and with it the time at which its tokens expire.
import type { FaultMaker } from '../fault.ts';

export const linkSkewedClock: FaultMaker<'link.skewed-clock'> = ({ by }) => ({
  proof: (passage) => {
    passage.skew += by;
    passage.pass();
  },
});

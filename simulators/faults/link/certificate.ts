// `link.certificate`: the device shows another certificate than its own. Of two such faults the later one decides.
import type { FaultMaker } from '../fault.ts';

export const linkCertificate: FaultMaker<'link.certificate'> = ({ which }) => ({
  certificate: (passage) => {
    passage.which = which;
    passage.pass();
  },
});

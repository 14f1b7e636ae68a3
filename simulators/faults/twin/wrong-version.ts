// `twin.wrong-version`: the device acknowledges desired properties with another version than it was given.
import type { FaultMaker } from '../fault.ts';

/** Versions are whole numbers from 0. */
export const twinWrongVersion: FaultMaker<'twin.wrong-version'> = ({ off }, { tell }) => ({
  acknowledgement: (passage) => {
    const given = passage.version;
    passage.version = Math.max(0, passage.version + off);
    tell(passage.device, `acknowledged version ${given} as ${passage.version}`);
    passage.pass();
  },
});

// `twin.wrong-version`: the device acknowledges desired properties with another version than it was given.
import type { FaultMaker } from '../fault.ts';

/** Versions are whole numbers from 0. */
export const twinWrongVersion: FaultMaker<'twin.wrong-version'> = ({ off }) => ({
  acknowledgement: (passage) => {
    passage.version = Math.max(0, passage.version + off);
    passage.pass();
  },
});

// `link.drop`: the device loses its link in the middle of a call, without a goodbye, and reconnects by its policy.
import type { FaultMaker } from '../fault.ts';
import { midCall } from './mid-call.ts';

export const linkDrop: FaultMaker<'link.drop'> = ({ at }, { name }) =>
  midCall(at, (link, moment) => link.drop(name, `connection dropped ${moment}`));

// `link.reset`: the device's TCP connection is reset in the middle of a call; on a connection that devices share, for all of them.
import type { FaultMaker } from '../fault.ts';
import { midCall } from './mid-call.ts';

export const linkReset: FaultMaker<'link.reset'> = ({ at }, { name }) =>
  midCall(at, (link, moment) => link.reset(name, `connection reset ${moment}`));

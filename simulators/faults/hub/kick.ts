// `hub.kick`: the hub ends the connection of a device as when the same identity connects from elsewhere; calls that wait on it end as they do then.
import type { FaultMaker } from '../fault.ts';
import { onOccasion } from './occasions.ts';

export const hubKick: FaultMaker<'hub.kick'> = (occasion, { name, clock }) =>
  onOccasion(occasion, clock, { ends: true, run: (connection) => connection.kick(name, 'kicked') });

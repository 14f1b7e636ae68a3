// The faults in the hub, by kind.
import type { FaultMakers } from '../kinds.ts';
import { hubKick } from './kick.ts';
import { hubKill } from './kill.ts';

export const hubs: Partial<FaultMakers> = {
  'hub.kick': hubKick,
  'hub.kill': hubKill,
};

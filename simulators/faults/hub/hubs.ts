// The faults in the hub, by kind.
import type { FaultMakers } from '../kinds.ts';

export const hubs: Partial<FaultMakers> = {};

// The faults on the links of devices, by kind.
import type { FaultMakers } from '../kinds.ts';

export const links: Partial<FaultMakers> = {};

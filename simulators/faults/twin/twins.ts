// The faults on twins, by kind.
import type { FaultMakers } from '../kinds.ts';

export const twins: Partial<FaultMakers> = {};

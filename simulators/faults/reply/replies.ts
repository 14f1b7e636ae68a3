// The faults on replies, by kind.
import type { FaultMakers } from '../kinds.ts';
import { replyDelay } from './delay.ts';
import { replyNever } from './never.ts';

export const replies: Partial<FaultMakers> = {
  'reply.delay': replyDelay,
  'reply.never': replyNever,
};

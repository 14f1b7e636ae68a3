// The faults on replies, by kind.
import type { FaultMakers } from '../kinds.ts';
import { replyBody } from './body.ts';
import { replyDelay } from './delay.ts';
import { replyDuplicate } from './duplicate.ts';
import { replyLate } from './late.ts';
import { replyMalformed } from './malformed.ts';
import { replyNever } from './never.ts';
import { replyOversize } from './oversize.ts';
import { replyStatus } from './status.ts';
import { replyUnanswered } from './unanswered.ts';
import { replyWrongRid } from './wrong-rid.ts';

export const replies = {
  'reply.delay': replyDelay,
  'reply.never': replyNever,
  'reply.unanswered': replyUnanswered,
  'reply.late': replyLate,
  'reply.status': replyStatus,
  'reply.body': replyBody,
  'reply.malformed': replyMalformed,
  'reply.oversize': replyOversize,
  'reply.duplicate': replyDuplicate,
  'reply.wrong-rid': replyWrongRid,
} satisfies Partial<FaultMakers>;

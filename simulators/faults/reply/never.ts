// `reply.never`: the method is executed up to its reply, which never leaves; the caller gets 504 after its response timeout.
import type { FaultMaker } from '../fault.ts';

/** What it swallowed stays swallowed when the fault is lifted: that reply was decided on when it was given. */
export const replyNever: FaultMaker<'reply.never'> = () => ({ reply: (passage) => passage.hang() });

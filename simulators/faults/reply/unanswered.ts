// `reply.unanswered`: the method is executed to its end; only the reply never leaves. The caller gets 504 for something that was
// done, or 404 as soon as a reboot ends the connection.
import type { FaultMaker } from '../fault.ts';

export const replyUnanswered: FaultMaker<'reply.unanswered'> = () => ({ reply: (passage) => passage.swallow() });

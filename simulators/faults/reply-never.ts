// `reply.never`: the method is executed up to its reply, which never leaves; the caller gets 504 after its response timeout.
import type { FaultSettings } from '../vocabulary/specs.ts';
import type { FaultMaker } from './fault.ts';

/** What it swallowed stays swallowed when the fault is lifted: that reply was decided on when it was given. */
export const replyNever: FaultMaker<Extract<FaultSettings, { kind: 'reply.never' }>> = () => ({
  take: (_device, _pass, drop) => drop(),
  release: () => {},
});

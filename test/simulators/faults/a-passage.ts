// Things on their way, made by hand, for tests of what faults do with them.
import { type DeviceId, requestId } from '../../../simulators/vocabulary/ids.ts';
import type { LinkGrip, ReplyPassage } from '../../../simulators/vocabulary/passages.ts';

const noLink: LinkGrip = { drop: () => {}, reset: () => {} };

/** A reply `200 {"done":true}` that goes nowhere; `changes` say what its ends do. */
export const aReply = (device: DeviceId, changes: Partial<ReplyPassage> = {}): ReplyPassage => ({
  ...{ device, method: 'reboot', link: noLink, touches: undefined },
  ...{ status: 200, payload: '{"done":true}', rid: requestId('1') },
  pass: () => {},
  hang: () => {},
  swallow: () => {},
  sendAnother: () => {},
  onceLeft: () => {},
  ...changes,
});

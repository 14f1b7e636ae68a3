// The links of a service (reference 4.6): messages to devices, the feedback on them, and notifications of file uploads, of which there are none.
import type { Refusal } from '../../../vocabulary/service-errors.ts';
import type { Permission } from '../../access/access.ts';
import type { FeedbackBatch } from '../../messages/messages.ts';
import type { ServiceNode } from './addresses.ts';
import type { DoorTools } from './door-tools.ts';
import { guarded, outcomes } from './errors.ts';
import { Feed } from './feed.ts';
import type { LinkHandler } from './link-handler.ts';
import { encodeFeedback, readMessages, tagOf } from './message-shape.ts';
import type { EngineSender } from './rhea-parts.ts';

/** What a link needs, and the path it is asked for. */
export const serviceNodes: Readonly<Record<ServiceNode, { readonly path: string; readonly permission: Permission }>> = {
  send: {
    path: 'messages/devicebound',
    permission: { right: 'ServiceConnect', action: 'cloudToDeviceMessages/send/action' },
  },
  feedback: {
    path: 'messages/servicebound/feedback',
    permission: { right: 'ServiceConnect', action: 'cloudToDeviceMessages/feedback/action' },
  },
  'file-notifications': {
    path: 'messages/servicebound/filenotifications',
    permission: { right: 'ServiceConnect', action: 'fileUpload/notifications/action' },
  },
};

export const sendLink = ({ messages, clock }: DoorTools): LinkHandler => ({
  take(bytes, format) {
    for (const message of readMessages(bytes, format)) {
      const refusal = guarded(() => messages.send(message));
      if (refusal !== undefined) return outcomes.rejected(refusal, clock.now());
    }
    return outcomes.accepted;
  },
  end() {},
});

export function feedbackLink(link: EngineSender, { messages: { feedback }, clock, hostName }: DoorTools): LinkHandler {
  const hubName = hostName.split('.')[0] ?? hostName;
  const feed = new Feed<FeedbackBatch>(
    link,
    {
      next: () => feedback.receive(),
      encode: (batch) => encodeFeedback(batch, hubName),
      tag: tagOf,
      settle: ({ lockToken }, outcome): Refusal | undefined =>
        guarded(() => (outcome === 'released' ? feedback.abandon(lockToken) : feedback.complete(lockToken))),
      release: ({ lockToken }) => void guarded(() => feedback.abandon(lockToken)),
      late() {},
    },
    () => clock.now(),
  );
  const stop = feedback.observe(() => feed.pump());
  return {
    flow: () => feed.pump(),
    end() {
      stop();
      feed.end();
    },
  };
}

export const silentLink: LinkHandler = { end() {} };

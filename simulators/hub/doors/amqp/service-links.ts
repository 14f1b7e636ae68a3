// The links of a service (reference 4.6): messages to devices, the feedback on them, and notifications of file uploads, of which there are none.
import type { Refusal } from '../../../vocabulary/service-errors.ts';
import type { Permission } from '../../access/access.ts';
import { trouble } from '../../failed.ts';
import { addresseesOf } from '../../messages/addressee.ts';
import type { FeedbackBatch, Message } from '../../messages/messages.ts';
import type { ServiceNode } from './addresses.ts';
import type { DoorTools } from './door-tools.ts';
import { guarded, outcomes } from './errors.ts';
import { Feed } from './feed.ts';
import type { LinkHandler } from './link-handler.ts';
import { encodeFeedback, readMessages, tagOf } from './message-shape.ts';
import type { EngineSender, Typed } from './rhea-parts.ts';

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

export function sendLink({ messages, clock, faults }: DoorTools): LinkHandler {
  let stopping = false;
  function send(all: readonly Message[]): Typed {
    for (const message of all) {
      const refusal = guarded(() => messages.send(message));
      if (refusal !== undefined) return outcomes.rejected(refusal, clock.now());
    }
    return outcomes.accepted;
  }

  return {
    take(bytes, format) {
      const all = readMessages(bytes, format);
      // Several sent together are one request, of the first one's device.
      const [device] = addresseesOf(all[0]?.system.to);
      const through = faults?.at('request', device);
      if (through === undefined) return send(all);
      return new Promise((settle) => {
        through({
          device,
          operation: 'messages',
          touches: undefined,
          // Not sent once the hub stopped, and nobody hears of it then.
          pass: () => settle(stopping ? outcomes.released : send(all)),
          refuse: (status, detail) => settle(outcomes.rejected(trouble(status, detail), clock.now())),
        });
      });
    },
    end(reason) {
      stopping = reason === 'shutdown';
    },
  };
}

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

// How a cloud-to-device message can end, and what feedback its sender gets on each end (reference 4.6).
import type { MessageOutcome } from '../../vocabulary/facts.ts';
import { partsOf } from '../../vocabulary/ids.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { Acknowledgement, FeedbackRecord } from './messages.ts';
import type { Queued } from './queued.ts';

/** The last word on a message. */
export type End = Exclude<MessageOutcome, 'abandoned'>;

/** A message that was given back so often is given up. */
export const mostDeliveries = 10;

/** What the service is told of each end, and in which of the two halves of `full` it belongs. */
const ends: Readonly<
  Record<End, { readonly half: Acknowledgement; readonly code: FeedbackRecord['statusCode']; readonly text: string }>
> = {
  completed: { half: 'positive', code: 'Success', text: 'Success' },
  rejected: { half: 'negative', code: 'Rejected', text: 'The device rejected the message.' },
  expired: { half: 'negative', code: 'Expired', text: 'The message expired before the device took it.' },
  'delivery-count': {
    half: 'negative',
    code: 'DeliveryCountExceeded',
    text: `The message was given back ${mostDeliveries} times.`,
  },
  purged: { half: 'negative', code: 'Purged', text: 'The queue of the device was purged.' },
};

/** What the service is told of a message that ended, when its sender asked to hear of such an end. */
export function recordOf(
  { device, generation, message }: Queued,
  outcome: End,
  now: Instant,
): FeedbackRecord | undefined {
  const { ack = 'none', messageId = '' } = message.system;
  const { half, code, text } = ends[outcome];
  if (ack !== 'full' && ack !== half) return undefined;
  return {
    originalMessageId: messageId,
    enqueuedTimeUtc: new Date(now).toISOString(),
    statusCode: code,
    description: text,
    deviceId: partsOf(device).device,
    deviceGenerationId: generation,
  };
}

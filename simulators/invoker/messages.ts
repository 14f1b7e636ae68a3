// Cloud-to-device messages, which go over AMQP alone (reference 4.6): each is sent, and settled by the hub; feedback is received when wanted.
import rhea, { type Delivery, type EventContext, type Sender } from 'rhea';
import { partsOf } from '../vocabulary/ids.ts';
import type { Instant } from '../vocabulary/units.ts';
import { type AmqpError, type AmqpOptions, openAmqpClient, problemOf, refused } from './amqp-client.ts';
import type { ServiceProblem } from './service-problem.ts';

export type { AmqpOptions } from './amqp-client.ts';

export interface OutgoingMessage {
  readonly body: Buffer;
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** Which outcomes the hub is to report. */
  readonly ack?: 'none' | 'positive' | 'negative' | 'full';
  readonly expiresAt?: Instant;
  readonly properties?: Readonly<Record<string, string>>;
}

/** `problem` is missing when the hub took the message. */
export interface SendOutcome {
  readonly problem?: ServiceProblem;
}

/** What became of a message (reference 4.6). */
export interface Feedback {
  readonly originalMessageId: string;
  /** Success, Expired, DeliveryCountExceeded, Rejected or Purged. */
  readonly statusCode: string;
  readonly description?: string;
  readonly deviceId: string;
  readonly enqueuedTimeUtc?: string;
}

export interface MessageClient {
  /** @param id a device, or a module (`device/module`). Throws LabError hub.unreachable or hub.refused when the link fails. */
  send(id: string, message: OutgoingMessage): Promise<SendOutcome>;
  /** Hands on feedback from now on. Each batch goes to one receiver of the hub only. */
  receiveFeedback(take: (feedback: readonly Feedback[]) => void): Promise<void>;
  close(): Promise<void>;
}

const sendTo = '/messages/devicebound';
const notTaken = 'The hub gave the message back untaken.';
const feedbackFrom = '/messages/serviceBound/feedback';

/** Throws LabError hub.unreachable, or hub.refused when the hub does not accept the token. */
export async function openMessages(options: AmqpOptions): Promise<MessageClient> {
  const client = await openAmqpClient(options);
  let link: Promise<Sender> | undefined;
  /** Deliveries the hub has not settled yet. */
  const settled = new Map<Delivery, (outcome: SendOutcome) => void>();

  async function openLink(): Promise<Sender> {
    const sender = await client.sender(sendTo);
    sender.setMaxListeners(0); // one for each message that waits for room
    const settle =
      (outcomeOf: (error: AmqpError | undefined) => SendOutcome) =>
      ({ delivery }: EventContext): void => {
        if (delivery === undefined) return;
        const { error } = (delivery.remote_state ?? {}) as { readonly error?: AmqpError };
        settled.get(delivery)?.(outcomeOf(error));
        settled.delete(delivery);
      };
    sender.on(
      'accepted',
      settle(() => ({})),
    );
    sender.on(
      'rejected',
      settle((error) => ({ problem: problemOf(error) })),
    );
    // `rhea` tells of a modified message as of a released one.
    sender.on(
      'released',
      settle(() => ({ problem: problemOf({ condition: 'released', description: notTaken }) })),
    );
    // A link that fails takes with it what was on its way; the next message opens another.
    const lost = (): void => {
      link = undefined;
      const outcome = {
        problem: problemOf((sender.error as AmqpError | undefined) ?? { condition: 'amqp:link:detach' }),
      };
      for (const tell of settled.values()) tell(outcome);
      settled.clear();
    };
    sender.on('sender_error', lost);
    sender.on('sender_close', lost);
    // Closed in the same breath in which it was opened: its events are gone by now.
    if (!sender.is_open()) throw closed(sender);
    return sender;
  }

  const room = (sender: Sender): Promise<void> =>
    client.within('waiting for room', (resolve, reject) => {
      if (!sender.is_open()) return reject(closed(sender));
      const lost = (): void => reject(closed(sender));
      sender.once('sender_close', lost);
      sender.once('sendable', () => {
        sender.removeListener('sender_close', lost);
        resolve();
      });
    });
  const closed = (sender: Sender) => refused(`the hub closed ${sendTo}`, sender.error as AmqpError | undefined);

  return {
    async send(id, message) {
      link ??= openLink().catch((error: unknown) => {
        link = undefined;
        throw error;
      });
      const sender = await link;
      // All who wait are told of the same room; the first of them take it.
      while (!sender.sendable()) await room(sender);
      return client.within('settling the message', (resolve) => {
        settled.set(sender.send(wireForm(id, message)), resolve);
      });
    },
    async receiveFeedback(take) {
      const receiver = await client.receiver(feedbackFrom);
      receiver.on('message', ({ message }: EventContext) => {
        const records = recordsIn((message?.body as { readonly content?: unknown } | undefined)?.content);
        if (records.length > 0) take(records);
      });
    },
    close: () => client.close(),
  };
}

/** What `rhea` makes a message of. The body is a data section. */
function wireForm(id: string, message: OutgoingMessage): Parameters<Sender['send']>[0] {
  const { device, module } = partsOf(id);
  const path = `/devices/${encodeURIComponent(device)}`;
  const whose = module === undefined ? path : `${path}/modules/${encodeURIComponent(module)}`;
  const { messageId, correlationId, contentType, contentEncoding, expiresAt, ack } = message;
  return {
    to: `${whose}${sendTo}`,
    ...(messageId === undefined ? {} : { message_id: messageId }),
    ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(contentEncoding === undefined ? {} : { content_encoding: contentEncoding }),
    ...(expiresAt === undefined ? {} : { absolute_expiry_time: new Date(expiresAt) }),
    application_properties: { ...message.properties, ...(ack === undefined ? {} : { 'iothub-ack': ack }) },
    body: rhea.message.data_section(message.body),
  } as Parameters<Sender['send']>[0];
}

function recordsIn(content: unknown): readonly Feedback[] {
  try {
    const records: unknown = JSON.parse(String(content));
    return Array.isArray(records) ? (records as Feedback[]) : [];
  } catch {
    return [];
  }
}

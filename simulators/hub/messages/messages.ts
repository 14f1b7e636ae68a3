// Messages both ways (reference 3.6, 4.5, 4.6): telemetry that devices send, the queue of cloud-to-device messages of each identity with
// locks, time to live and delivery count, and the feedback on them. Doors read and write their own wire forms; here is one shape for all.
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { Refusal } from '../../vocabulary/service-errors.ts';
import type { Instant, Millis } from '../../vocabulary/units.ts';

export type Acknowledgement = 'none' | 'positive' | 'negative' | 'full';
export const isAcknowledgement = (text: string): text is Acknowledgement =>
  text === 'none' || text === 'positive' || text === 'negative' || text === 'full';

/** The properties with a meaning of their own; the others are the application's. */
export interface SystemProperties {
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly userId?: string;
  readonly to?: string;
  /** absolute-expiry-time. */
  readonly expiresAt?: Instant;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** `iothub-ack`. */
  readonly ack?: Acknowledgement;
  /** `iothub-creation-time-utc`, as text. */
  readonly creationTime?: string;
  /** A module's output or input. */
  readonly outputName?: string;
  readonly inputName?: string;
  readonly interfaceId?: string;
  /** `dt-subject`. */
  readonly componentName?: string;
  /** `iothub-message-schema`. */
  readonly messageSchema?: string;
}

export interface Message {
  readonly body: Buffer;
  readonly system: SystemProperties;
  readonly application: Readonly<Record<string, string>>;
}

/** A queued message in the hands of one receiver, until its lock runs out (60 s). */
export interface Delivery {
  readonly message: Message;
  /** A GUID, lower case with hyphens: AMQP carries its 16 bytes as delivery tag (reference 3.6). */
  readonly lockToken: string;
  readonly sequence: number;
  readonly enqueuedAt: Instant;
  /** 1 the first time. */
  readonly deliveryCount: number;
}

/** What became of one message, for the service (reference 4.6). */
export interface FeedbackRecord {
  readonly originalMessageId: string;
  readonly enqueuedTimeUtc: string;
  readonly statusCode: 'Success' | 'Expired' | 'DeliveryCountExceeded' | 'Rejected' | 'Purged';
  readonly description: string;
  readonly deviceId: string;
  readonly deviceGenerationId: string;
}

export interface FeedbackBatch {
  readonly lockToken: string;
  readonly enqueuedAt: Instant;
  readonly records: readonly FeedbackRecord[];
}

export interface Messages {
  /** A message a device sent; `will` for one the hub speaks on its behalf. 413001 above 256 KB, properties included; 429001. */
  received(device: DeviceId, message: Message, will?: boolean): Refusal | undefined;
  /** Several in one sending: all of them are taken in or none. One operation to the tier's limits, and at most 256 KB together. */
  receivedBatch(device: DeviceId, messages: readonly Message[]): Refusal | undefined;

  /**
   * A message for the identity its `to` names. 400003 without a usable `to`, 404001 unknown device, 403004 when 50 wait, 413001 above 64 KB,
   * 403009 for an expiry in the past or beyond two days, 400004 for a message id longer than 128 characters, 429001.
   */
  send(message: Message): Refusal | undefined;
  /** The next message that is neither locked nor expired, now locked for its receiver. @param lockFor @default 60 s */
  receive(device: DeviceId, lockFor?: Millis): Delivery | undefined;
  /** 412002 when the lock is not held any more. */
  complete(device: DeviceId, lockToken: string): Refusal | undefined;
  reject(device: DeviceId, lockToken: string): Refusal | undefined;
  /** Back to its place in the queue; after the last delivery that is allowed it ends as `delivery-count`. */
  abandon(device: DeviceId, lockToken: string): Refusal | undefined;
  /** Back to its place without counting: the receiver is gone before it could settle. Unknown locks are passed over. */
  release(device: DeviceId, lockToken: string): void;
  /** Gives how many were purged. */
  purge(device: DeviceId): number;
  /** cloudToDeviceMessageCount. */
  count(device: DeviceId): number;
  /** The identity is gone: so are its messages, without feedback. */
  forget(device: DeviceId): void;

  readonly feedback: {
    /** The next batch, locked for 60 s. Records are batched by 64 or 15 s. */
    receive(): FeedbackBatch | undefined;
    complete(lockToken: string): Refusal | undefined;
    abandon(lockToken: string): Refusal | undefined;
    /** Runs whenever a batch is there to be received; gives the way to stop. */
    observe(available: () => void): () => void;
  };
  stop(): void;
}

export { openMessages } from './open-messages.ts';

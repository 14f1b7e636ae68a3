// A cloud-to-device message waits in its identity's queue until it is taken, given up or expired; it
// is written to the store before its sender hears that it was taken in, and leaves it in the same step in which its feedback enters.
import type { Clock } from '../../clock/clock.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import type { DeviceId } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { type Millis, minutes, seconds } from '../../vocabulary/units.ts';
import type { Connections } from '../connections/connections.ts';
import type { FaultInjection } from '../fault-injection/fault-injection.ts';
import { excerptOf } from '../methods/invocation.ts';
import { notFound } from '../registry/not-found.ts';
import type { Identity } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import type { Throttling } from '../throttling/throttling.ts';
import { addresseesOf } from './addressee.ts';
import { type End, mostDeliveries, recordOf } from './ends.ts';
import { openFeedback } from './feedback.ts';
import { newLockToken } from './lock-token.ts';
import type { Delivery, Message, Messages } from './messages.ts';
import { keptId, keptText, type Queued, queuedFrom } from './queued.ts';
import { largestCommand, shownProperties, sizeOf } from './sizes.ts';
import { takeTelemetry } from './telemetry.ts';

/** Reference 4.6, 8: what a hub begins with. */
export const messageLimits = Object.freeze({
  lock: seconds(60),
  timeToLive: minutes(60),
  longestTimeToLive: minutes(2 * 24 * 60),
  deliveries: mostDeliveries,
  /** For one identity, those in a receiver's hands among them. */
  waiting: 50,
  messageIdLength: 128,
});

const sequenceSetting = 'last-message';
/** After a store that could not be written (a full disk) refused what a timer began. */
const retryAfter: Millis = seconds(60);

export interface MessagesOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly store: Store;
  readonly randomBytes: (count: number) => Buffer;
  readonly find: (id: string) => Identity | undefined;
  readonly connections: Pick<Connections, 'find'>;
  readonly throttling: Pick<Throttling, 'take'>;
  /** Left out, no message is a command. */
  readonly injection?: Pick<FaultInjection, 'heard'> | undefined;
}

export function openMessages(options: MessagesOptions): Messages {
  const { clock, emit, store, randomBytes, find, connections, throttling, injection } = options;
  /** Oldest first; an identity without messages has no queue. */
  const queues = new Map<DeviceId, Queued[]>();
  const telemetry = takeTelemetry({ clock, emit, throttling, injection });
  const feedback = openFeedback({ clock, store, randomBytes });
  /** Never given twice, a restart between or not. */
  let lastSequence = Number(store.setting(sequenceSetting) ?? 0);

  for (const { id, json } of store.documents('message')) {
    const queued = queuedFrom(json);
    // An identity that went with the process between its own end and that of its messages.
    if (find(queued.device)?.generationId !== queued.generation) store.dropDocument('message', id);
    else put(queued);
  }

  function put(queued: Queued): void {
    const queue = queues.get(queued.device);
    if (queue === undefined) queues.set(queued.device, [queued]);
    else queue.push(queued);
    expireIn(queued, Math.max(0, queued.expiresAt - clock.now()));
  }

  function expireIn(queued: Queued, ms: Millis): void {
    queued.cancelExpiry = clock.after(ms, () => {
      // In a receiver's hands it lives on until the lock ends: it may be settled as if it had been in time.
      if (queued.lock !== undefined) return;
      try {
        end(queued, 'expired');
      } catch {
        expireIn(queued, retryAfter);
      }
    });
  }

  function take(queued: Queued): void {
    queued.cancelExpiry();
    queued.lock?.cancel();
    queued.lock = undefined;
    const left = queues.get(queued.device)?.filter((other) => other !== queued) ?? [];
    if (left.length === 0) queues.delete(queued.device);
    else queues.set(queued.device, left);
  }

  /** The store first: what it refuses has not happened. */
  function end(queued: Queued, outcome: End): void {
    const { device, sequence } = queued;
    store.transaction(() => {
      store.dropDocument('message', keptId(sequence));
      const record = recordOf(queued, outcome, clock.now());
      if (record !== undefined) feedback.add(record);
      store.whenKept(() => {
        take(queued);
        emit({ type: 'message.settled', at: clock.now(), device, sequence, outcome });
      });
    });
  }

  const isExpired = ({ expiresAt }: Queued): boolean => expiresAt <= clock.now();
  const isHeld = ({ lock }: Queued): boolean => lock !== undefined && lock.until > clock.now();

  function tell(device: DeviceId): void {
    const connection = connections.find(device);
    if (connection?.listensForMessages) connection.messageWaiting();
  }

  /** Its receiver does not have it any more: back to its place, or out of the queue when its time is over. */
  function free(queued: Queued): void {
    queued.lock?.cancel();
    queued.lock = undefined;
    if (isExpired(queued)) end(queued, 'expired');
    // An expired one makes room as well: its receiver may have waited for that.
    tell(queued.device);
  }

  function lapse(queued: Queued, token: string): void {
    if (queued.lock?.token !== token) return;
    try {
      free(queued);
    } catch {
      expireIn(queued, retryAfter);
    }
  }

  const heldBy = (device: DeviceId, lockToken: string): Queued | undefined =>
    queues.get(device)?.find((queued) => queued.lock?.token === lockToken.toLowerCase() && isHeld(queued));

  function settle(device: DeviceId, lockToken: string, outcome: End): Refusal | undefined {
    const queued = heldBy(device, lockToken);
    if (queued === undefined) return lockLost(device, lockToken);
    end(queued, outcome);
    return undefined;
  }

  function addressee({ system: { to } }: Message): readonly [DeviceId, Identity] | Refusal {
    const [likely, ...others] = addresseesOf(to);
    if (likely === undefined) {
      const text = `to: '${(to ?? '').slice(0, 200)}' names no device; it must be /devices/{deviceId}/messages/devicebound.`;
      return refuse('InvalidOperation', text);
    }
    for (const id of [likely, ...others]) {
      const identity = find(id);
      if (identity !== undefined) return [id, identity];
    }
    return notFound(likely, find);
  }

  function checked(message: Message): Refusal | undefined {
    const { messageId = '', expiresAt } = message.system;
    const bytes = sizeOf(message);
    if (bytes > largestCommand) {
      const text = `The message has ${bytes} bytes with its properties; at most ${largestCommand} are allowed.`;
      return refuse('MessageTooLarge', text);
    }
    if (messageId.length > messageLimits.messageIdLength) {
      const text = `messageId: has ${messageId.length} characters; at most ${messageLimits.messageIdLength} are allowed.`;
      return refuse('ArgumentInvalid', text);
    }
    if (expiresAt === undefined) return undefined;
    const left = expiresAt - clock.now();
    return left > 0 && left <= messageLimits.longestTimeToLive
      ? undefined
      : refuse(
          'InvalidMessageExpiryTime',
          `absolute-expiry-time: ${new Date(expiresAt).toISOString()} must lie within two days from now.`,
        );
  }

  return {
    ...telemetry,

    send(message) {
      const found = addressee(message);
      if (found instanceof Refusal) return found;
      const [device, { generationId }] = found;
      const problem = checked(message);
      if (problem !== undefined) return problem;
      if ((queues.get(device)?.length ?? 0) >= messageLimits.waiting) {
        const text = `Device '${device}' has ${messageLimits.waiting} messages waiting; more are not allowed.`;
        return refuse('DeviceMaximumQueueDepthExceeded', text);
      }
      const throttled = throttling.take('cloud-to-device sends', 1, device, sizeOf(message));
      if (throttled !== undefined) return throttled;
      const at = clock.now();
      const queued: Queued = {
        device,
        generation: generationId,
        sequence: lastSequence + 1,
        message,
        enqueuedAt: at,
        expiresAt: message.system.expiresAt ?? at + messageLimits.timeToLive,
        abandoned: 0,
        lock: undefined,
        cancelExpiry: () => {},
      };
      store.transaction(() => {
        store.keepDocument('message', keptId(queued.sequence), keptText(queued));
        store.keepSetting(sequenceSetting, String(queued.sequence));
      });
      lastSequence = queued.sequence;
      put(queued);
      const { messageId } = message.system;
      const properties = shownProperties(message);
      emit({
        type: 'message.queued',
        at,
        device,
        sequence: queued.sequence,
        body: excerptOf(message.body),
        ...(messageId === undefined ? undefined : { messageId }),
        ...(properties === undefined ? undefined : { properties }),
      });
      tell(device);
      return undefined;
    },

    receive(device, lockFor = messageLimits.lock): Delivery | undefined {
      for (const queued of [...(queues.get(device) ?? [])]) {
        if (isHeld(queued)) continue;
        if (isExpired(queued)) {
          end(queued, 'expired');
          continue;
        }
        const { message, sequence, enqueuedAt, abandoned } = queued;
        const lockToken = newLockToken(randomBytes);
        queued.lock?.cancel();
        const at = clock.now();
        const cancel = clock.after(lockFor, () => lapse(queued, lockToken));
        queued.lock = { token: lockToken, until: at + lockFor, cancel };
        const deliveryCount = abandoned + 1;
        emit({ type: 'message.delivered', at, device, sequence, deliveryCount });
        return { message, lockToken, sequence, enqueuedAt, deliveryCount };
      }
      return undefined;
    },

    complete: (device, lockToken) => settle(device, lockToken, 'completed'),
    reject: (device, lockToken) => settle(device, lockToken, 'rejected'),

    abandon(device, lockToken) {
      const queued = heldBy(device, lockToken);
      if (queued === undefined) return lockLost(device, lockToken);
      const { sequence } = queued;
      const abandoned = queued.abandoned + 1;
      if (abandoned >= messageLimits.deliveries) {
        end(queued, 'delivery-count');
        return undefined;
      }
      store.keepDocument('message', keptId(sequence), keptText({ ...queued, abandoned }));
      queued.abandoned = abandoned;
      emit({ type: 'message.settled', at: clock.now(), device, sequence, outcome: 'abandoned' });
      free(queued);
      return undefined;
    },

    release(device, lockToken) {
      const queued = heldBy(device, lockToken);
      if (queued !== undefined) free(queued);
    },

    purge(device) {
      const queue = queues.get(device) ?? [];
      store.transaction(() => {
        for (const queued of queue) end(queued, 'purged');
      });
      return queue.length;
    },

    count: (device) => queues.get(device)?.length ?? 0,

    forget(device) {
      const queue = queues.get(device) ?? [];
      store.transaction(() => {
        for (const { sequence } of queue) store.dropDocument('message', keptId(sequence));
      });
      for (const queued of queue) take(queued);
    },

    feedback: feedback.queue,

    stop() {
      feedback.stop();
      for (const queued of [...queues.values()].flat()) {
        queued.cancelExpiry();
        queued.lock?.cancel();
      }
    },
  };
}

const lockLost = (device: DeviceId, lockToken: string): Refusal =>
  refuse('DeviceMessageLockLost', `Device '${device}' holds no message locked with '${lockToken.slice(0, 80)}'.`);

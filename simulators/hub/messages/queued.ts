// A cloud-to-device message in its queue, and the JSON text it is kept as. Its place and its count are kept; a lock ends with the process.
import type { Cancel } from '../../clock/clock.ts';
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { Message, SystemProperties } from './messages.ts';

/** Who has a message now. */
export interface Lock {
  readonly token: string;
  readonly until: Instant;
  /** Takes the end of the lock back. */
  readonly cancel: Cancel;
}

export interface Queued {
  readonly device: DeviceId;
  /** Of the identity that was meant: one of the same name that is created later is another. */
  readonly generation: string;
  readonly sequence: number;
  readonly message: Message;
  readonly enqueuedAt: Instant;
  readonly expiresAt: Instant;
  /** How often a receiver gave it back. */
  abandoned: number;
  lock: Lock | undefined;
  /** Takes back what happens at its expiry. */
  cancelExpiry: Cancel;
}

/** Ids in the store sort as their numbers do. */
export const keptId = (sequence: number): string => String(sequence).padStart(16, '0');

interface Kept extends Pick<Queued, 'device' | 'generation' | 'sequence' | 'enqueuedAt' | 'expiresAt' | 'abandoned'> {
  /** base64 */
  readonly body: string;
  readonly system: SystemProperties;
  readonly application: Readonly<Record<string, string>>;
}

export function keptText({ message, ...queued }: Queued): string {
  const { device, generation, sequence, enqueuedAt, expiresAt, abandoned } = queued;
  const { system, application } = message;
  const body = message.body.toString('base64');
  const kept: Kept = { device, generation, sequence, enqueuedAt, expiresAt, abandoned, system, application, body };
  return JSON.stringify(kept);
}

export function queuedFrom(json: string): Queued {
  const { body, system, application, ...kept } = JSON.parse(json) as Kept;
  const message = { body: Buffer.from(body, 'base64'), system, application };
  return { ...kept, message, lock: undefined, cancelExpiry: () => {} };
}

// The limits of a tier (reference section 8): off by default, switchable while the hub runs. Whoever does an operation asks first.
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { Refusal } from '../../vocabulary/service-errors.ts';

/** What is counted apart. Amounts are operations, for `methods` bytes of payload. */
export const throttleKinds = [
  'registry',
  'connections',
  'telemetry',
  'cloud-to-device sends',
  'cloud-to-device receives',
  'methods',
  'queries',
  'twin reads',
  'twin updates',
  'jobs',
  'job devices',
  'configurations',
] as const;
export type ThrottleKind = (typeof throttleKinds)[number];

export type Tier = 'F1' | 'S1' | 'S2' | 'S3';
/** `off` limits nothing. */
export type Throttle = { readonly tier: 'off' } | { readonly tier: Tier; readonly units: number };

/** What is used of one limit now. */
export interface Usage {
  readonly kind: ThrottleKind;
  /** Per second; null when nothing limits it. */
  readonly limit: number | null;
  /** In the last second. */
  readonly used: number;
  readonly refused: number;
}

export interface Throttling {
  readonly throttle: Throttle;
  /** Throws LabError input.invalid for units the tier does not have. */
  set(throttle: Throttle): void;
  /**
   * Undefined when there is room; else 429001 for the caller to answer with (403002 when the day's messages are used up), and a fact
   * `throttle.hit`.
   * @param amount of operations, for `methods` of bytes, rounded up to the meter of 4 KB. @default 1
   * @param bytes what the operation counts with against the messages of a day; without it one message.
   */
  take(kind: ThrottleKind, amount?: number, device?: DeviceId, bytes?: number): Refusal | undefined;
  /** For slow work that waits rather than fails (jobs): how many of `wanted` may go now; they are taken. */
  takeUpTo(kind: ThrottleKind, wanted: number): number;
  usage(): readonly Usage[];
  /** The messages of this day (UTC), and how many it may have; null while nothing is limited, and then none are counted. */
  messagesToday(): { readonly used: number; readonly limit: number | null };
}

export { openThrottling } from './open-throttling.ts';

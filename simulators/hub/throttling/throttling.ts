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
  /** Undefined when there is room; else 429001 for the caller to answer with, and a fact `throttle.hit`. */
  take(kind: ThrottleKind, amount?: number, device?: DeviceId): Refusal | undefined;
  /** For slow work that waits rather than fails (jobs): how many of `wanted` may go now; they are taken. */
  takeUpTo(kind: ThrottleKind, wanted: number): number;
  usage(): readonly Usage[];
}

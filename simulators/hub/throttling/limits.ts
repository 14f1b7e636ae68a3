// What each tier allows (reference section 8), as one table: rates per second for a hub of `units`, messages a day, and the range of units.
import { LabError } from '../../vocabulary/errors.ts';
import { kilobytes } from '../../vocabulary/units.ts';
import type { Throttle, ThrottleKind, Tier } from './throttling.ts';

/** Something per second, and how many seconds' worth may come at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burstSeconds: number;
}

export interface TierLimits {
  readonly rates: Readonly<Record<ThrottleKind, Rate>>;
  readonly messagesADay: number;
  /** Bytes that count as one message of the day. */
  readonly meter: number;
}

/** A limit that the service states per minute may be used up at once; of one per second, five seconds' worth. */
const burstOf = { minute: 60, second: 5 } as const;

const perMinute = (count: number): Rate => ({ perSecond: count / 60, burstSeconds: burstOf.minute });
const perSecond = (count: number): Rate => ({ perSecond: count, burstSeconds: burstOf.second });

/** Methods are metered in steps of 4 KB on every tier. */
export const methodMeter = kilobytes(4);

const most: Readonly<Record<Tier, number>> = { F1: 1, S1: 200, S2: 200, S3: 10 };

export function tierLimits(tier: Tier, units: number): TierLimits {
  // F1 has the rates of S1.
  const rate = tier === 'F1' ? 'S1' : tier;
  const pick = (ofS1: number, ofS2: number, ofS3: number): number => ({ S1: ofS1, S2: ofS2, S3: ofS3 })[rate];
  const minutely = (ofS1AndS2: number, ofS3: number): Rate => perMinute(pick(ofS1AndS2, ofS1AndS2, ofS3) * units);
  const sends = perSecond(pick(Math.max(100, 12 * units), 120 * units, 6_000 * units));
  return {
    meter: tier === 'F1' ? 512 : kilobytes(4),
    messagesADay: { F1: 8_000, S1: 400_000, S2: 6_000_000, S3: 300_000_000 }[tier] * units,
    rates: {
      registry: minutely(100, 5_000),
      connections: sends,
      telemetry: sends,
      'cloud-to-device sends': minutely(100, 5_000),
      'cloud-to-device receives': minutely(1_000, 50_000),
      methods: perSecond(pick(kilobytes(160), kilobytes(480), kilobytes(24 * 1_024)) * units),
      queries: minutely(20, 1_000),
      'twin reads': perSecond(pick(100, Math.max(100, 10 * units), 500 * units)),
      'twin updates': perSecond(pick(50, Math.max(50, 5 * units), 250 * units)),
      jobs: minutely(100, 5_000),
      'job devices': perSecond(pick(10, Math.max(10, units), 50 * units)),
      configurations: minutely(20, 20),
    },
  };
}

/** Throws LabError input.invalid. Also for what comes from outside without types. */
export function checkThrottle(throttle: Throttle): void {
  if (throttle.tier === 'off') return;
  const { tier, units } = throttle;
  const limit = Object.hasOwn(most, tier) ? most[tier] : undefined;
  if (limit === undefined) {
    throw new LabError('input.invalid', `tier: '${String(tier).slice(0, 40)}' is not one of off, F1, S1, S2, S3`);
  }
  if (!Number.isInteger(units) || units < 1 || units > limit) {
    throw new LabError(
      'input.invalid',
      `units: ${String(units).slice(0, 40)} must be a whole number within [1; ${limit}] for ${tier}`,
    );
  }
}

// Holds the rates of a tier. The service shapes traffic: a burst is served, what goes on above the rate waits in a queue, and is refused when that
// is full. Here a burst is served out of a bucket (limits.ts says how many seconds' worth it holds), and what finds it empty is refused at once,
// with 429001; nothing is held back, so a caller sees either its usual latency or a refusal.
import type { Clock } from '../../clock/clock.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import { refuse } from '../../vocabulary/service-errors.ts';
import { kilobytes } from '../../vocabulary/units.ts';
import { Bucket } from './bucket.ts';
import { checkThrottle, methodMeter, type TierLimits, tierLimits } from './limits.ts';
import { type Throttle, type ThrottleKind, type Throttling, throttleKinds } from './throttling.ts';

export interface ThrottlingOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  /** @default off */
  readonly throttle?: Throttle | undefined;
}

/** What counts as messages of the day; the registry, jobs and connections are free (reference 8). */
const metered: ReadonlySet<ThrottleKind> = new Set<ThrottleKind>([
  'telemetry',
  'cloud-to-device sends',
  'methods',
  'queries',
  'twin reads',
  'twin updates',
  'job devices',
]);
/** The largest payload of a method. */
const largestMethod = kilobytes(128);
const dayLength = 86_400_000;

interface Limited {
  readonly limits: TierLimits;
  readonly buckets: Readonly<Record<ThrottleKind, Bucket>>;
}

/** Throws LabError input.invalid for units the tier does not have. */
export function openThrottling({ clock, emit, throttle: first = { tier: 'off' } }: ThrottlingOptions): Throttling {
  let throttle: Throttle = { tier: 'off' };
  /** Undefined while off: then an operation costs one branch. */
  let limited: Limited | undefined;
  let day = dayOf();
  let usedToday = 0;

  function dayOf(): number {
    return Math.floor(clock.now() / dayLength);
  }

  function turnDay(): void {
    const today = dayOf();
    if (today === day) return;
    day = today;
    usedToday = 0;
  }

  function set(asked: Throttle): void {
    checkThrottle(asked);
    if (asked.tier === 'off') {
      limited = undefined;
      throttle = { tier: 'off' };
      return;
    }
    const { tier, units } = asked;
    const limits = tierLimits(tier, units);
    const now = clock.now();
    const buckets = Object.fromEntries(
      throttleKinds.map((kind) => [
        kind,
        new Bucket(limits.rates[kind], now, kind === 'methods' ? largestMethod : undefined),
      ]),
    ) as Record<ThrottleKind, Bucket>;
    limited = { limits, buckets };
    throttle = { tier, units };
  }
  set(first);

  return {
    get throttle() {
      return throttle;
    },
    set,

    take(kind, amount = 1, device, bytes) {
      if (limited === undefined) return undefined;
      const { limits, buckets } = limited;
      const bucket = buckets[kind];
      const now = clock.now();
      const wanted = kind === 'methods' ? Math.max(1, Math.ceil(amount / methodMeter)) * methodMeter : amount;
      const who = device === undefined ? undefined : { device };
      if (bucket.room(now) < wanted) {
        bucket.refused += 1;
        emit({ type: 'throttle.hit', at: now, kind, ...who });
        const unit = kind === 'methods' ? 'bytes' : 'operations';
        const rate = `${Number(bucket.perSecond.toFixed(2))} ${unit} a second`;
        return refuse('ThrottlingException', `Too many requests: this hub allows ${rate} for ${kind}.`);
      }
      if (metered.has(kind)) {
        turnDay();
        const size = kind === 'methods' ? amount : bytes;
        const messages = size === undefined ? wanted : Math.max(1, Math.ceil(size / limits.meter));
        if (usedToday + messages > limits.messagesADay) {
          bucket.refused += 1;
          emit({ type: 'throttle.hit', at: now, kind: 'messages a day', ...who });
          const until = new Date((day + 1) * dayLength).toISOString();
          const text = `The ${limits.messagesADay} messages this hub may have a day are used up until ${until}.`;
          return refuse('IotHubQuotaExceeded', text);
        }
        usedToday += messages;
      }
      bucket.take(wanted, now);
      return undefined;
    },

    takeUpTo(kind, wanted) {
      if (limited === undefined) return wanted;
      const bucket = limited.buckets[kind];
      const now = clock.now();
      let count = Math.min(wanted, Math.floor(bucket.room(now)));
      if (metered.has(kind)) {
        turnDay();
        // A day that was counted under a larger tier may hold more than this one allows.
        count = Math.max(0, Math.min(count, limited.limits.messagesADay - usedToday));
        usedToday += count;
      }
      if (count > 0) bucket.take(count, now);
      return count;
    },

    usage() {
      const now = clock.now();
      return throttleKinds.map((kind) => {
        const bucket = limited?.buckets[kind];
        return bucket === undefined
          ? { kind, limit: null, used: 0, refused: 0 }
          : { kind, limit: bucket.perSecond, used: bucket.used(now), refused: bucket.refused };
      });
    },

    messagesToday() {
      if (limited === undefined) return { used: 0, limit: null };
      turnDay();
      return { used: usedToday, limit: limited.limits.messagesADay };
    },
  };
}

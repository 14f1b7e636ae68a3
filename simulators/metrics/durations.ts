// Durations as histograms: percentiles over the last minute, exact to three digits, merged from slices and never averaged.
import { build, type Histogram } from 'hdr-histogram-js';
import type { Instant, Millis } from '../vocabulary/units.ts';

export interface Percentiles {
  readonly p50: Millis | null;
  readonly p95: Millis | null;
  readonly p99: Millis | null;
}

/** Recorded in whole microseconds, up to 700 s: two timeouts of 300 s and some. */
const microseconds = 1_000;
const longest = 700_000_000;
const histogram = (): Histogram =>
  build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: longest,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });

export function percentilesOf(recorded: Histogram): Percentiles {
  if (recorded.totalCount === 0) return { p50: null, p95: null, p99: null };
  const at = (percent: number): Millis => recorded.getValueAtPercentile(percent) / microseconds;
  return { p50: at(50), p95: at(95), p99: at(99) };
}

/** A plain histogram of durations in ms, for one run. */
export class Durations {
  readonly #recorded = histogram();
  record(duration: Millis): void {
    this.#recorded.recordValue(clamp(duration));
  }
  percentiles(): Percentiles {
    return percentilesOf(this.#recorded);
  }
}

const slices = 12;
const sliceLength: Millis = 5_000;

/** Percentiles over the last 60 s: a ring of five-second slices. */
export class RecentDurations {
  readonly #ring = Array.from({ length: slices }, () => ({ recorded: histogram(), number: -1 }));

  record(at: Instant, duration: Millis): void {
    const number = Math.floor(at / sliceLength);
    const slice = this.#ring[number % slices] as { recorded: Histogram; number: number };
    if (slice.number > number) return; // older than the ring reaches back
    if (slice.number !== number) {
      slice.recorded.reset();
      slice.number = number;
    }
    slice.recorded.recordValue(clamp(duration));
  }

  percentiles(now: Instant): Percentiles {
    const oldest = Math.floor(now / sliceLength) - slices + 1;
    const merged = histogram();
    for (const slice of this.#ring)
      if (slice.number >= oldest && slice.recorded.totalCount > 0) merged.add(slice.recorded);
    return percentilesOf(merged);
  }
}

const clamp = (duration: Millis): number => Math.min(longest, Math.max(1, Math.round(duration * microseconds)));

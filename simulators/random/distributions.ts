// A length of time drawn from a distribution, in whole milliseconds so that real and virtual clocks see the same.
import type { Distribution } from '../vocabulary/specs.ts';
import type { Millis } from '../vocabulary/units.ts';
import type { Random } from './random.ts';

/** No single draw is longer than an hour: a log-normal tail is drawn again rather than piled up at the limit. */
const longest: Millis = 3_600_000;
const redraws = 8;

const draws: {
  [Kind in Distribution['kind']]: (spec: Extract<Distribution, { kind: Kind }>, random: Random) => number;
} = {
  fixed: (spec) => spec.ms,
  uniform: (spec, random) => spec.low + (spec.high - spec.low) * random.next(),
  'log-normal': (spec, random) => {
    for (let tries = 0; tries < redraws; tries++) {
      const length = spec.median * Math.exp(spec.sigma * normal(random));
      if (length <= longest) return length;
    }
    return longest;
  },
};

export function draw(spec: Distribution, random: Random): Millis {
  const one = draws[spec.kind] as (spec: Distribution, random: Random) => number;
  return Math.round(one(spec, random));
}

/** A standard normal draw (Box-Muller, one of the pair). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

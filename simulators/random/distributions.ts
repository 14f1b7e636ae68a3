// A length of time drawn from a distribution, in whole milliseconds so that real and virtual clocks see the same.
import { type Distribution, longestDelay } from '../vocabulary/distribution-specs.ts';
import type { Millis } from '../vocabulary/units.ts';
import type { Random } from './random.ts';

/** Tails that leave the range are drawn again rather than piled up at its end; given up only where hardly any draw is in it. */
const redraws = 64;

type Draw<Spec> = (spec: Spec, random: Random, turn: number) => number;
const draws: { [Kind in Distribution['kind']]: Draw<Extract<Distribution, { kind: Kind }>> } = {
  fixed: (spec) => spec.ms,
  uniform: (spec, random) => spec.low + (spec.high - spec.low) * random.next(),
  normal: (spec, random) => inRange(() => spec.mean + spec.deviation * standardNormal(random)),
  'log-normal': (spec, random) => inRange(() => spec.median * Math.exp(spec.sigma * standardNormal(random))),
  pareto: (spec, random) => inRange(() => spec.least * (1 - random.next()) ** (-1 / spec.shape)),
  spike: (spec, random) => (random.next() < spec.probability ? spec.spike : spec.base),
  replay: ({ samples, order }, random, turn) => {
    const place = order === 'recorded' ? turn % samples.length : Math.floor(random.next() * samples.length);
    return samples[place] as number;
  },
};

/** @param turn how many were drawn before: what was recorded is replayed in its order. */
export function draw(spec: Distribution, random: Random, turn = 0): Millis {
  const one = draws[spec.kind] as Draw<Distribution>;
  return Math.round(one(spec, random, turn));
}

/** Draws for many, each with chance and turns of its own. `randomOf` gives the same generator for the same one each time. */
export function drawing<Who>(spec: Distribution, randomOf: (who: Who) => Random): (who: Who) => Millis {
  if (spec.kind !== 'replay' || spec.order !== 'recorded') return (who) => draw(spec, randomOf(who));
  // By generator: whoever is forgotten takes the turn along.
  const turns = new WeakMap<Random, number>();
  return (who) => {
    const random = randomOf(who);
    const turn = turns.get(random) ?? 0;
    turns.set(random, turn + 1);
    return draw(spec, random, turn);
  };
}

function inRange(once: () => number): number {
  let length = 0;
  for (let tries = 0; tries < redraws; tries++) {
    length = once();
    if (length >= 0 && length <= longestDelay) return length;
  }
  return Math.min(Math.max(length, 0), longestDelay);
}

/** Box-Muller, one of the pair. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

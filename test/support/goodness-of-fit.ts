// How well samples fit the distribution they claim to come from, as a p-value: below 0.01 hardly ever happens to honest ones.

/** Kolmogorov-Smirnov of one sample, with Stephens' correction for its size (Numerical Recipes 14.3); `cdf` is continuous. */
export function kolmogorovSmirnov(samples: readonly number[], cdf: (x: number) => number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  const n = sorted.length;
  let distance = 0;
  sorted.forEach((x, index) => {
    const expected = cdf(x);
    distance = Math.max(distance, expected - index / n, (index + 1) / n - expected);
  });
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  let p = 0;
  for (let k = 1; k <= 100; k++) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, p));
}

/** Pearson's chi-square of counts against their expectations; p by Wilson and Hilferty's approximation, good from three classes on. */
export function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  const square = counts.reduce((sum, count, index) => {
    const mean = expected[index] as number;
    return sum + (count - mean) ** 2 / mean;
  }, 0);
  const freedom = counts.length - 1;
  const spread = 2 / (9 * freedom);
  return 1 - normalCdf((Math.cbrt(square / freedom) - (1 - spread)) / Math.sqrt(spread));
}

/** Of `hits` in `n` draws with this probability, both sides, by the normal approximation: for n p (1 - p) well above 10. */
export function binomial(hits: number, n: number, probability: number): number {
  const z = Math.abs(hits - n * probability) / Math.sqrt(n * probability * (1 - probability));
  return 2 * (1 - normalCdf(z));
}

/** The standard normal's, to 1.2e-7 (Numerical Recipes, erfcc). */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ].reduceRight((sum, factor) => sum * t + factor, 0);
  const tail = (t * Math.exp(-x * x + series)) / 2;
  return z > 0 ? 1 - tail : tail;
}

// How long something takes, as a user writes it: one of seven distributions. Lengths are milliseconds.
import { z } from 'zod';

/** An hour: no single wait is longer (random/distributions.ts draws again what falls beyond). */
export const longestDelay = 3_600_000;

export const millisField = (what: string, least = 0, most = longestDelay) =>
  z
    .number({ error: `${what}: expected a number of milliseconds` })
    .min(least, `${what}: at least ${least} ms`)
    .max(most, `${what}: at most ${most} ms`);
const aboveZero = (what: string) => millisField(what).refine((ms) => ms > 0, `${what}: above 0 ms`);

export const distributionSchema = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('fixed'), ms: millisField('ms').describe('Every time, ms.') })
      .meta({ title: 'fixed', description: 'The same every time.' }),
    z
      .strictObject({
        kind: z.literal('uniform'),
        low: millisField('low').describe('The shortest, ms.'),
        high: millisField('high').describe('The longest, ms.'),
      })
      .refine((spec) => spec.low <= spec.high, 'low: must not be above high')
      .meta({ title: 'uniform', description: 'Any length between the two, all equally likely.' }),
    z
      .strictObject({
        kind: z.literal('normal'),
        mean: millisField('mean').describe('Half are shorter, ms.'),
        deviation: millisField('deviation').describe('Two thirds lie within this of the mean, ms.'),
      })
      .meta({ title: 'normal', description: 'A bell around the mean; what would be below 0 is drawn again.' }),
    z
      .strictObject({
        kind: z.literal('log-normal'),
        median: aboveZero('median').describe('Half are shorter, ms.'),
        sigma: z
          .number()
          .min(0, 'sigma: at least 0')
          .max(3, 'sigma: at most 3')
          .describe('Width of the tail (standard deviation of the logarithm), 0 to 3.'),
      })
      .meta({
        title: 'log-normal',
        description: 'What latencies of real systems look like: mostly near the median, with a long tail.',
      }),
    z
      .strictObject({
        kind: z.literal('pareto'),
        least: aboveZero('least').describe('None is shorter, ms.'),
        shape: z
          .number()
          .min(0.5, 'shape: at least 0.5')
          .max(10, 'shape: at most 10')
          .describe('The smaller, the heavier the tail: with 1.16 a fifth of the waits make four fifths of the time.'),
      })
      .meta({ title: 'pareto', description: 'A few waits are very long.' }),
    z
      .strictObject({
        kind: z.literal('spike'),
        base: millisField('base').describe('Usually, ms.'),
        spike: millisField('spike').describe('Now and then, ms.'),
        probability: z
          .number()
          .min(0, 'probability: at least 0')
          .max(1, 'probability: at most 1')
          .describe('How often it is the spike, 0 to 1.'),
      })
      .meta({ title: 'spike', description: 'One length mostly, another now and then.' }),
    z
      .strictObject({
        kind: z.literal('replay'),
        samples: z
          .array(millisField('samples'))
          .min(1, 'samples: at least one')
          .max(100_000, 'samples: at most 100000')
          .describe('Recorded lengths, ms.'),
        order: z
          .enum(['drawn', 'recorded'])
          .default('drawn')
          .describe(
            '`drawn`: any of them, each time; `recorded`: one after the other, from the beginning again after the last.',
          ),
      })
      .meta({ title: 'replay', description: 'Lengths that were measured somewhere, from a file or a list.' }),
  ])
  .meta({ id: 'Distribution', title: 'distribution' });
export type Distribution = z.infer<typeof distributionSchema>;
export type DistributionInput = z.input<typeof distributionSchema>;

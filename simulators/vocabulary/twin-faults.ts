// The faults on twins, by kind: what each is set with. Every kind and field says what it is (fault-specs.ts).
import { z } from 'zod';
import { delay, kind } from './fault-kind.ts';

export const twin = [
  kind(
    'twin.report-lost',
    {
      title: 'Report lost',
      description: "The device's reported properties never reach the twin, and nobody answers.",
      touches: 'report',
    },
    {},
  ),
  kind(
    'twin.report-late',
    { title: 'Report late', description: 'Reported properties reach the twin late.', touches: 'report' },
    { delay },
  ),
  kind(
    'twin.report-rejected',
    { title: 'Report rejected', description: 'The hub refuses reported properties.', touches: 'report' },
    {
      status: z
        .union([z.literal(400), z.literal(413), z.literal(429), z.literal(500), z.literal(503)], {
          error: 'status: 400, 413, 429, 500 or 503',
        })
        .default(400)
        .describe("The hub's status."),
    },
  ),
  kind(
    'twin.get-unanswered',
    { title: 'Twin unanswered', description: 'The device asks for its twin and hears nothing.', touches: 'report' },
    {},
  ),
  kind(
    'twin.wrong-version',
    {
      title: 'Wrong version',
      description:
        'The device acknowledges desired properties with another version than it was given. Needs an acknowledgement policy that names versions.',
      touches: 'report',
    },
    {
      off: z
        .int('off: a whole number')
        .min(-1_000_000)
        .max(1_000_000)
        .refine((off) => off !== 0, 'off: not 0')
        .default(-1)
        .describe('Added to the version.'),
    },
  ),
] as const;

// The faults a user writes: what each kind is set with, whom it touches, and when. The same schemas serve the window's forms, the command line,
// docs/faults.md and the published JSON Schema, so every kind and field says what it is.
import { z } from 'zod';
import { millisField } from './distribution-specs.ts';
import { hub } from './hub-faults.ts';
import { faultNameSchema, fleetNameSchema, identityIdSchema } from './ids.ts';
import { link } from './link-faults.ts';
import { reply } from './reply-faults.ts';
import { twin } from './twin-faults.ts';

export {
  amqpConditions,
  type KillTarget,
  killTargets,
  type ServiceOperation,
  serviceOperations,
} from './hub-faults.ts';

export const faultSettingsSchema = z.discriminatedUnion('kind', [...reply, ...link, ...twin, ...hub]);
export type FaultSettings = z.infer<typeof faultSettingsSchema>;
export type FaultSettingsInput = z.input<typeof faultSettingsSchema>;
export type FaultKind = FaultSettings['kind'];
export type SettingsOf<Kind extends FaultKind> = Extract<FaultSettings, { kind: Kind }>;
export const faultKinds: readonly FaultKind[] = [...reply, ...link, ...twin, ...hub].map(
  (schema) => schema.shape.kind.value,
);
/** Each kind's own schema, for a form or a page of its own. */
export const faultSchemas = Object.fromEntries(
  [...reply, ...link, ...twin, ...hub].map((schema) => [schema.shape.kind.value, schema]),
) as unknown as { readonly [Kind in FaultKind]: z.ZodType<SettingsOf<Kind>> };

const share = z.number().min(0, 'share: at least 0').max(1, 'share: at most 1 (all of them)');

/** Whom a fault touches: all that every given field picks. No field: every device. */
export const targetSchema = z
  .strictObject({
    fleet: fleetNameSchema.optional().describe('Only devices of this fleet.'),
    device: identityIdSchema.optional().describe('Only this device, or device/module.'),
    tags: z
      .string()
      .min(1, 'tags: a condition')
      .max(4_096, 'tags: at most 4096 characters')
      .optional()
      .describe(
        'Only devices whose twin meets this condition of the query language: tags.floor = 3. Looked at again when tags change. Modules and devices of a remote hub meet none.',
      ),
    share: share.default(1).describe('This part of them, 0 to 1, the same devices for the same seed.'),
  })
  .meta({ id: 'Target' });
export type Target = z.infer<typeof targetSchema>;

/** When it strikes: whenever all the given conditions hold. Counted for each device by itself, so that no device changes another's turn. */
export const whenSchema = z
  .strictObject({
    probability: z
      .number()
      .min(0, 'probability: at least 0')
      .max(1, 'probability: at most 1')
      .default(1)
      .describe('Of the times it could strike, this part, drawn each time, 0 to 1.'),
    every: z
      .int('every: a whole number')
      .min(1, 'every: at least 1')
      .max(1_000_000, 'every: at most 1000000')
      .default(1)
      .describe('Only each n-th time, beginning with the n-th.'),
    first: z
      .int('first: a whole number')
      .min(1, 'first: at least 1')
      .max(1_000_000_000, 'first: at most 1000000000')
      .optional()
      .describe('Only the first n times that it strikes.'),
    from: millisField('from', 0, 86_400_000).optional().describe('Not before this long after it was added, ms.'),
    until: millisField('until', 0, 86_400_000).optional().describe('Not from this long after it was added, ms.'),
    after: z
      .strictObject({
        event: z
          .enum(['connected', 'called', 'rebooted', 'desired'])
          .describe(
            '`connected`: the device came online; `called`: a method reached it; `rebooted`: it went dark; `desired`: its desired properties changed.',
          ),
        method: z.string().min(1).max(100).optional().describe('With `called`: only this method.'),
        delay: millisField('delay').default(0).describe('Beginning this long after it, ms.'),
        lasting: millisField('lasting', 1, 86_400_000).describe('For this long, ms.'),
      })
      .optional()
      .describe('Only in a window after something happened to the device.'),
  })
  .refine(({ from = 0, until }) => until === undefined || from < until, 'until: must be after from')
  .meta({ id: 'When' });
export type When = z.infer<typeof whenSchema>;

export const faultSpecSchema = z
  .strictObject({
    name: faultNameSchema,
    settings: faultSettingsSchema,
    on: targetSchema.prefault({}),
    when: whenSchema.prefault({}),
    /** Number its share and its draws are derived from; the lab's own seed when left out. */
    seed: z.int().min(0).max(0xffff_ffff).optional(),
    /** Off, it keeps its place, name and count and touches nothing. */
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'Fault' });
export type FaultSpec = z.infer<typeof faultSpecSchema>;
export type FaultSpecInput = z.input<typeof faultSpecSchema>;

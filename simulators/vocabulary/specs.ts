// The shapes a user writes: fleets, behaviours, faults and distributions. One schema serves the window, the command line and files.
import { z } from 'zod';
import { deviceIdSchema, faultNameSchema, fleetNameSchema } from './ids.ts';

const millisField = (what: string, most = 3_600_000) =>
  z
    .number({ error: `${what}: expected a number of milliseconds` })
    .min(0, `${what}: at least 0 ms`)
    .max(most, `${what}: at most ${most} ms`);

/** How long something takes, drawn afresh each time. All lengths in ms. */
export const distributionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), ms: millisField('ms') }),
  z
    .strictObject({ kind: z.literal('uniform'), low: millisField('low'), high: millisField('high') })
    .refine((spec) => spec.low <= spec.high, 'low: must not be above high'),
  z.strictObject({
    kind: z.literal('log-normal'),
    /** Half of all draws are shorter than this. */
    median: millisField('median').refine((median) => median > 0, 'median: above 0 ms'),
    /** Width of the tail (standard deviation of the logarithm), 0 to 3; 0 makes every draw the median. */
    sigma: z.number().min(0, 'sigma: at least 0').max(3, 'sigma: at most 3'),
  }),
]);
export type Distribution = z.infer<typeof distributionSchema>;

/** What a device does on a direct method. */
export const behaviourSchema = z.discriminatedUnion('kind', [
  /** As the Node article: `reboot` answers 200 'Reboot started', then reports `iothubDM.reboot.lastReboot`, then really reboots. */
  z.strictObject({ kind: z.literal('reboot'), dark: millisField('dark').default(5_000) }),
  /** As the Python article: `rebootDevice` works `work` ms, reports `rebootTime`, then answers 200; any other method 404 'Unknown method'. */
  z.strictObject({
    kind: z.literal('rebootDevice'),
    work: millisField('work').default(20_000),
    dark: millisField('dark').default(5_000),
  }),
  /** Answers every method at once with 200 and the request's own payload. */
  z.strictObject({ kind: z.literal('echo') }),
]);
export type BehaviourSpec = z.infer<typeof behaviourSchema>;
export type BehaviourKind = BehaviourSpec['kind'];

export const reconnectSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('backoff'),
    first: millisField('first').default(500),
    most: millisField('most').default(30_000),
    /** Share of each wait that is drawn at random, 0 to 1: 0.5 waits between half and all of it. */
    jitter: z.number().min(0).max(1).default(0.5),
  }),
  z.strictObject({ kind: z.literal('none') }),
]);
export type ReconnectSpec = z.infer<typeof reconnectSchema>;

export const fleetSpecSchema = z
  .strictObject({
    name: fleetNameSchema,
    count: z
      .int('count: expected a whole number')
      .min(1, 'count: at least 1 device')
      .max(50_000, 'count: at most 50000 devices'),
    /** `{index}` or `{index:0000}` (padded) becomes 1, 2, 3, ...; must hold one when count is above 1. */
    id: z.string().min(1).max(120).default('device-{index:0000}'),
    protocol: z.enum(['mqtt']).default('mqtt'),
    /** TLS also on the local hub, where devices of ours otherwise use its plain loopback listener. A remote hub always gets TLS. */
    tls: z.boolean().default(false),
    behaviour: behaviourSchema.prefault({ kind: 'reboot' }),
    /** New connections a second for the whole fleet; each moves by up to `jitter` of its slot. */
    connect: z
      .strictObject({
        perSecond: z.number().positive().max(100_000).default(200),
        jitter: z.number().min(0).max(1).default(0.5),
      })
      .prefault({}),
    reconnect: reconnectSchema.prefault({ kind: 'backoff' }),
    keepAliveSeconds: z
      .int()
      .min(5, 'keepAliveSeconds: at least 5')
      .max(1_177, 'keepAliveSeconds: at most 1177 (the hub closes at 1767 s)')
      .default(240),
    tokenLifetimeSeconds: z.int().min(60).max(31_536_000).default(3_600),
    tags: z.record(z.string(), z.json()).default({}),
    desired: z.record(z.string(), z.json()).default({}),
  })
  .superRefine((spec, context) => {
    if (spec.count > 1 && !/\{index(:0+)?\}/.test(spec.id)) {
      context.addIssue({
        code: 'custom',
        path: ['id'],
        message: 'id: needs {index} or {index:0000} when there is more than one device',
      });
    }
  });
export type FleetSpec = z.infer<typeof fleetSpecSchema>;
export type FleetSpecInput = z.input<typeof fleetSpecSchema>;

/** Whom a fault touches. No field: every virtual device. `share` picks that part of the others, the same devices for the same seed. */
export const targetSchema = z.strictObject({
  fleet: fleetNameSchema.optional(),
  device: deviceIdSchema.optional(),
  share: z.number().min(0, 'share: at least 0').max(1, 'share: at most 1 (all of them)').default(1),
});
export type Target = z.infer<typeof targetSchema>;

export const faultSettingsSchema = z.discriminatedUnion('kind', [
  /** The reply leaves later than the behaviour sent it, by a draw from `delay`. */
  z.strictObject({ kind: z.literal('reply.delay'), delay: distributionSchema }),
  /** The method is executed, the reply never leaves: the caller gets 504 after its response timeout. */
  z.strictObject({ kind: z.literal('reply.never') }),
]);
export type FaultSettings = z.infer<typeof faultSettingsSchema>;
export type FaultKind = FaultSettings['kind'];

export const faultSpecSchema = z.strictObject({
  name: faultNameSchema,
  settings: faultSettingsSchema,
  on: targetSchema.prefault({}),
  /** Number its share and its draws are derived from; the lab's own seed when left out. */
  seed: z.int().min(0).max(0xffff_ffff).optional(),
});
export type FaultSpec = z.infer<typeof faultSpecSchema>;
export type FaultSpecInput = z.input<typeof faultSpecSchema>;

/** A zod error as one sentence a field: `faults.slow.share: at most 1 (all of them)`. */
export function problemsOf(error: z.ZodError, path = ''): string[] {
  return error.issues.map((issue) => {
    const where = [path, ...issue.path.map(String)].filter(Boolean).join('.');
    // A message may open with its own field's name; the whole path says it better.
    const field = `${String(issue.path.at(-1) ?? '')}: `;
    const said = issue.message.startsWith(field) ? issue.message.slice(field.length) : issue.message;
    return where === '' ? issue.message : `${where}: ${said}`;
  });
}

// What a device does on a direct method and with desired properties, as a user writes it. Like the faults' schemas (fault-specs.ts) these serve
// forms, command line, docs and JSON Schema, so every kind and field says what it is.
import { z } from 'zod';
import { millisField } from './distribution-specs.ts';

const dark = (usual: number) =>
  millisField('dark')
    .default(usual)
    .describe('How long the device stays dark, ms. Where the article only pretends, 0 does, too.');
const kind = <Kind extends string, Shape extends z.ZodRawShape>(
  name: Kind,
  about: { readonly title: string; readonly description: string; readonly methods: readonly string[] | 'any' },
  shape: Shape,
) => z.strictObject({ kind: z.literal(name), ...shape }).meta({ id: `behaviour.${name}`, ...about });

const probability = (what: string) => z.number().min(0, `${what}: at least 0`).max(1, `${what}: at most 1`);

/** Those that can stand beside others in `several`. */
const simple = [
  kind(
    'reboot',
    {
      title: 'Reboot (Node article)',
      description: "Answers 200 'Reboot started' at once, reports `iothubDM.reboot.lastReboot`, then really reboots.",
      methods: ['reboot'],
    },
    { dark: dark(5_000) },
  ),
  kind(
    'rebootDevice',
    {
      title: 'Reboot (Python article)',
      description: 'Works, reports `rebootTime`, and answers only then; with `dark` above 0 it then really goes dark.',
      methods: ['rebootDevice'],
    },
    {
      work: millisField('work').default(20_000).describe('How long it works, ms.'),
      dark: dark(5_000),
    },
  ),
  kind(
    'rebootDotnet',
    {
      title: 'Reboot (.NET article)',
      description: "Answers 200 {result: 'Reboot started.'} at once and reports nothing; then really goes dark.",
      methods: ['reboot'],
    },
    { dark: dark(5_000) },
  ),
  kind(
    'rebootJava',
    {
      title: 'Reboot (Java article)',
      description: "Answers every method with 200 and the request's own payload; after `reboot` it really goes dark.",
      methods: 'any',
    },
    { dark: dark(5_000) },
  ),
  kind(
    'factoryReset',
    {
      title: 'Factory reset',
      description:
        'Answers 200, clears its reported properties, goes dark, and comes back with a new identity section in them.',
      methods: ['factoryReset'],
    },
    { dark: dark(10_000) },
  ),
  kind(
    'firmwareUpdate',
    {
      title: 'Firmware update',
      description:
        'Answers 202, then downloads, applies, reboots and is done; each phase is reported with its progress. Some fail.',
      methods: ['firmwareUpdate'],
    },
    {
      download: millisField('download').default(8_000).describe('How long the download takes, ms.'),
      apply: millisField('apply').default(4_000).describe('How long applying takes, ms.'),
      jitter: probability('jitter')
        .default(0)
        .describe('By up to this part a device is faster or slower than that, drawn for each update, 0 to 1.'),
      dark: dark(5_000),
      version: z.string().min(1).max(64).default('1.0.0').describe('What it runs before the first update.'),
      failing: probability('failing').default(0).describe('This part of the updates fails, drawn each time, 0 to 1.'),
      failingAt: z
        .enum(['downloading', 'applying', 'rebooting'])
        .default('applying')
        .describe('The phase in which they fail.'),
      failingVersions: z
        .array(z.string().min(1).max(64))
        .max(100)
        .default([])
        .describe('Updates to these always fail.'),
    },
  ),
  kind(
    'getStatus',
    {
      title: 'Status',
      description: 'Answers 200 with its state: uptime, firmware, link, and how often it was called.',
      methods: ['getStatus'],
    },
    {},
  ),
  kind(
    'echo',
    {
      title: 'Echo',
      description: "Answers every method at once with 200 and the request's own payload.",
      methods: 'any',
    },
    {},
  ),
  kind(
    'setTelemetryInterval',
    {
      title: 'Telemetry interval',
      description:
        'Takes a number of seconds, sends telemetry that often from then on (where its fleet sends none: the usual template), and answers 200; 400 for anything else.',
      methods: ['setTelemetryInterval'],
    },
    {
      least: z
        .number()
        .min(0.01, 'least: at least 0.01 s')
        .max(86_400, 'least: at most 86400 s')
        .default(0.1)
        .describe('The shortest it takes, seconds.'),
      most: z
        .number()
        .min(0.01, 'most: at least 0.01 s')
        .max(86_400, 'most: at most 86400 s')
        .default(86_400)
        .describe('The longest, seconds.'),
    },
  ),
  kind(
    'lockup',
    {
      title: 'Lock-up',
      description:
        'From the named method on it accepts everything and never replies, reports or sends, until it is power-cycled.',
      methods: ['lockup'],
    },
    {
      method: z.string().min(1).max(100).default('lockup').describe('The method that locks it up; `*` is any.'),
    },
  ),
  kind(
    'module',
    {
      title: 'Your own',
      description:
        'A JavaScript module of yours: `export function onMethod(request, device)`, and where wanted `onStart(device)`.',
      methods: 'any',
    },
    {
      file: z
        .string()
        .min(1, 'file: a path')
        .max(1_024)
        .describe('The file, in the folder `behaviours` of the data folder, or an absolute path.'),
      settings: z.record(z.string(), z.json()).default({}).describe('Handed to the module as `device.settings`.'),
    },
  ),
] as const;

export const behaviourSchema = z.discriminatedUnion('kind', [
  ...simple,
  kind(
    'several',
    { title: 'Several', description: 'Each method goes to the first behaviour that knows it.', methods: 'any' },
    {
      of: z
        .array(z.discriminatedUnion('kind', [...simple]))
        .min(1, 'of: at least one')
        .max(20, 'of: at most 20')
        .describe('In this order.')
        .meta({ title: 'Behaviours' }),
    },
  ),
]);
export type BehaviourSpec = z.infer<typeof behaviourSchema>;
export type BehaviourInput = z.input<typeof behaviourSchema>;
export type BehaviourKind = BehaviourSpec['kind'];
export const behaviourKinds: readonly BehaviourKind[] = [...simple.map((schema) => schema.shape.kind.value), 'several'];
export const behaviourSchemas: readonly z.ZodType[] = behaviourSchema.options;

const status = z
  .int('status: a whole number')
  .min(0, 'status: at least 0')
  .max(0x7fff_ffff, 'status: at most 2147483647');

/** An answer by rule, before any behaviour is asked. The first rule that fits answers. */
export const stubSchema = z
  .strictObject({
    method: z.string().min(1).max(100).default('*').describe('Name, with * for any text.'),
    payload: z
      .json()
      .optional()
      .describe('Only calls whose payload has all of this: members of objects, and equal values.'),
    nth: z.int().min(1).max(1_000_000).optional().describe('Only the n-th call that fits, counted for each device.'),
    status: status.default(200).describe('The device status.'),
    body: z
      .json()
      .default(null)
      .describe(
        'The payload; its texts may hold {deviceId}, {method}, {payload.a.b}, {desired.a}, {reported.a}, {count} (calls that fitted this rule) and {time}. A text that is nothing but one of them becomes its value.',
      ),
    delay: millisField('delay').default(0).describe('Before it answers, ms.'),
  })
  .meta({ id: 'Stub' });
export type Stub = z.infer<typeof stubSchema>;

/** What a device does with a method that nothing of it knows. */
export const unknownMethodPolicies = ['404', 'silence', '501'] as const;
/** What it does with a method that comes while it is busy with another. */
export const busyPolicies = ['parallel', 'queue', 'refuse'] as const;

/** What it does with desired properties. */
export const acknowledgements = ['never', 'echo', 'value'] as const;
export const methodsSchema = z
  .strictObject({
    stubs: z
      .array(stubSchema)
      .max(100, 'stubs: at most 100')
      .default([])
      .describe('Before the behaviour is asked; the first rule that fits answers.')
      .meta({ title: 'Answers by rule' }),
    unknown: z
      .enum(unknownMethodPolicies)
      .default('404')
      .describe('A method nobody knows: 404 as the articles do it, silence, or 501.')
      .meta({ title: 'Unknown methods' }),
    busy: z
      .enum(busyPolicies)
      .default('parallel')
      .describe(
        'A method while another is under way: served beside it, after it, or refused with 503. It is under way until it is answered.',
      )
      .meta({ title: 'While busy' }),
  })
  .meta({ id: 'Methods' });
export type MethodsSpec = z.infer<typeof methodsSchema>;

export const acknowledgeSchema = z
  .strictObject({
    how: z
      .enum(acknowledgements)
      .default('never')
      .describe('`never`; `echo`: reported as they came; `value`: as {value, ac, ad, av}, with the version.'),
    after: millisField('after').default(0).describe('How long after they came, ms.'),
    code: z.int().min(100).max(599).default(200).describe('With `value`: the `ac`.'),
    description: z.string().max(256).optional().describe('With `value`: the `ad`.'),
  })
  .meta({ id: 'Acknowledge' });
export type AcknowledgeSpec = z.infer<typeof acknowledgeSchema>;

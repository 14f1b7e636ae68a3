// The faults a user writes: what each kind is set with, whom it touches, and when. The same schemas serve the window's forms, the command line,
// docs/faults.md and the published JSON Schema, so every kind and field says what it is.
import { z } from 'zod';
import { distributionSchema, millisField } from './distribution-specs.ts';
import { faultNameSchema, fleetNameSchema, identityIdSchema } from './ids.ts';

const delay = distributionSchema.describe('How long, drawn afresh each time.');
const direction = z
  .enum(['both', 'up', 'down'])
  .default('both')
  .describe('`up` is from the device to the hub, `down` from the hub to the device.');
/** A moment in the life of a method call, as the device sees it. */
const moment = z
  .enum(['received', 'executed', 'replied'])
  .default('received')
  .describe(
    '`received`: before the method is executed; `executed`: after it, in place of the reply; `replied`: once the reply has left.',
  );
const kind = <Kind extends string, Shape extends z.ZodRawShape>(
  name: Kind,
  about: Omit<FaultMeta, 'id'>,
  shape: Shape,
) => z.strictObject({ kind: z.literal(name), ...shape }).meta({ id: name, ...about });

/** Part of each kind's JSON Schema. */
interface FaultMeta {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** What it takes hold of: `probability`, `every` and `first` count these. */
  readonly touches:
    | 'reply'
    | 'method'
    | 'connection'
    | 'bytes'
    | 'report'
    | 'request'
    | 'device'
    | 'notification'
    | 'hub';
}

const reply = [
  kind(
    'reply.delay',
    {
      title: 'Slow reply',
      description: 'The reply leaves the device later than the behaviour gave it.',
      touches: 'reply',
    },
    { delay },
  ),
  kind(
    'reply.never',
    {
      title: 'No reply',
      description:
        'The method is executed up to its reply, which never leaves; the method hangs there. The caller gets 504 after its response timeout.',
      touches: 'reply',
    },
    {},
  ),
  kind(
    'reply.unanswered',
    {
      title: 'Executed, unanswered',
      description:
        'The method is executed to its end, reboot and all; only the reply never leaves. The caller gets 504 for something that was done, or 404 as soon as that ends the connection.',
      touches: 'reply',
    },
    {},
  ),
  kind(
    'reply.late',
    {
      title: 'Late reply',
      description:
        "The hub gets the reply after the call's response timeout, whatever that is: the caller had 504, and the reply is dropped. On the local hub only.",
      touches: 'reply',
    },
    { by: delay.describe('How long after the deadline.') },
  ),
  kind(
    'reply.status',
    {
      title: 'Other status',
      description: 'The reply carries another device status.',
      touches: 'reply',
    },
    {
      status: z
        .int('status: a whole number')
        .min(0, 'status: at least 0')
        .max(0x7fff_ffff, 'status: at most 2147483647')
        .default(500)
        .describe('The device status.'),
    },
  ),
  kind(
    'reply.body',
    {
      title: 'Other body',
      description: 'The reply carries another payload.',
      touches: 'reply',
    },
    { body: z.json().describe('The payload, JSON.') },
  ),
  kind(
    'reply.malformed',
    {
      title: 'Malformed JSON',
      description:
        'The payload of the reply is no JSON: its second half is missing. The hub passes it on as it is; an SDK trips over it.',
      touches: 'reply',
    },
    {},
  ),
  kind(
    'reply.oversize',
    {
      title: 'Over 128 KB',
      description: 'The payload of the reply is larger than the service takes.',
      touches: 'reply',
    },
    {
      bytes: z
        .int('bytes: a whole number')
        .min(1, 'bytes: at least 1')
        .max(1_048_576, 'bytes: at most 1048576')
        .default(131_073)
        .describe('Size of the payload; the limit is 131072.'),
    },
  ),
  kind(
    'reply.duplicate',
    {
      title: 'Reply twice',
      description: 'The reply leaves again; the hub drops the second one.',
      touches: 'reply',
    },
    {
      copies: z
        .int('copies: a whole number')
        .min(1, 'copies: at least 1')
        .max(100, 'copies: at most 100')
        .default(1)
        .describe('How many more.'),
      after: millisField('after').default(0).describe('Between two of them, ms.'),
    },
  ),
  kind(
    'reply.wrong-rid',
    {
      title: 'Wrong request id',
      description: 'The reply names a request the hub never made; nobody gets it, and the caller gets 504.',
      touches: 'reply',
    },
    {},
  ),
] as const;

const link = [
  kind(
    'link.drop',
    {
      title: 'Dropped link',
      description:
        'The device drops its link in the middle of a call, without a goodbye, and reconnects by its policy.',
      touches: 'method',
    },
    { at: moment },
  ),
  kind(
    'link.reset',
    {
      title: 'Connection reset',
      description:
        'The TCP connection is reset (RST) in the middle of a call. A connection that several devices share is reset for all of them.',
      touches: 'method',
    },
    { at: moment },
  ),
  kind(
    'link.flap',
    {
      title: 'Flapping link',
      description: 'The link is up for a while, then down for a while, over and over.',
      touches: 'device',
    },
    {
      up: distributionSchema.describe('How long it stays up, ms.'),
      down: distributionSchema.describe('How long it stays down, ms.'),
    },
  ),
  kind(
    'link.refuse',
    {
      title: 'Connection refused',
      description: 'The device cannot connect any more: each attempt is refused. A link that is up stays up.',
      touches: 'connection',
    },
    {},
  ),
  kind(
    'link.half-open',
    {
      title: 'Half-open',
      description:
        'The link goes silent in both directions and nobody is told: no FIN, no RST. Both sides find out by their own timeouts, and a link that the device opens then is silent too. Lifted in time, what was held arrives. On an AMQP connection that devices share it is the links of this device alone, which finds out when it renews its token.',
      touches: 'device',
    },
    {},
  ),
  kind(
    'link.latency',
    {
      title: 'Latency and jitter',
      description:
        'Every piece of the byte stream arrives later; the order stays. Over TLS it is the bytes inside; on an AMQP connection that devices share, the messages of this device alone.',
      touches: 'bytes',
    },
    { delay, direction },
  ),
  kind(
    'link.bandwidth',
    {
      title: 'Narrow band',
      description:
        'The byte stream has a limited rate: each piece takes as long as its bytes need, one after the other. On an AMQP connection that devices share it is the messages of this device alone.',
      touches: 'bytes',
    },
    {
      bytesPerSecond: z
        .int('bytesPerSecond: a whole number')
        .min(1, 'bytesPerSecond: at least 1')
        .max(1_000_000_000, 'bytesPerSecond: at most 1000000000')
        .describe('Bytes a second.'),
      direction,
    },
  ),
  kind(
    'link.offline',
    {
      title: 'Offline',
      description:
        'The link is dropped, and the device does not connect again while the fault is on, or for as long as is said here.',
      touches: 'device',
    },
    { lasting: millisField('lasting').optional().describe('Back after this, ms; left out: when the fault is lifted.') },
  ),
  kind(
    'link.skewed-clock',
    {
      title: 'Skewed clock',
      description:
        "The device's clock is wrong, so that its tokens expire at the wrong time: set back by more than their lifetime, they have expired before they are sent. Felt at the next connect.",
      touches: 'connection',
    },
    {
      by: z
        .number({ error: 'by: expected a number of milliseconds' })
        .min(-315_576_000_000)
        .max(315_576_000_000)
        .describe('How far ahead, ms; below 0 it is behind.'),
    },
  ),
  kind(
    'link.expired-token',
    {
      title: 'Expired token',
      description: 'The device shows a token that has expired. Felt at the next connect, or renewal.',
      touches: 'connection',
    },
    {},
  ),
  kind(
    'link.certificate',
    {
      title: 'Bad certificate',
      description:
        'The device shows another certificate than its own. Felt at the next connect, by fleets that show certificates.',
      touches: 'connection',
    },
    { which: z.enum(['expired', 'wrong-name', 'wrong-ca']).default('expired').describe('What is wrong with it.') },
  ),
  kind(
    'link.storm',
    {
      title: 'Reconnect storm',
      description: 'Every device drops its link and dials again at once, without back-off.',
      touches: 'device',
    },
    {
      within: millisField('within').default(0).describe('Spread over this, ms.'),
      again: millisField('again', 1).optional().describe('Again each time this has passed, ms; left out: once.'),
    },
  ),
] as const;

const twin = [
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

/** The operations of the service API that hub faults tell apart. */
export const serviceOperations = ['methods', 'twins', 'registry', 'queries', 'jobs', 'messages'] as const;
export type ServiceOperation = (typeof serviceOperations)[number];
const operations = z
  .array(z.enum(serviceOperations))
  .min(1, 'operations: at least one, or leave it out for all')
  .optional()
  .describe('Only these; left out: all. The calls that a job makes are `methods`.');
/** What can be cut on the hub's side; over MQTT each of them is the connection. */
export const killTargets = [
  'tcp',
  'connection',
  'session',
  'cbs-request-link',
  'cbs-response-link',
  'method-request-link',
  'method-response-link',
  'twin-request-link',
  'twin-response-link',
  'telemetry-link',
  'message-link',
] as const;
export type KillTarget = (typeof killTargets)[number];
const occasion = z
  .enum(['connected', 'called', 'answered'])
  .default('called')
  .describe(
    '`connected`: after a device connected; `called`: once a method went out to it; `answered`: once its answer came.',
  );
const wait = millisField('after').default(0).describe('How long after that, ms.');

const mostUnits: Readonly<Record<string, number>> = { F1: 1, S3: 10 };

export const amqpConditions = [
  'amqp:unauthorized-access',
  'amqp:not-found',
  'amqp:internal-error',
  'amqp:resource-limit-exceeded',
  'amqp:connection:forced',
  'com.microsoft:device-disabled',
  'com.microsoft:timeout',
  'com.microsoft:device-container-throttled',
  'com.microsoft:iot-hub-suspended',
] as const;

const hub = [
  kind(
    'hub.refuse',
    { title: 'Refused by the hub', description: 'The hub does not let the device in.', touches: 'connection' },
    {
      connack: z
        .int('connack: 1 to 5')
        .min(1, 'connack: 1 to 5')
        .max(5, 'connack: 1 to 5')
        .default(3)
        .describe('Over MQTT: 1 protocol, 2 identifier, 3 unavailable, 4 credentials, 5 not authorized.'),
      condition: z
        .enum(amqpConditions)
        .default('amqp:internal-error')
        .describe("Over AMQP: what the device's links are detached with."),
    },
  ),
  kind(
    'hub.error',
    {
      title: 'Service error',
      description: 'The service API answers with an error instead of doing what it was asked.',
      touches: 'request',
    },
    {
      status: z
        .union([z.literal(429), z.literal(500), z.literal(502), z.literal(503), z.literal(504)], {
          error: 'status: 429, 500, 502, 503 or 504',
        })
        .default(503)
        .describe('The HTTP status.'),
      operations,
    },
  ),
  kind(
    'hub.throttle',
    {
      title: 'Limits of a tier',
      description:
        'The hub has the limits of a tier while the fault is on, and answers 429 above them: to everybody, whomever it is set on.',
      touches: 'hub',
    },
    {
      tier: z.enum(['F1', 'S1', 'S2', 'S3']).default('S1').describe('The tier.'),
      units: z
        .int('units: 1 to 200')
        .min(1, 'units: 1 to 200')
        .max(200, 'units: 1 to 200')
        .default(1)
        .describe('Units of it: of F1 1, of S3 at most 10.'),
    },
  ).refine(({ tier, units }) => units <= (mostUnits[tier] ?? 200), {
    path: ['units'],
    error: 'units: F1 has 1, S3 at most 10',
  }),
  kind(
    'hub.slow',
    {
      title: 'Slow service',
      description:
        'The service API takes longer to begin with what it was asked. Both timeouts of a method call begin when the hub begins with it.',
      touches: 'request',
    },
    { delay, operations },
  ),
  kind(
    'hub.request-lost',
    {
      title: 'Request lost',
      description: 'The method request never reaches the device; the caller gets 504 for something that was not done.',
      touches: 'method',
    },
    {},
  ),
  kind(
    'hub.request-twice',
    {
      title: 'Request twice',
      description: 'The device gets the method request twice, with the same request id, and executes it twice.',
      touches: 'method',
    },
    {},
  ),
  kind(
    'hub.kick',
    {
      title: 'Kicked',
      description: 'The hub ends the connection of the device, as when the same identity connects from elsewhere.',
      touches: 'connection',
    },
    { at: occasion, after: wait },
  ),
  kind(
    'hub.kill',
    {
      title: 'Link, session or connection cut',
      description:
        'The hub cuts a part of the connection of the device: over AMQP a link, its session or all of it; over MQTT the connection.',
      touches: 'connection',
    },
    {
      what: z.enum(killTargets).default('connection').describe('What is cut.'),
      at: occasion,
      after: wait,
    },
  ),
  kind(
    'hub.desired-lost',
    {
      title: 'Notification lost',
      description: 'The device is not told of changed desired properties; it finds out when it reads its twin.',
      touches: 'notification',
    },
    {},
  ),
] as const;

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

// The shapes a user writes: fleets, behaviours, faults and distributions. One schema serves the window, the command line and files.
import { z } from 'zod';
import { acknowledgeSchema, behaviourSchema, methodsSchema } from './behaviour-specs.ts';
import { millisField } from './distribution-specs.ts';
import { deviceIdPattern, fleetNameSchema } from './ids.ts';
import { parseTemplate, TemplateProblem } from './telemetry-template.ts';

export * from './behaviour-specs.ts';
export * from './distribution-specs.ts';
export * from './fault-specs.ts';

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

/** How our devices can speak. */
export const linkProtocols = ['mqtt', 'mqtt-ws', 'amqp', 'amqp-ws'] as const;
export type LinkProtocol = (typeof linkProtocols)[number];

const share = z
  .number({ error: 'expected a number, the share of the devices' })
  .min(0, 'a share is 0 or more')
  .max(1_000_000, 'a share is at most 1000000');
/** One protocol, or shares that are relative to their sum: `{ mqtt: 60, amqp: 40 }` as well as `{ mqtt: 3, amqp: 2 }`. */
export const protocolSchema = z.union(
  [
    z.enum(linkProtocols),
    z
      .strictObject({
        mqtt: share.optional(),
        'mqtt-ws': share.optional(),
        amqp: share.optional(),
        'amqp-ws': share.optional(),
      })
      .refine((mix) => Object.values(mix).some((part) => part > 0), 'at least one share above 0'),
  ],
  { error: `protocol: one of ${linkProtocols.join(', ')}, or shares of them such as { mqtt: 60, amqp: 40 }` },
);
export type ProtocolSpec = z.infer<typeof protocolSchema>;

export const authenticationKinds = ['sas', 'x509-self-signed', 'x509-ca'] as const;
export type AuthenticationKind = (typeof authenticationKinds)[number];

const propertiesSchema = z.record(
  z.string().min(1, 'a property has a name').max(128, 'a name of a property has at most 128 characters'),
  z.string({ error: 'a property is a text' }).max(1_024, 'a property has at most 1024 characters'),
);

/** Messages a device sends of its own accord while it is online. */
export const telemetrySchema = z
  .strictObject({
    everySeconds: z.number().optional(),
    /** Between two messages of one device; `everySeconds` may stand in its place. */
    intervalMs: z.number().optional(),
    /** Part of the interval by which each wait is shorter or longer, drawn afresh, 0 to 1. */
    jitter: z.number().min(0, 'jitter: at least 0').max(1, 'jitter: at most 1').default(0.1),
    /** JSON whose texts may hold placeholders (telemetry-template.ts); a mere text is sent as it stands. */
    template: z.json().default({ deviceId: '{deviceId}', time: '{time}', temperature: '{walk:18:24:0.2}' }),
    contentType: z.string().max(128, 'contentType: at most 128 characters').default('application/json'),
    contentEncoding: z.string().max(128, 'contentEncoding: at most 128 characters').default('utf-8'),
    /** Sent with each message; their values may hold placeholders. */
    properties: propertiesSchema.default({}),
  })
  .superRefine((spec, context) => {
    const complain = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message: `${field}: ${message}` });
    const interval = intervalOf(spec);
    if (spec.everySeconds !== undefined && spec.intervalMs !== undefined) {
      complain('intervalMs', 'give either everySeconds or intervalMs');
    } else if (interval === undefined) {
      complain('everySeconds', 'how often a device sends: 0.01 to 86400 seconds, or intervalMs');
    } else if (!(interval >= 10 && interval <= 86_400_000)) {
      if (spec.everySeconds === undefined) complain('intervalMs', `${spec.intervalMs} must be 10 to 86400000 ms`);
      else complain('everySeconds', `${spec.everySeconds} must be 0.01 to 86400 seconds`);
    }
    const check = (field: string, template: unknown) => {
      try {
        parseTemplate(template);
      } catch (error) {
        if (!(error instanceof TemplateProblem)) throw error;
        complain(field, error.message);
      }
    };
    check('template', spec.template);
    for (const value of Object.values(spec.properties)) check('properties', value);
  })
  .transform(({ everySeconds, intervalMs, ...spec }) => ({
    intervalMs: intervalOf({ everySeconds, intervalMs }) ?? 0,
    ...spec,
  }));
export type TelemetrySpec = z.infer<typeof telemetrySchema>;

const intervalOf = (spec: { everySeconds?: number | undefined; intervalMs?: number | undefined }): number | undefined =>
  spec.intervalMs ?? (spec.everySeconds === undefined ? undefined : spec.everySeconds * 1_000);

export const settlements = ['complete', 'reject', 'abandon'] as const;
const settlement = z.enum(settlements, { error: `expected one of ${settlements.join(', ')}` });

/** What a device does with a cloud-to-device message: always the same, or by the first rule that fits. */
export const messagesSchema = z.union(
  [
    settlement,
    z.strictObject({
      rules: z
        .array(
          z.strictObject({
            /** Only messages that carry this application property, and where `value` is given with that value. */
            property: z.string().min(1).max(128).optional(),
            value: z.string().max(1_024).optional(),
            /** Only this part of them, drawn message by message, 0 to 1. */
            share: z.number().min(0, 'share: at least 0').max(1, 'share: at most 1').default(1),
            do: settlement,
          }),
        )
        .min(1, 'rules: at least one')
        .max(50, 'rules: at most 50'),
      otherwise: settlement.default('complete'),
    }),
  ],
  { error: 'messages: complete, reject or abandon, or { rules: [{ property, value, share, do }], otherwise }' },
);
export type MessagesSpec = z.infer<typeof messagesSchema>;
export type SettlementKind = (typeof settlements)[number];

const mostIdentities = 50_000;
/** The service takes 50 modules for a device (403 TooManyModulesOnDevice above). */
const mostModules = 50;

export const fleetSpecSchema = z
  .strictObject({
    name: fleetNameSchema,
    count: z
      .int('count: expected a whole number')
      .min(1, 'count: at least 1 device')
      .max(50_000, 'count: at most 50000 devices'),
    /** `{index}` or `{index:0000}` (padded) becomes 1, 2, 3, ...; must hold one when count is above 1. */
    id: z.string().min(1).max(120).default('device-{index:0000}'),
    /** `local`, or the service connection string of an IoT Hub on which the fleet's identities are made. Secret: never shown or kept. */
    hub: z
      .string()
      .refine(
        (hub) => hub === 'local' || (/(^|;)\s*HostName=/i.test(hub) && /(^|;)\s*SharedAccessKey(Name)?=/i.test(hub)),
        'hub: local, or a connection string HostName=...;SharedAccessKeyName=...;SharedAccessKey=...',
      )
      .default('local'),
    protocol: protocolSchema.default('mqtt'),
    /**
     * TLS also on the local hub, where devices of ours otherwise use its plain loopback listener. Devices that show a certificate and those on a
     * remote hub always use it.
     */
    tls: z.boolean().default(false),
    authentication: z
      .enum(authenticationKinds, { error: `authentication: one of ${authenticationKinds.join(', ')}` })
      .default('sas'),
    /** AMQP: devices that share one connection. */
    devicesPerConnection: z
      .int('devicesPerConnection: expected a whole number')
      .min(1, 'devicesPerConnection: at least 1')
      .max(1_000, 'devicesPerConnection: at most 1000')
      .default(1),
    /** Names of the modules that each device has; each is a virtual device of its own with the fleet's settings. */
    modules: z
      .array(z.string().regex(deviceIdPattern, "a module's name has the characters of a device id"))
      .max(mostModules, `modules: at most ${mostModules} for a device`)
      .refine((names) => new Set(names).size === names.length, 'modules: each name once')
      .default([]),
    telemetry: telemetrySchema.optional(),
    messages: messagesSchema.default('complete'),
    behaviour: behaviourSchema.prefault({ kind: 'reboot' }),
    /** Answers by rule, unknown methods, and methods that come while another is under way. */
    methods: methodsSchema.prefault({}),
    /** What its devices do with desired properties. */
    acknowledge: acknowledgeSchema.prefault({}),
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
    const complain = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message: `${field}: ${message}` });
    if (spec.count * (1 + spec.modules.length) > mostIdentities) {
      complain(
        'modules',
        `${spec.count} devices with ${spec.modules.length} each are above ${mostIdentities} identities`,
      );
    }
    if (spec.authentication !== 'sas' && spec.devicesPerConnection > 1) {
      complain(
        'devicesPerConnection',
        'a connection shows one certificate, so devices share one only with authentication sas',
      );
    }
  });
export type FleetSpec = z.infer<typeof fleetSpecSchema>;
export type FleetSpecInput = z.input<typeof fleetSpecSchema>;

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

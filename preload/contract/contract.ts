// The one table of what the window may ask: commands (one answer) and subscriptions (a snapshot whenever it changed).
// Shared by the window and both hosts. A host parses every input again; a name that is not here does not exist.
import { z } from 'zod';
import { type DeviceId, faultNameSchema, fleetNameSchema, identityIdSchema } from '../../simulators/vocabulary/ids.ts';
import {
  acknowledgeSchema,
  behaviourSchema,
  faultSpecSchema,
  fleetSpecSchema,
  messagesSchema,
  methodsSchema,
  telemetrySchema,
} from '../../simulators/vocabulary/specs.ts';
import type {
  CallResult,
  DeviceView,
  FleetView,
  HistoryEntry,
  HubView,
  JobDetailView,
  JobsView,
  MessagesView,
  QueryProblem,
  QueryResult,
  RunView,
  SendResult,
  Totals,
  TrafficDetail,
  TrafficView,
} from '../../simulators/vocabulary/views.ts';

/** Marks the type of an answer; answers are made by our own host and need no parsing. */
const answer = <T>(): { readonly answer?: T } => ({});
const nothing = z.strictObject({});

const jsonText = z
  .string()
  .max(131_072, 'payload: at most 128 KB (131072 bytes)')
  .refine((text) => text.trim() === '' || isJson(text), 'payload: not valid JSON');
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Host name of the remote hub of a fleet; the local hub when left out. */
const hub = z.string().min(1).max(253).optional();
const queryText = z.string().min(1, 'query: is empty').max(100_000, 'query: at most 100000 characters');
const conditionText = z.string().max(100_000, 'condition: at most 100000 characters');
const methodName = z
  .string()
  .regex(
    /^[!#-'*+\-.0-9A-Z^_`a-z|~&%]{1,100}$/,
    'method: 1 to 100 printable characters without spaces and $ ( ) < > @ , ; : \\ " / [ ] ? = { }',
  );
const range = (name: string, least: number, most: number, unit = ' s') => {
  const words = `${name}: ${least} to ${most}${unit}`;
  return z.int(words).min(least, words).max(most, words);
};

/** A method call or a twin update for every device that a condition picks. */
export const jobSchema = z.strictObject({
  id: z
    .string()
    .regex(
      /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/,
      "id: 1 to 128 characters out of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '",
    )
    .optional(),
  action: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('method'),
      method: z.strictObject({
        method: methodName,
        payload: jsonText,
        responseTimeout: range('responseTimeout', 5, 300).default(30),
        connectTimeout: range('connectTimeout', 0, 300).default(0),
      }),
    }),
    z.strictObject({
      kind: z.literal('twin'),
      twin: z.strictObject({
        tags: z.record(z.string(), z.json()).nullable().optional(),
        properties: z.strictObject({ desired: z.record(z.string(), z.json()) }).optional(),
      }),
    }),
  ]),
  /** The text after WHERE; `*` is every device. */
  condition: conditionText,
  /** Now when left out, or passed. */
  startAt: z.number().optional(),
  maxSeconds: range('maxSeconds', 1, 2_147_483_647).default(3_600),
  hub,
  /** On a remote hub it may pick devices that are not run here. */
  confirmRemote: z.boolean().optional(),
});

export const messageSchema = z.strictObject({
  devices: z.array(identityIdSchema).min(1).max(50_000),
  /** UTF-8 text. */
  body: z
    .string()
    .refine((text) => new TextEncoder().encode(text).length <= 65_536, 'body: at most 64 KB (65536 bytes)'),
  contentType: z.string().max(128).optional(),
  messageId: z.string().min(1).max(128, 'messageId: at most 128 characters').optional(),
  correlationId: z.string().min(1).max(128, 'correlationId: at most 128 characters').optional(),
  ack: z.enum(['none', 'positive', 'negative', 'full']).default('none'),
  expirySeconds: range('expirySeconds', 1, 172_800).optional(),
  properties: z
    .record(z.string(), z.string())
    .refine((properties) => !Object.hasOwn(properties, ''), 'properties: a name is empty')
    .default({}),
});

export const throttleSchema = z.discriminatedUnion('tier', [
  z.strictObject({ tier: z.literal('off') }),
  z.strictObject({ tier: z.enum(['F1', 'S1', 'S2', 'S3']), units: range('units', 1, 200, '') }),
]);

export const invocationSchema = z.strictObject({
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('devices'), devices: z.array(identityIdSchema).min(1).max(50_000) }),
    z.strictObject({ kind: z.literal('fleet'), fleet: fleetNameSchema }),
    z.strictObject({ kind: z.literal('all') }),
  ]),
  method: z
    .string()
    .regex(
      /^[!#-'*+\-.0-9A-Z^_`a-z|~&%]{1,100}$/,
      'method: 1 to 100 printable characters without spaces and $ ( ) < > @ , ; : \\ " / [ ] ? = { }',
    ),
  /** JSON text; blank sends `null`. */
  payload: jsonText,
  responseTimeout: z.int().min(5, 'responseTimeout: 5 to 300 s').max(300, 'responseTimeout: 5 to 300 s').default(30),
  connectTimeout: z.int().min(0, 'connectTimeout: 0 to 300 s').max(300, 'connectTimeout: 0 to 300 s').default(0),
  /** Calls in flight at once. */
  concurrency: z.int().min(1).max(1_000, 'concurrency: 1 to 1000').default(16),
});

export const commands = {
  /** `confirmRemote`: identities are made, or deleted, on a hub that is not ours. */
  'fleet.add': {
    input: z.strictObject({ spec: fleetSpecSchema, confirmRemote: z.boolean().optional() }),
    ...answer<null>(),
  },
  /** `reboot`: 100 devices, 7% slow, 2% silent. `firmware`: 200 that update their firmware, every tenth fails. */
  'fleet.demo': {
    input: z.strictObject({ demo: z.enum(['reboot', 'firmware']).default('reboot') }),
    ...answer<null>(),
  },
  'fleet.remove': {
    input: z.strictObject({ fleet: fleetNameSchema, confirmRemote: z.boolean().optional() }),
    ...answer<null>(),
  },
  'fleet.start': { input: z.strictObject({ fleet: fleetNameSchema }), ...answer<null>() },
  'fleet.stop': { input: z.strictObject({ fleet: fleetNameSchema }), ...answer<null>() },
  'device.start': { input: z.strictObject({ devices: z.array(identityIdSchema).min(1) }), ...answer<null>() },
  'device.stop': { input: z.strictObject({ devices: z.array(identityIdSchema).min(1) }), ...answer<null>() },
  /** Drops the link as a power cycle would. */
  /** `dark`: how long they stay away, ms; left out: as long as their behaviour says, or 5 s. */
  'device.reboot': {
    input: z.strictObject({
      devices: z.array(identityIdSchema).min(1),
      dark: z.number().min(0, 'dark: at least 0 ms').max(3_600_000, 'dark: at most 3600000 ms').optional(),
    }),
    ...answer<null>(),
  },
  /** Fields that are left out stay as they are; `telemetry: null` ends it. */
  'fleet.change': {
    input: z.strictObject({
      fleet: fleetNameSchema,
      behaviour: behaviourSchema.optional(),
      methods: methodsSchema.optional(),
      acknowledge: acknowledgeSchema.optional(),
      telemetry: telemetrySchema.nullable().optional(),
      messages: messagesSchema.optional(),
    }),
    ...answer<null>(),
  },
  'fault.add': { input: z.strictObject({ spec: faultSpecSchema }), ...answer<null>() },
  /** How many devices a fault with this name, target and seed would be on, and some of them. */
  'fault.count': {
    input: faultSpecSchema.pick({ name: true, on: true, seed: true }),
    ...answer<{ devices: number; total: number; some: readonly DeviceId[] }>(),
  },
  'fault.change': { input: z.strictObject({ spec: faultSpecSchema }), ...answer<null>() },
  'fault.lift': { input: z.strictObject({ fault: faultNameSchema }), ...answer<null>() },
  'fault.liftAll': { input: nothing, ...answer<{ lifted: number }>() },
  'run.start': { input: invocationSchema, ...answer<{ run: string }>() },
  'run.cancel': { input: z.strictObject({ run: z.string() }), ...answer<null>() },
  'run.result': { input: z.strictObject({ run: z.string(), device: identityIdSchema }), ...answer<CallResult>() },
  'run.history': { input: nothing, ...answer<readonly HistoryEntry[]>() },
  'twin.patchDesired': {
    input: z.strictObject({
      device: identityIdSchema,
      patch: z.record(z.string(), z.json()),
      etag: z.string().optional(),
    }),
    ...answer<{ version: number }>(),
  },
  'traffic.detail': { input: z.strictObject({ id: z.int() }), ...answer<TrafficDetail | null>() },
  'traffic.clear': { input: nothing, ...answer<null>() },
  'query.run': {
    input: z.strictObject({
      text: queryText,
      size: range('size', 1, 1_000, '').default(100),
      continuation: z.string().optional(),
      hub,
    }),
    ...answer<QueryResult>(),
  },
  /** Whom a query means, all pages of it. */
  'query.devices': {
    input: z.strictObject({ text: queryText, hub }),
    ...answer<{ devices: readonly DeviceId[]; more: boolean }>(),
  },
  /** How many devices a job's condition picks now. */
  'job.count': {
    input: z.strictObject({ condition: conditionText, hub }),
    ...answer<{ readonly count: number } | { readonly problem: QueryProblem }>(),
  },
  'job.create': { input: jobSchema, ...answer<{ job: string }>() },
  'job.cancel': { input: z.strictObject({ job: z.string(), hub }), ...answer<null>() },
  'message.send': { input: messageSchema, ...answer<SendResult>() },
  'message.purge': { input: z.strictObject({ device: identityIdSchema }), ...answer<{ purged: number }>() },
  /** The limits of a tier on the local hub, while it runs. */
  'hub.throttle': { input: z.strictObject({ throttle: throttleSchema }), ...answer<null>() },
  'hub.reveal': {
    input: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('policy'), policy: z.string() }),
      z.strictObject({ kind: z.literal('device'), device: identityIdSchema }),
    ]),
    ...answer<{ connectionString: string }>(),
  },
} as const;
export type Commands = typeof commands;
export type CommandName = keyof Commands;
/** What the caller writes (defaults may be left out) and what the handler gets. */
export type CommandInput<Name extends CommandName> = z.input<Commands[Name]['input']>;
export type CommandArgument<Name extends CommandName> = z.output<Commands[Name]['input']>;
export type CommandAnswer<Name extends CommandName> = Commands[Name] extends { readonly answer?: infer A }
  ? Exclude<A, undefined>
  : never;

export const fleetSortKeys = ['id', 'state', 'protocol', 'messages', 'lastMethod', 'p95', 'calls', 'failures'] as const;

export const subscriptions = {
  totals: { input: nothing, ...answer<Totals>() },
  fleet: {
    input: z.strictObject({
      /** Free text matches id, fleet, state, behaviour; tokens `state:dark`, `fleet:demo`, `protocol:amqp*`, `is:module`, `-state:online`; blank matches all. */
      filter: z.string().max(500).default(''),
      sort: z.enum(fleetSortKeys).default('id'),
      descending: z.boolean().default(false),
      /** What rows are gathered by, before they are sorted. */
      group: z.enum(['none', 'fleet', 'protocol']).default('none'),
      from: z.int().min(0).default(0),
      count: z.int().min(0).max(500).default(100),
      wall: z.boolean().default(false),
    }),
    ...answer<FleetView>(),
  },
  device: { input: z.strictObject({ device: identityIdSchema }), ...answer<DeviceView>() },
  traffic: {
    input: z.strictObject({
      device: identityIdSchema.optional(),
      /** Tokens with `*` and negation: `device:th-01* status:504 -method:ping is:pending kind:twin`; other words match anywhere. */
      filter: z.string().max(500).default(''),
      limit: z.int().min(1).max(1_000).default(200),
      /** Only rows up to this id: how a paused table stays put. */
      upTo: z.int().optional(),
    }),
    ...answer<TrafficView>(),
  },
  run: { input: z.strictObject({ run: z.string() }), ...answer<RunView>() },
  hub: { input: nothing, ...answer<HubView>() },
  jobs: { input: z.strictObject({ hub }), ...answer<JobsView>() },
  job: { input: z.strictObject({ job: z.string(), hub }), ...answer<JobDetailView>() },
  messages: { input: z.strictObject({ device: identityIdSchema }), ...answer<MessagesView>() },
} as const;
export type Subscriptions = typeof subscriptions;
export type SubscriptionName = keyof Subscriptions;
export type SubscriptionInput<Name extends SubscriptionName> = z.input<Subscriptions[Name]['input']>;
export type SubscriptionArgument<Name extends SubscriptionName> = z.output<Subscriptions[Name]['input']>;
export type Snapshot<Name extends SubscriptionName> = Subscriptions[Name] extends { readonly answer?: infer A }
  ? Exclude<A, undefined>
  : never;

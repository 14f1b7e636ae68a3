// The one table of what the window may ask: commands (one answer) and subscriptions (a snapshot whenever it changed).
// Shared by the window and both hosts. A host parses every input again; a name that is not here does not exist.
import { z } from 'zod';
import { deviceIdSchema, faultNameSchema, fleetNameSchema } from '../../simulators/vocabulary/ids.ts';
import { faultSpecSchema, fleetSpecSchema } from '../../simulators/vocabulary/specs.ts';
import type {
  CallResult,
  DeviceView,
  FleetView,
  HistoryEntry,
  HubView,
  RunView,
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

export const invocationSchema = z.strictObject({
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('devices'), devices: z.array(deviceIdSchema).min(1).max(50_000) }),
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
  'fleet.add': { input: z.strictObject({ spec: fleetSpecSchema }), ...answer<null>() },
  'fleet.demo': { input: nothing, ...answer<null>() },
  'fleet.remove': { input: z.strictObject({ fleet: fleetNameSchema }), ...answer<null>() },
  'fleet.start': { input: z.strictObject({ fleet: fleetNameSchema }), ...answer<null>() },
  'fleet.stop': { input: z.strictObject({ fleet: fleetNameSchema }), ...answer<null>() },
  'device.start': { input: z.strictObject({ devices: z.array(deviceIdSchema).min(1) }), ...answer<null>() },
  'device.stop': { input: z.strictObject({ devices: z.array(deviceIdSchema).min(1) }), ...answer<null>() },
  /** Drops the link as a power cycle would. */
  'device.reboot': { input: z.strictObject({ devices: z.array(deviceIdSchema).min(1) }), ...answer<null>() },
  'fault.add': { input: z.strictObject({ spec: faultSpecSchema }), ...answer<null>() },
  'fault.change': { input: z.strictObject({ spec: faultSpecSchema }), ...answer<null>() },
  'fault.lift': { input: z.strictObject({ fault: faultNameSchema }), ...answer<null>() },
  'fault.liftAll': { input: nothing, ...answer<{ lifted: number }>() },
  'run.start': { input: invocationSchema, ...answer<{ run: string }>() },
  'run.cancel': { input: z.strictObject({ run: z.string() }), ...answer<null>() },
  'run.result': { input: z.strictObject({ run: z.string(), device: deviceIdSchema }), ...answer<CallResult>() },
  'run.history': { input: nothing, ...answer<readonly HistoryEntry[]>() },
  'twin.patchDesired': {
    input: z.strictObject({
      device: deviceIdSchema,
      patch: z.record(z.string(), z.json()),
      etag: z.string().optional(),
    }),
    ...answer<{ version: number }>(),
  },
  'traffic.detail': { input: z.strictObject({ id: z.int() }), ...answer<TrafficDetail | null>() },
  'traffic.clear': { input: nothing, ...answer<null>() },
  'hub.reveal': {
    input: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('policy'), policy: z.string() }),
      z.strictObject({ kind: z.literal('device'), device: deviceIdSchema }),
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

export const fleetSortKeys = ['id', 'state', 'lastMethod', 'p95', 'calls', 'failures'] as const;

export const subscriptions = {
  totals: { input: nothing, ...answer<Totals>() },
  fleet: {
    input: z.strictObject({
      /** Free text matches id, fleet, state, behaviour; tokens `state:dark`, `fleet:demo`, `fault:slow`, `-state:online`; blank matches all. */
      filter: z.string().max(500).default(''),
      sort: z.enum(fleetSortKeys).default('id'),
      descending: z.boolean().default(false),
      from: z.int().min(0).default(0),
      count: z.int().min(0).max(500).default(100),
      wall: z.boolean().default(false),
    }),
    ...answer<FleetView>(),
  },
  device: { input: z.strictObject({ device: deviceIdSchema }), ...answer<DeviceView>() },
  traffic: {
    input: z.strictObject({
      device: deviceIdSchema.optional(),
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
} as const;
export type Subscriptions = typeof subscriptions;
export type SubscriptionName = keyof Subscriptions;
export type SubscriptionInput<Name extends SubscriptionName> = z.input<Subscriptions[Name]['input']>;
export type SubscriptionArgument<Name extends SubscriptionName> = z.output<Subscriptions[Name]['input']>;
export type Snapshot<Name extends SubscriptionName> = Subscriptions[Name] extends { readonly answer?: infer A }
  ? Exclude<A, undefined>
  : never;

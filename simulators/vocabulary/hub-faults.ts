// The faults in the hub, by kind: what each is set with. Every kind and field says what it is (fault-specs.ts).
import { z } from 'zod';
import { millisField } from './distribution-specs.ts';
import { delay, kind } from './fault-kind.ts';

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

export const hub = [
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

// One operation of the service API as a row of a table: path, what it needs, what it does. The tables are in the *-routes.ts files.
import type { FastifyRequest } from 'fastify';
import type { ServiceOperation } from '../../../vocabulary/fault-specs.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { DataAction, Permission } from '../../access/access.ts';
import type { ThrottleKind } from '../../throttling/throttling.ts';
import type { ErrorForm } from './answers.ts';

export interface Asked {
  readonly request: FastifyRequest;
  /** The `:id` of the path; empty when it has none. */
  readonly id: string;
  /** The `:module` of the path. */
  readonly module: string | undefined;
  header(name: string): string | undefined;
  /** The parsed body; throws a Refusal (400006) when there is none or it is not JSON. */
  body(): unknown;
}

/** What a route gives back: an object to send, with or without headers (names and values in turn), nothing for 204, or a refusal. */
export type Given =
  | { readonly body: object; readonly status?: number; readonly headers?: readonly string[] }
  | Refusal
  | undefined;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  readonly path: string;
  readonly permission: Permission;
  readonly form: ErrorForm;
  /** Which limit of the tier it counts against. @default what its permission says, see `throttleOf` */
  readonly throttle?: ThrottleKind;
  readonly run: (asked: Asked) => Given;
}

/** The limits that go with permissions, by their first words. Jobs ask for themselves, since their routes may stand without limits. */
const throttles: readonly (readonly [RegExp, ThrottleKind])[] = [
  [/^(devices|statistics)\//, 'registry'],
  [/^twins\/read/, 'twin reads'],
  [/^twins\/write/, 'twin updates'],
  [/^configurations\//, 'configurations'],
  [/^cloudToDeviceMessages\/feedback/, 'cloud-to-device receives'],
  [/^cloudToDeviceMessages\//, 'cloud-to-device sends'],
];

export const throttleOf = ({ throttle, permission }: Route): ThrottleKind | undefined =>
  throttle ?? throttles.find(([words]) => words.test(permission.action))?.[1];

/** What hub faults call the operation. */
export function operationOf({ path, throttle, permission }: Route): ServiceOperation {
  if (throttle === 'queries') return 'queries';
  // Also those of import and export, whose permission is the registry's.
  if (path.startsWith('/jobs')) return 'jobs';
  if (permission.action.startsWith('twins/')) return 'twins';
  return permission.action.startsWith('cloudToDeviceMessages/') ? 'messages' : 'registry';
}

/** Whether the `:id` of the path is a device's. */
export const concernsDevice = ({ path }: Route): boolean => /^\/(devices|twins)\/:id/.test(path);

const needs =
  (right: Permission['right'], form: ErrorForm) =>
  (action: DataAction): Pick<Route, 'permission' | 'form'> => ({ permission: { right, action }, form });

/** What most routes need, with the body form of their refusals (reference 1.3, 4.1). */
export const registryRead = needs('RegistryRead', 'plain');
export const registryWrite = needs('RegistryWrite', 'plain');
export const serviceConnect = needs('ServiceConnect', 'nested');

export const slashedName = (name: string): Refusal =>
  refuse('ArgumentInvalid', `'${name.slice(0, 140)}' in the path must not hold a slash.`);

/** An outcome with its etag for the header. */
export const tagged = (outcome: { readonly body: object; readonly etag: string } | Refusal): Given =>
  outcome instanceof Refusal ? outcome : { body: outcome.body, headers: ['ETag', `"${outcome.etag}"`] };

// The service API as a table: path, the right it needs, what it does. Method calls are not here but in method-calls.ts.
import type { FastifyRequest } from 'fastify';
import { deviceId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Right } from '../../access/access.ts';
import type { Connections } from '../../connections/connections.ts';
import type { Queries } from '../../query/query.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Twins } from '../../twins/twins.ts';
import type { ErrorForm } from './answers.ts';

const mostListed = 1_000;

export interface RouteParts {
  readonly registry: Registry;
  readonly twins: Twins;
  readonly queries: Queries;
  readonly connections: Connections;
}

export interface Asked {
  readonly request: FastifyRequest;
  readonly id: string;
  header(name: string): string | undefined;
  /** The parsed body; throws a Refusal (400006) when there is none or it is not JSON. */
  body(): unknown;
}

/** What a route gives back: an object to send, with or without an etag, nothing for 204, or a refusal. */
export type Given =
  | { readonly body: object; readonly status?: number; readonly headers?: readonly string[] }
  | Refusal
  | undefined;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  readonly path: string;
  readonly right: Right;
  readonly form: ErrorForm;
  readonly run: (asked: Asked) => Given;
}

export function routesOf({ registry, twins, queries, connections }: RouteParts): readonly Route[] {
  const read = { right: 'RegistryRead', form: 'plain' } as const;
  const write = { right: 'RegistryWrite', form: 'plain' } as const;
  const connect = { right: 'ServiceConnect', form: 'nested' } as const;
  const noModule = ({ id, request }: Asked): Refusal => {
    const { module } = request.params as { module?: string };
    return registry.find(id) === undefined
      ? refuse('DeviceNotFound', `Device '${id}' is not registered.`)
      : refuse('ModuleNotFound', `Device '${id}' has no module '${module}'.`);
  };

  return [
    { ...connect, method: 'GET', path: '/twins/:id', run: ({ id }) => tagged(twins.get(deviceId(id))) },
    {
      ...connect,
      method: 'PATCH',
      path: '/twins/:id',
      run: ({ id, body, header }) => tagged(twins.patch(deviceId(id), body(), header('if-match'))),
    },
    {
      ...connect,
      method: 'PUT',
      path: '/twins/:id',
      run: ({ id, body, header }) => tagged(twins.replace(deviceId(id), body(), header('if-match'))),
    },
    { ...connect, method: 'GET', path: '/twins/:id/modules/:module', run: noModule },
    { ...connect, method: 'PATCH', path: '/twins/:id/modules/:module', run: noModule },
    { ...connect, method: 'PUT', path: '/twins/:id/modules/:module', run: noModule },
    { ...connect, method: 'POST', path: '/twins/:id/modules/:module/methods', run: noModule },
    {
      ...connect,
      method: 'POST',
      path: '/devices/query',
      run({ body, header }) {
        const page = queries.run(body(), header('x-ms-max-item-count'), header('x-ms-continuation'));
        if (page instanceof Refusal) return page;
        const more = page.continuation === undefined ? [] : ['x-ms-continuation', page.continuation];
        return { body: page.items, headers: ['x-ms-item-type', 'Twin', ...more] };
      },
    },

    { ...read, method: 'GET', path: '/devices', run: ({ request }) => listed(registry, request.query) },
    {
      ...write,
      method: 'POST',
      path: '/devices',
      run({ body }) {
        const outcome = registry.bulk(body());
        return outcome instanceof Refusal ? outcome : { body: outcome.result, status: outcome.ok ? 200 : 400 };
      },
    },
    { ...read, method: 'GET', path: '/devices/:id', run: ({ id }) => identified(registry.get(id)) },
    {
      ...write,
      method: 'PUT',
      path: '/devices/:id',
      run: ({ id, body, header }) => identified(registry.put(id, body(), header('if-match'))),
    },
    {
      ...write,
      method: 'DELETE',
      path: '/devices/:id',
      run: ({ id, header }) => registry.delete(id, header('if-match')),
    },
    {
      ...read,
      method: 'GET',
      path: '/devices/:id/modules',
      run({ id }) {
        const device = registry.get(id);
        return device instanceof Refusal ? device : { body: [] };
      },
    },
    { ...read, method: 'GET', path: '/devices/:id/modules/:module', run: noModule },
    { ...write, method: 'DELETE', path: '/devices/:id/modules/:module', run: noModule },
    {
      ...write,
      method: 'PUT',
      path: '/devices/:id/modules/:module',
      run: () => refuse('FeatureNotSupported', 'This hub has no modules so far.'),
    },
    {
      ...read,
      method: 'GET',
      path: '/statistics/devices',
      run() {
        const { total, enabled, disabled } = registry.statistics();
        return { body: { totalDeviceCount: total, enabledDeviceCount: enabled, disabledDeviceCount: disabled } };
      },
    },
    {
      ...read,
      method: 'GET',
      path: '/statistics/service',
      run: () => ({ body: { connectedDeviceCount: connections.size } }),
    },
  ];
}

const tagged = (outcome: { readonly body: object; readonly etag: string } | Refusal): Given =>
  outcome instanceof Refusal ? outcome : { body: outcome.body, headers: ['ETag', `"${outcome.etag}"`] };

const identified = (outcome: object | Refusal): Given =>
  outcome instanceof Refusal
    ? outcome
    : { body: outcome, headers: ['ETag', `"${(outcome as { readonly etag: string }).etag}"`] };

function listed(registry: Registry, query: unknown): Given {
  const { top } = query as { top?: string };
  const count = top === undefined ? mostListed : Number(top);
  return Number.isInteger(count) && count >= 1 && count <= mostListed
    ? { body: registry.list(count) }
    : refuse('ArgumentInvalid', `top: '${top}' must be a whole number within [1; ${mostListed}].`);
}

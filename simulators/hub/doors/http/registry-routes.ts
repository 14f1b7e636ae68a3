// Identities of devices and modules, and statistics (reference 4.2).
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Connections } from '../../connections/connections.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Asked, type Given, type Route, registryRead, registryWrite, tagged } from './route.ts';

const mostListed = 1_000;

export interface RegistryRouteParts {
  readonly registry: Registry;
  readonly connections: Connections;
}

export function registryRoutes({ registry, connections }: RegistryRouteParts): readonly Route[] {
  const read = registryRead('devices/read');
  const write = registryWrite('devices/write');
  const remove = registryWrite('devices/delete');
  const noModule = ({ id, module }: Asked): Refusal =>
    registry.find(id) === undefined
      ? refuse('DeviceNotFound', `Device '${id}' is not registered.`)
      : refuse('ModuleNotFound', `Device '${id}' has no module '${module}'.`);

  return [
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
      ...remove,
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
    { ...remove, method: 'DELETE', path: '/devices/:id/modules/:module', run: noModule },
    {
      ...write,
      method: 'PUT',
      path: '/devices/:id/modules/:module',
      run: () => refuse('FeatureNotSupported', 'This hub has no modules so far.'),
    },
    {
      ...registryRead('statistics/read'),
      method: 'GET',
      path: '/statistics/devices',
      run() {
        const { total, enabled, disabled } = registry.statistics();
        return { body: { totalDeviceCount: total, enabledDeviceCount: enabled, disabledDeviceCount: disabled } };
      },
    },
    {
      ...registryRead('statistics/read'),
      method: 'GET',
      path: '/statistics/service',
      run: () => ({ body: { connectedDeviceCount: connections.size } }),
    },
  ];
}

const identified = (outcome: object | Refusal): Given =>
  tagged(outcome instanceof Refusal ? outcome : { body: outcome, etag: (outcome as { readonly etag: string }).etag });

function listed(registry: Registry, query: unknown): Given {
  const { top } = query as { top?: string };
  const count = top === undefined ? mostListed : Number(top);
  return Number.isInteger(count) && count >= 1 && count <= mostListed
    ? { body: registry.list(count) }
    : refuse('ArgumentInvalid', `top: '${top}' must be a whole number within [1; ${mostListed}].`);
}

// Identities of devices and modules, and statistics (reference 4.2).
import { identityId } from '../../../vocabulary/ids.ts';
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
    ...['/devices/:id', '/devices/:id/modules/:module'].flatMap((path): Route[] => [
      { ...read, method: 'GET', path, run: (asked) => identified(registry.get(whose(asked))) },
      {
        ...write,
        method: 'PUT',
        path,
        run: (asked) => identified(registry.put(whose(asked), asked.body(), asked.header('if-match'))),
      },
      {
        ...remove,
        method: 'DELETE',
        path,
        run: (asked) => registry.delete(whose(asked), asked.header('if-match')),
      },
    ]),
    {
      ...read,
      method: 'GET',
      path: '/devices/:id/modules',
      run({ id }) {
        const modules = registry.modulesOf(id);
        return modules instanceof Refusal ? modules : { body: modules };
      },
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

const whose = ({ id, module }: Asked): string => identityId(id, module);

const identified = (outcome: object | Refusal): Given =>
  tagged(outcome instanceof Refusal ? outcome : { body: outcome, etag: (outcome as { readonly etag: string }).etag });

function listed(registry: Registry, query: unknown): Given {
  const { top } = query as { top?: string };
  const count = top === undefined ? mostListed : Number(top);
  return Number.isInteger(count) && count >= 1 && count <= mostListed
    ? { body: registry.list(count) }
    : refuse('ArgumentInvalid', `top: '${top}' must be a whole number within [1; ${mostListed}].`);
}

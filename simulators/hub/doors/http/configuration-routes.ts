// Configurations (reference 4.2): what devices that meet a condition shall have, and applying such content to one device.
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Configurations } from '../../configurations/configurations.ts';
import { type Given, type Route, registryRead, registryWrite, tagged } from './route.ts';

export interface ConfigurationRouteParts {
  readonly configurations: Configurations;
}

export function configurationRoutes({ configurations }: ConfigurationRouteParts): readonly Route[] {
  const read = registryRead('configurations/read');
  return [
    { ...read, method: 'GET', path: '/configurations', run: ({ request }) => listed(configurations, request.query) },
    { ...read, method: 'GET', path: '/configurations/:id', run: ({ id }) => identified(configurations.get(id)) },
    {
      ...registryWrite('configurations/write'),
      method: 'PUT',
      path: '/configurations/:id',
      run: ({ id, body, header }) => identified(configurations.put(id, body(), header('if-match'))),
    },
    {
      ...registryWrite('configurations/delete'),
      method: 'DELETE',
      path: '/configurations/:id',
      run: ({ id, header }) => configurations.delete(id, header('if-match')),
    },
    {
      ...registryRead('configurations/testQueries/action'),
      method: 'POST',
      path: '/configurations/testQueries',
      run({ body }) {
        const outcome = configurations.testQueries(body());
        return outcome instanceof Refusal ? outcome : { body: outcome };
      },
    },
    {
      ...registryWrite('configurations/applyToEdgeDevice/action'),
      method: 'POST',
      path: '/devices/:id/applyConfigurationContent',
      run: ({ id, body }) => configurations.apply(id, body()),
    },
  ];
}

const identified = (outcome: object | Refusal): Given =>
  tagged(outcome instanceof Refusal ? outcome : { body: outcome, etag: (outcome as { readonly etag: string }).etag });

function listed(configurations: Configurations, query: unknown): Given {
  const { top } = query as { top?: string };
  const count = top === undefined ? Number.POSITIVE_INFINITY : Number(top);
  return count >= 1 && (top === undefined || Number.isInteger(count))
    ? { body: configurations.list(count) }
    : refuse('ArgumentInvalid', `top: '${top}' must be a whole number of at least 1.`);
}

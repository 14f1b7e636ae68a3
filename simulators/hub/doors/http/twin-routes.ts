// Twins and queries over them, of devices and modules (reference 4.2, 4.4).
import { identityId } from '../../../vocabulary/ids.ts';
import { Refusal } from '../../../vocabulary/service-errors.ts';
import type { Queries } from '../../query/query.ts';
import type { Twins } from '../../twins/twins.ts';
import { type Asked, type Route, serviceConnect, tagged } from './route.ts';

export interface TwinRouteParts {
  readonly twins: Twins;
  readonly queries: Queries;
}

export function twinRoutes({ twins, queries }: TwinRouteParts): readonly Route[] {
  const read = serviceConnect('twins/read');
  const write = serviceConnect('twins/write');
  const whose = ({ id, module }: Asked) => identityId(id, module);

  return [
    ...['/twins/:id', '/twins/:id/modules/:module'].flatMap((path): Route[] => [
      { ...read, method: 'GET', path, run: (asked) => tagged(twins.get(whose(asked))) },
      {
        ...write,
        method: 'PATCH',
        path,
        run: (asked) => tagged(twins.patch(whose(asked), asked.body(), asked.header('if-match'))),
      },
      {
        ...write,
        method: 'PUT',
        path,
        run: (asked) => tagged(twins.replace(whose(asked), asked.body(), asked.header('if-match'))),
      },
    ]),
    {
      ...read,
      method: 'POST',
      path: '/devices/query',
      throttle: 'queries',
      run({ body, header }) {
        const page = queries.run(body(), header('x-ms-max-item-count'), header('x-ms-continuation'));
        if (page instanceof Refusal) return page;
        const more = page.continuation === undefined ? [] : ['x-ms-continuation', page.continuation];
        return { body: page.items, headers: ['x-ms-item-type', page.itemType, ...more] };
      },
    },
  ];
}

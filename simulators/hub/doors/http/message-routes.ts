// Messages to devices, seen from the service (reference 4.2): purging a queue, fetching and settling feedback. Sending them is AMQP's.
import { identityId } from '../../../vocabulary/ids.ts';
import type { Messages } from '../../messages/messages.ts';
import { notFound } from '../../registry/not-found.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Route, serviceConnect } from './route.ts';

export interface MessageRouteParts {
  readonly registry: Registry;
  readonly messages: Messages;
}

export function messageRoutes({ registry, messages }: MessageRouteParts): readonly Route[] {
  const { feedback } = messages;
  const read = serviceConnect('cloudToDeviceMessages/feedback/action');

  return [
    ...['/devices/:id/commands', '/devices/:id/modules/:module/commands'].map(
      (path): Route => ({
        ...serviceConnect('cloudToDeviceMessages/queue/purge/action'),
        method: 'DELETE',
        path,
        run({ id: device, module }) {
          const id = identityId(device, module);
          if (registry.find(id) === undefined) return notFound(id, (name) => registry.find(name));
          return {
            body: { totalMessagesPurged: messages.purge(id), deviceId: device, moduleId: module ?? null },
          };
        },
      }),
    ),
    // Clients write it in both ways.
    ...['/messages/serviceBound/feedback', '/messages/servicebound/feedback'].flatMap((path): Route[] => [
      {
        ...read,
        method: 'GET',
        path,
        run() {
          const batch = feedback.receive();
          if (batch === undefined) return undefined;
          const enqueuedAt = new Date(batch.enqueuedAt).toISOString();
          return { body: batch.records, headers: ['ETag', `"${batch.lockToken}"`, 'iothub-enqueuedtime', enqueuedAt] };
        },
      },
      { ...read, method: 'DELETE', path: `${path}/:id`, run: ({ id }) => feedback.complete(unquoted(id)) },
      { ...read, method: 'POST', path: `${path}/:id/abandon`, run: ({ id }) => feedback.abandon(unquoted(id)) },
    ]),
  ];
}

const unquoted = (lockToken: string): string => lockToken.replaceAll('"', '').toLowerCase();

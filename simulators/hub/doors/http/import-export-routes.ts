// Jobs that import and export the registry (reference 4.2). They read and write blobs of a storage account, which a local hub has not: none can be
// made, and their list is empty, so that tools which show it go on.
import { refuse } from '../../../vocabulary/service-errors.ts';
import { type Route, registryRead, registryWrite } from './route.ts';

export function importExportRoutes(): readonly Route[] {
  const read = registryRead('devices/read');
  const write = registryWrite('devices/write');
  const notHere = () =>
    refuse(
      'FeatureNotSupported',
      'Import and export go through a storage blob, which this hub has not; read and write devices with GET and POST /devices.',
    );
  const none: Route['run'] = ({ id }) =>
    refuse(
      'JobNotFound',
      `There is no import or export job '${id.slice(0, 140)}'; jobs over devices are at /jobs/v2/{id}.`,
    );
  return [
    { ...read, method: 'GET', path: '/jobs', run: () => ({ body: [] }) },
    { ...read, method: 'GET', path: '/jobs/:id', run: none },
    { ...write, method: 'POST', path: '/jobs', run: notHere },
    { ...write, method: 'POST', path: '/jobs/create', run: notHere },
    { ...write, method: 'DELETE', path: '/jobs/:id', run: none },
  ];
}

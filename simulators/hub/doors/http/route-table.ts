// The service API as one table. Method calls are not in it but in method-calls.ts, the busiest path of the hub.
import { type ConfigurationRouteParts, configurationRoutes } from './configuration-routes.ts';
import { importExportRoutes } from './import-export-routes.ts';
import { type JobRouteParts, jobRoutes } from './job-routes.ts';
import { type MessageRouteParts, messageRoutes } from './message-routes.ts';
import { type RegistryRouteParts, registryRoutes } from './registry-routes.ts';
import type { Route } from './route.ts';
import { type TwinRouteParts, twinRoutes } from './twin-routes.ts';

export interface RouteParts
  extends RegistryRouteParts,
    TwinRouteParts,
    JobRouteParts,
    MessageRouteParts,
    ConfigurationRouteParts {}

export const routesOf = (parts: RouteParts): readonly Route[] => [
  ...registryRoutes(parts),
  ...twinRoutes(parts),
  ...jobRoutes(parts),
  ...importExportRoutes(),
  ...messageRoutes(parts),
  ...configurationRoutes(parts),
];

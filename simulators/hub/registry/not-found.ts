// What is answered about an identity that is not there: the device is missing, or only the module is.
import { type DeviceId, partsOf } from '../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Identity } from './registry.ts';

/** @param why ends the sentence about a device: `is not registered`. */
export function notFound(id: DeviceId, find: (id: string) => Identity | undefined, why = 'is not registered'): Refusal {
  const { device, module } = partsOf(id);
  return module === undefined || find(device) === undefined
    ? refuse('DeviceNotFound', `Device '${device}' ${why}.`)
    : refuse('ModuleNotFound', `Device '${device}' has no module '${module}'.`);
}

// How an identity is written in resources, topics and addresses: `devices/{device}` or `devices/{device}/modules/{module}` (reference 1.2).
import { partsOf } from '../../vocabulary/ids.ts';

export function identityPath(id: string): string {
  const { device, module } = partsOf(id);
  return module === undefined ? `devices/${device}` : `devices/${device}/modules/${module}`;
}

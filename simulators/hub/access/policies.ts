// The shared access policies a new hub has, with the rights the documents give them (reference 1.3).
import type { Policy, Right } from './access.ts';

const rightsOf = {
  iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
  service: ['ServiceConnect'],
  device: ['DeviceConnect'],
  registryRead: ['RegistryRead'],
  registryReadWrite: ['RegistryRead', 'RegistryWrite'],
} as const satisfies Record<string, readonly Right[]>;

/** Bytes of a fresh key; the service makes keys of this length too. */
export const keyBytes = 32;

/** The five policies with fresh keys. */
export function defaultPolicies(randomBytes: (count: number) => Buffer): Policy[] {
  const key = () => randomBytes(keyBytes).toString('base64');
  return Object.entries(rightsOf).map(([name, rights]) => ({ name, rights, primaryKey: key(), secondaryKey: key() }));
}

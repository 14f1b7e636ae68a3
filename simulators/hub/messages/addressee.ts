// Whom a cloud-to-device message is for, out of its `to`: `/devices/{d}/messages/devicebound`, with `/modules/{m}` for a module (reference 4.6).
import { type DeviceId, isIdentityId } from '../../vocabulary/ids.ts';

// Words in any case and with or without the first slash: clients differ.
const toPattern = /^\/?devices\/([^/]+)(?:\/modules\/([^/]+))?\/messages\/devicebound\/?$/i;

/**
 * The identities it may mean, the likelier first: ids are percent-encoded by most clients, not by all, and `%` may be part of an id.
 * None when it names none.
 */
export function addresseesOf(to: string | undefined): readonly DeviceId[] {
  const found = toPattern.exec(to ?? '');
  if (found === null) return [];
  const written = [found[1], found[2]].filter((part) => part !== undefined);
  const plain = written.map(decoded);
  return [...new Set([plain, written].map((parts) => parts.join('/')))].filter(isIdentityId);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

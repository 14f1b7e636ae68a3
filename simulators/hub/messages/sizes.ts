// How large a message is to the hub: its body, the values of its system properties, names and values of the application's (reference 8).
import { kilobytes } from '../../vocabulary/units.ts';
import type { Message } from './messages.ts';

/** Device to cloud, bytes. */
export const largestTelemetry = kilobytes(256);
/** Cloud to device, bytes. */
export const largestCommand = kilobytes(64);

export function sizeOf({ body, system, application }: Message): number {
  let bytes = body.length;
  // for..in, here and below: every message passes, most have no properties, and lists of none are made too. Neither object inherits a name.
  for (const name in system) {
    const value = system[name as keyof Message['system']];
    // A moment counts with its eight bytes.
    bytes += typeof value === 'string' ? Buffer.byteLength(value) : 8;
  }
  for (const name in application) bytes += Buffer.byteLength(name) + Buffer.byteLength(application[name] ?? '');
  return bytes;
}

function hasMembers(object: object): boolean {
  for (const _ in object) return true;
  return false;
}

/** System properties under the names of this program and the application's under theirs, for facts; undefined when there are none. */
export function shownProperties({ system, application }: Message): Readonly<Record<string, string>> | undefined {
  if (!hasMembers(system) && !hasMembers(application)) return undefined;
  const shown: [string, string][] = [];
  for (const [name, value] of Object.entries(system)) {
    if (value !== undefined) shown.push([name, typeof value === 'number' ? new Date(value).toISOString() : value]);
  }
  shown.push(...Object.entries(application));
  return shown.length === 0 ? undefined : Object.fromEntries(shown);
}

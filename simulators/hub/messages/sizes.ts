// How large a message is to the hub: its body, the values of its system properties, names and values of the application's (reference 8).
import { kilobytes } from '../../vocabulary/units.ts';
import type { Message } from './messages.ts';

/** Device to cloud, bytes. */
export const largestTelemetry = kilobytes(256);
/** Cloud to device, bytes. */
export const largestCommand = kilobytes(64);

export function sizeOf({ body, system, application }: Message): number {
  let bytes = body.length;
  // A moment counts with its eight bytes.
  for (const value of Object.values(system)) bytes += typeof value === 'string' ? Buffer.byteLength(value) : 8;
  for (const [name, value] of Object.entries(application)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}

/** System properties under the names of this program and the application's under theirs, for facts; undefined when there are none. */
export function shownProperties({ system, application }: Message): Readonly<Record<string, string>> | undefined {
  const shown: [string, string][] = [];
  for (const [name, value] of Object.entries(system)) {
    if (value !== undefined) shown.push([name, typeof value === 'number' ? new Date(value).toISOString() : value]);
  }
  shown.push(...Object.entries(application));
  return shown.length === 0 ? undefined : Object.fromEntries(shown);
}

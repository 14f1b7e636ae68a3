// Names of things. A bare string never crosses a folder: ids are made here, once, after they were checked.
import { z } from 'zod';

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A device identity on a hub: 1 to 128 of ASCII letters, digits and `- : . + % _ # * ? ! ( ) , = @ ; $ '` (reference 4.3). Case matters. */
export type DeviceId = Branded<string, 'DeviceId'>;
// A module is an identity of its own with twin, methods and connection. Everywhere an identity is meant, a module's is `device/module`:
// neither part can hold a slash, and it is how the wire writes it (MQTT client id, reference 2.3).
/** A fleet of virtual devices: 1 to 64 of letters, digits, `-` and `_`. */
export type FleetName = Branded<string, 'FleetName'>;
/** A fault: same characters as a fleet's name. */
export type FaultName = Branded<string, 'FaultName'>;
/** A direct-method request id: lower-case hexadecimal text, unique in one run of the hub. An SDK must echo it as text (reference 2.7). */
export type RequestId = Branded<string, 'RequestId'>;

export const deviceIdPattern = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
const namePattern = /^[A-Za-z0-9_-]{1,64}$/;

export const isDeviceId = (text: string): text is DeviceId => deviceIdPattern.test(text);

/** `device`, or `device/module`. */
export const isIdentityId = (text: string): text is DeviceId => {
  const slash = text.indexOf('/');
  return slash === -1 ? isDeviceId(text) : isDeviceId(text.slice(0, slash)) && isDeviceId(text.slice(slash + 1));
};
export const identityId = (device: string, module: string | undefined): DeviceId =>
  (module === undefined ? device : `${device}/${module}`) as DeviceId;
/** The device an identity is or belongs to, and the module's own name. */
export function partsOf(id: string): { readonly device: string; readonly module?: string } {
  const slash = id.indexOf('/');
  return slash === -1 ? { device: id } : { device: id.slice(0, slash), module: id.slice(slash + 1) };
}

/** For ids that were checked before, or that our own code composed from checked parts. */
export const deviceId = (text: string): DeviceId => text as DeviceId;
export const fleetName = (text: string): FleetName => text as FleetName;
export const faultName = (text: string): FaultName => text as FaultName;
export const requestId = (text: string): RequestId => text as RequestId;

export const deviceIdSchema = z
  .string()
  .regex(deviceIdPattern, "a device id has 1 to 128 characters out of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '")
  .transform(deviceId);
/** A device's id, or a module's: `device/module`. */
export const identityIdSchema = z
  .string()
  .refine(isIdentityId, "expected a device's id, or device/module for a module, each of 1 to 128 characters")
  .transform(deviceId);
export const fleetNameSchema = z
  .string()
  .regex(namePattern, 'a fleet name has 1 to 64 letters, digits, - or _')
  .transform(fleetName);
export const faultNameSchema = z
  .string()
  .regex(namePattern, 'a fault name has 1 to 64 letters, digits, - or _')
  .transform(faultName);

// Values of flags: read from text, or refused with a sentence that names the flag, the value and the allowed range.
import { InvalidArgumentError } from 'commander';
import { isDeviceId, isIdentityId } from '../../simulators/vocabulary/ids.ts';

/** A whole number from `low` to `high`. Commander puts the flag and the value in front of the sentence. */
export const wholeNumber =
  (low: number, high: number, unit = '') =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) {
      throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}${unit}.`);
    }
    return value;
  };

export const port = wholeNumber(0, 65_535, ', 0 for any free one');

export const hostName = (text: string): string => {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]*[A-Za-z0-9]$/.test(text) || text.length > 253) {
    throw new InvalidArgumentError('Expected a host name with a dot in it, such as 127.0.0.1 or hub.example.test.');
  }
  return text;
};

/** JSON text, checked and handed on as it is: the hub passes it to the device byte for byte. */
export const jsonText = (text: string): string => {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`Expected JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (Buffer.byteLength(text) > 131_072) throw new InvalidArgumentError('Expected at most 128 KB (131072 bytes).');
  return text;
};

const idRule = "1 to 128 characters out of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '";

export function deviceId(text: string): string {
  if (isDeviceId(text)) return text;
  throw new InvalidArgumentError(
    isIdentityId(text)
      ? 'Expected a device; modules have commands of their own: hubfleet modules.'
      : `Expected ${idRule}.`,
  );
}

/** A device, or a module of one. */
export function identity(text: string): string {
  if (isIdentityId(text)) return text;
  throw new InvalidArgumentError(`Expected a device id of ${idRule}; a module's is device/module.`);
}

/** JSON text of an object, read. */
export function jsonObject(text: string): object {
  const value: unknown = JSON.parse(jsonText(text));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError('Expected a JSON object.');
}

/** The hub's rule for ids of jobs is that for ids of devices. */
export function jobId(text: string): string {
  if (isDeviceId(text)) return text;
  throw new InvalidArgumentError(`Expected ${idRule}.`);
}

/** Of commands that run a hub. */
export const deviceCaFlag = [
  '--device-ca <file...>',
  'CA whose certificates devices may show, as hubfleet certs ca makes it',
] as const;

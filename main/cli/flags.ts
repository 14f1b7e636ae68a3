// Values of flags: read from text, or refused with a sentence that names the flag, the value and the allowed range.
import { InvalidArgumentError } from 'commander';

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

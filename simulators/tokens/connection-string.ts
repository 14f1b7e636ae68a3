// Connection strings of hubs, devices and modules: read into named parts and written back (reference 1.1).

import { LabError } from '../vocabulary/errors.ts';
import { deviceIdPattern } from '../vocabulary/ids.ts';

/** The parts of a connection string. Keys are base64 text; nothing is percent-encoded. */
export interface ConnectionString {
  readonly hostName: string;
  readonly deviceId?: string;
  readonly moduleId?: string;
  readonly sharedAccessKeyName?: string;
  readonly sharedAccessKey?: string;
  readonly sharedAccessSignature?: string;
  readonly gatewayHostName?: string;
  /** True for a device that proves itself with a certificate. */
  readonly x509?: boolean;
}

type Writable = { -readonly [Part in keyof ConnectionString]?: ConnectionString[Part] };

/** Part -> the name it has in the text, in the order in which it is written. */
const names = {
  hostName: 'HostName',
  deviceId: 'DeviceId',
  moduleId: 'ModuleId',
  sharedAccessKeyName: 'SharedAccessKeyName',
  sharedAccessKey: 'SharedAccessKey',
  sharedAccessSignature: 'SharedAccessSignature',
  gatewayHostName: 'GatewayHostName',
  x509: 'x509',
} as const satisfies Record<keyof ConnectionString, string>;
type Part = keyof typeof names;

const parts = Object.keys(names) as Part[];
const partOf = new Map(parts.map((part) => [names[part].toLowerCase(), part]));
const known = Object.values(names).join(', ');
const example = 'HostName=<host>;SharedAccessKeyName=<policy>;SharedAccessKey=<key>';

const hostPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const policyPattern = /^[A-Za-z0-9_@.-]+$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const idRule = "expected 1 to 128 characters out of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '";

/** What is wrong with a value, or undefined. A key is never repeated in the sentence. */
const checks: { readonly [Name in Part]?: (value: string) => string | undefined } = {
  hostName: (value) =>
    hostPattern.test(value) ? undefined : `'${value}' is not a host name; write it without scheme, port and path`,
  gatewayHostName: (value) =>
    hostPattern.test(value) ? undefined : `'${value}' is not a host name; write it without scheme, port and path`,
  deviceId: (value) => (deviceIdPattern.test(value) ? undefined : `'${value}': ${idRule}`),
  moduleId: (value) => (deviceIdPattern.test(value) ? undefined : `'${value}': ${idRule}`),
  sharedAccessKeyName: (value) =>
    policyPattern.test(value) ? undefined : `'${value}': expected letters, digits, - _ @ or .`,
  sharedAccessKey: (value) =>
    value !== '' && base64Pattern.test(value) ? undefined : 'the key is not base64 text; copy it again',
  x509: (value) => (/^(true|false)$/i.test(value) ? undefined : `'${value}': expected true or false`),
};

function refuse(field: string, problem: string): never {
  throw new LabError(
    'connection-string.invalid',
    `connection string: ${field}: ${problem}`,
    `Expected ${example}, or DeviceId=<id> in place of the policy name.`,
  );
}

/**
 * Reads `Key=Value;Key=Value`; names are matched whatever their case, one trailing `;` is let pass. An id with `;`
 * in it cannot be written this way, as in every SDK. Throws LabError connection-string.invalid naming the field.
 */
export function parseConnectionString(text: string): ConnectionString {
  const found: Writable = {};
  for (const pair of text.trim().replace(/;$/, '').split(';')) {
    const split = pair.indexOf('='); // the first one: base64 keys end in '='
    if (split <= 0) refuse(excerptOf(pair), `expected Name=Value with a name out of ${known}`);
    const name = pair.slice(0, split).trim();
    const part = partOf.get(name.toLowerCase());
    if (part === undefined) refuse(excerptOf(name), `not a known name; known are ${known}`);
    if (found[part] !== undefined) refuse(names[part], 'given twice');
    const value = pair.slice(split + 1).trim();
    const problem = checks[part]?.(value) ?? (value === '' ? 'is empty' : undefined);
    if (problem !== undefined) refuse(names[part], problem);
    if (part === 'x509') found.x509 = value.toLowerCase() === 'true';
    else found[part] = value;
  }
  const { hostName } = found;
  if (hostName === undefined) refuse('HostName', 'is missing');
  if (found.moduleId !== undefined && found.deviceId === undefined) {
    refuse('DeviceId', 'is missing; a module belongs to a device');
  }
  if (found.sharedAccessKeyName !== undefined && found.sharedAccessKey === undefined && !found.sharedAccessSignature) {
    refuse('SharedAccessKey', `is missing for policy '${found.sharedAccessKeyName}'`);
  }
  const proofs = [found.sharedAccessKey, found.sharedAccessSignature, found.x509 || undefined];
  if (proofs.filter((proof) => proof !== undefined).length > 1) {
    refuse('SharedAccessKey', 'give only one of SharedAccessKey, SharedAccessSignature and x509=true');
  }
  return { ...found, hostName };
}

/** What stands where a name should may be a key: past the length of a name only its first 6 characters are shown. */
const excerptOf = (text: string): string =>
  text.trim() === '' ? 'an empty part' : `'${text.length > 24 ? `${text.slice(0, 6)}...` : text}'`;

/** Writes the parts in the order the documents use; parts that are undefined (and x509=false) are left out. */
export function formatConnectionString(of: ConnectionString): string {
  return parts
    .flatMap((part) => {
      const value = of[part];
      return value === undefined || value === false ? [] : [`${names[part]}=${value}`];
    })
    .join(';');
}

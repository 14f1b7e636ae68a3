// How an identity made from the command line is to prove itself: by a key of the hub's, a certificate it is registered by, or a CA the hub trusts.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { certificatesIn, thumbprintsOf } from '../../simulators/certificates/pair.ts';
import { formatConnectionString } from '../../simulators/tokens/connection-string.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { partsOf } from '../../simulators/vocabulary/ids.ts';
import { type AuthenticationKind, authenticationKinds } from '../../simulators/vocabulary/specs.ts';
import type { CliHost } from './host.ts';
import { readCertificates } from './pem-files.ts';

export interface AuthenticationFlags {
  readonly auth?: AuthenticationKind;
  readonly certificate?: readonly string[];
  readonly thumbprint?: readonly string[];
}

/** What the registry says of an identity's proof; keys are there for sas alone. */
export interface Registered {
  readonly authentication?: {
    readonly type?: string;
    readonly symmetricKey?: { readonly primaryKey?: string | null };
  };
}

export const withAuthenticationFlags = (command: Command): Command =>
  command
    .addOption(
      new Option('--auth <kind>', 'how it proves itself; sas, or x509-self-signed with a certificate').choices(
        authenticationKinds,
      ),
    )
    .option(
      '--certificate <file>',
      'PEM file it is registered by, as hubfleet certs device --self-signed makes it; again for the secondary',
      anotherText,
    )
    .option('--thumbprint <digits>', 'the same by SHA-1 or SHA-256; again for the secondary', anotherThumbprint);

/** What the registry is told (reference 4.3); undefined lets it make keys. Throws LabError when flags do not go together, or a file is no certificate. */
export function authenticationOf(
  { auth, certificate = [], thumbprint = [] }: AuthenticationFlags,
  host: CliHost,
): object | undefined {
  const prints = [...certificate.map((file) => printOf(file, host)), ...thumbprint];
  const kind = auth ?? (prints.length > 0 ? 'x509-self-signed' : 'sas');
  if (prints.length > 2) {
    throw new LabError('input.invalid', `--certificate, --thumbprint: ${prints.length} given; at most two are kept`);
  }
  if (kind === 'x509-self-signed' && prints.length === 0) {
    throw new LabError('input.invalid', '--auth x509-self-signed: needs --certificate or --thumbprint');
  }
  if (kind !== 'x509-self-signed' && prints.length > 0) {
    throw new LabError('input.invalid', `--auth ${kind}: goes without --certificate and --thumbprint`);
  }
  if (kind === 'sas') return undefined;
  if (kind === 'x509-ca') return { type: 'certificateAuthority' };
  const [primaryThumbprint, secondaryThumbprint = null] = prints;
  return { type: 'selfSigned', x509Thumbprint: { primaryThumbprint, secondaryThumbprint } };
}

/** The connection string of an identity as it was registered: with its key, or with the word that it shows a certificate. */
export function connectionStringTo(hostName: string, id: string, { authentication }: Registered): string {
  const { device: deviceId, module: moduleId } = partsOf(id);
  const key = authentication?.symmetricKey?.primaryKey;
  const byCertificate = authentication?.type === 'selfSigned' || authentication?.type === 'certificateAuthority';
  if (!key && !byCertificate) throw new LabError('hub.refused', `${id} was created without a key`);
  return formatConnectionString({
    ...{ hostName, deviceId },
    ...(moduleId === undefined ? {} : { moduleId }),
    ...(key ? { sharedAccessKey: key } : { x509: true }),
  });
}

/** By SHA-256; of a chain the first certificate, which is the device's own. */
const printOf = (file: string, host: CliHost): string =>
  certificatesIn(readCertificates('--certificate', file, host)).map((own) => thumbprintsOf(own).sha256)[0] ?? '';

const anotherText = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Colons, as openssl writes them, are let pass. */
function anotherThumbprint(text: string, before: readonly string[] = []): readonly string[] {
  const digits = text.replaceAll(':', '').toUpperCase();
  if (/^([0-9A-F]{40}|[0-9A-F]{64})$/.test(digits)) return [...before, digits];
  throw new InvalidArgumentError('Expected 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.');
}

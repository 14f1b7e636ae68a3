// `hubfleet certs`: certificates for devices that authenticate by X.509, good ones and ones that a hub must refuse.
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type DevicePair, type Pair, thumbprintsOf } from '../../simulators/certificates/pair.ts';
import { ensureAuthority } from '../../simulators/hub/certificates/certificates.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { openDataFolder, readIfThere, reasonOf, writeWhole } from '../workspace/data-folder.ts';
import { identity } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';

interface FolderFlags {
  readonly out: string;
  readonly json?: boolean;
}
interface DeviceFlags extends FolderFlags {
  readonly dataDir?: string;
  readonly ca?: string;
  readonly selfSigned?: boolean;
  readonly expired?: boolean;
  readonly notYetValid?: boolean;
  readonly wrongName?: boolean;
  readonly wrongCa?: boolean;
}

/** What scripts rely on; members are only ever added. */
interface Written {
  readonly certificate: string;
  readonly key: string;
}

const caNames = { certificate: 'ca.pem', key: 'ca-key.pem' } as const;
// The library that makes certificates is slow to load, and few commands need it.
const issuing = () => import('../../simulators/certificates/issue.ts');

export function addCertsCommand(program: Command, host: CliHost, tools: CliTools): void {
  const certs = program.command('certs').description('make certificates for devices and modules');
  const issueTools = () => ({ now: tools.clock.now(), randomBytes: tools.randomBytes });

  certs
    .command('ca')
    .description('make a CA of devices; a hub is told to trust it with hubfleet hub --device-ca')
    .requiredOption('--out <folder>', `where ${caNames.certificate} and ${caNames.key} are written`)
    .option('--json', 'print one line of JSON')
    .action(async (flags: FolderFlags) => {
      const files = filesIn(resolve(host.cwd, flags.out), caNames);
      const there = Object.values(files).find((file) => existsSync(file));
      if (there !== undefined) {
        throw new LabError(
          'input.invalid',
          `--out: ${there} is there already, and a CA is never overwritten: what it signed would be worthless`,
          'Choose another folder, or move it away.',
        );
      }
      const pair = await (await issuing()).makeAuthority(issueTools());
      write(files, pair, host);
      const thumbprints = thumbprintsOf(new X509Certificate(pair.certificate));
      const { certificate: ca, key } = files;
      host.out(flags.json ? JSON.stringify({ ca, key, thumbprints }) : textOf('CA', files));
    });

  certs
    .command('device')
    .description("make a device's or module's certificate, signed by the local hub's CA unless told otherwise")
    .argument('<id>', 'device id, or device/module', identity)
    .requiredOption('--out <folder>', 'where <id>.pem (with its chain) and <id>-key.pem are written')
    .option('--self-signed', 'signed by its own key, for an identity that is registered by thumbprint')
    .option('--ca <folder>', 'signed by the CA that hubfleet certs ca made there')
    .option('--expired', 'ended yesterday')
    .option('--not-yet-valid', 'begins in a year')
    .option('--wrong-name', 'of another device: not-<id>')
    .option('--wrong-ca', 'signed by a CA that nobody knows')
    .option('--data-dir <folder>', `of the hub whose CA signs; ${host.dataDir}`)
    .option('--json', 'print one line of JSON')
    .action(async (id: string, flags: DeviceFlags) => {
      holdFlags(flags);
      const { issueDevice, makeAuthority, selfSignedDevice } = await issuing();
      const valid = flags.expired ? 'expired' : flags.notYetValid ? 'future' : 'now';
      const asked = { id: flags.wrongName ? `not-${id}` : id, valid } as const;
      let pair: DevicePair;
      let ca: string | undefined;
      if (flags.selfSigned) pair = await selfSignedDevice(asked, issueTools());
      else if (flags.wrongCa) pair = await issueDevice(await makeAuthority(issueTools()), asked, issueTools());
      else {
        const signer = await signerOf(flags, host, tools);
        ca = signer.file;
        pair = await issueDevice(signer.authority, asked, issueTools()).catch((error: unknown) => {
          throw new LabError('certificate.invalid', `${signer.file} cannot sign: ${reasonOf(error)}`, undefined, error);
        });
      }
      const files = filesIn(resolve(host.cwd, flags.out), {
        certificate: `${fileName(id)}.pem`,
        key: `${fileName(id)}-key.pem`,
      });
      const replaced = write(files, pair, host);
      const { thumbprints } = pair;
      const authentication = flags.selfSigned ? 'selfSigned' : 'certificateAuthority';
      host.out(
        flags.json
          ? JSON.stringify({ id, ...files, thumbprints, authentication, ca: ca ?? null, replaced })
          : `${textOf('certificate', files)}\n  SHA-1    ${thumbprints.sha1}\n  SHA-256  ${thumbprints.sha256}`,
      );
    });
}

function holdFlags({ selfSigned, wrongCa, ca, expired, notYetValid }: DeviceFlags): void {
  const signers = [selfSigned && '--self-signed', wrongCa && '--wrong-ca', ca && '--ca'].filter(Boolean);
  if (signers.length > 1)
    throw new LabError('input.invalid', `${signers.join(' and ')}: give one of them, a certificate has one issuer`);
  if (expired && notYetValid) throw new LabError('input.invalid', '--expired and --not-yet-valid: give one of them');
}

/** The CA that signs, and the file of its certificate. */
async function signerOf(
  { ca, dataDir }: DeviceFlags,
  host: CliHost,
  { clock, randomBytes }: CliTools,
): Promise<{ readonly authority: Pair; readonly file: string }> {
  if (ca === undefined) {
    const folder = openDataFolder(dataDir === undefined ? host.dataDir : resolve(host.cwd, dataDir)).hub;
    return ensureAuthority({ folder, clock, randomBytes });
  }
  const files = filesIn(resolve(host.cwd, ca), caNames);
  const [certificate, key] = [readIfThere(files.certificate), readIfThere(files.key)];
  if (certificate !== undefined && key !== undefined)
    return { authority: { certificate, key }, file: files.certificate };
  const missing = certificate === undefined ? files.certificate : files.key;
  throw new LabError('input.invalid', `--ca: ${missing} is not there`, `hubfleet certs ca --out ${ca} makes it.`);
}

const filesIn = (folder: string, names: Written): Written => ({
  certificate: join(folder, names.certificate),
  key: join(folder, names.key),
});

/** Both files, for the user's eyes only; gives those that were there before, and says so. */
function write(files: Written, pair: Pair, host: CliHost): readonly string[] {
  const replaced = Object.values(files).filter((file) => existsSync(file));
  try {
    writeWhole(files.key, pair.key);
    writeWhole(files.certificate, pair.certificate);
  } catch (error) {
    throw new LabError(
      'input.invalid',
      `--out: ${files.certificate} cannot be written: ${reasonOf(error)}`,
      undefined,
      error,
    );
  }
  for (const file of replaced) host.err(`replaced ${file}`);
  return replaced;
}

const textOf = (what: string, { certificate, key }: Written): string => `${what}  ${certificate}\n  key      ${key}`;

/** Ids may hold signs that file systems do not like, and a module's holds a slash. */
const fileName = (id: string): string =>
  id.replace(/[^A-Za-z0-9._-]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

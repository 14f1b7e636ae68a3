// The hub's own certificate authority and server certificate: made at first start, kept in the data folder, the server's renewed by itself.
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pair } from '../../certificates/pair.ts';
import type { Clock } from '../../clock/clock.ts';
import { LabError } from '../../vocabulary/errors.ts';
import { checkAuthority, type PairFiles, serverProblem, unusable } from './pairs.ts';

export interface CertificateOptions {
  /** Where they are kept; undefined makes fresh ones that live in memory. */
  readonly folder?: string | undefined;
  readonly hostName: string;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Buffer;
}

/** PEM texts. `serverCertificate` is the full chain: server first, then the CA. */
export interface Certificates {
  readonly caPem: string;
  readonly caFile?: string;
  readonly serverKey: string;
  readonly serverCertificate: string;
  /** One sentence each: what was made anew and why. */
  readonly notices: readonly string[];
}

/** Names inside the folder. Keys are readable by their owner alone. */
export const certificateFiles = {
  authority: { certificate: 'ca.pem', key: 'ca-key.pem' },
  server: { certificate: 'server.pem', key: 'server-key.pem' },
} as const satisfies Record<string, PairFiles>;

// The library that makes certificates takes a tenth of a second to load; most starts make none.
const issuing = () => import('../../certificates/issue.ts');

/**
 * Throws LabError certificate.invalid, naming the file and the fix, when the CA cannot be used: devices were told to trust it, so it is never
 * replaced in silence. A server certificate that cannot be used, ends within 30 days or lacks the host name is made anew.
 */
export async function ensureCertificates({
  folder,
  hostName,
  clock,
  randomBytes,
}: CertificateOptions): Promise<Certificates> {
  const tools = { now: clock.now(), randomBytes };
  if (folder === undefined) {
    const { issueServer, makeAuthority } = await issuing();
    const authority = await makeAuthority(tools);
    return result(authority, await issueServer(authority, hostName, tools), []);
  }
  const { authority, file } = await ensureAuthority({ folder, clock, randomBytes });
  const serverFiles = within(folder, certificateFiles.server);
  const server = await readPair(serverFiles, true);
  const problem = server && serverProblem(server, authority.certificate, hostName, tools.now);
  if (server && problem === undefined) return result(authority, server, [], file);
  const fresh = await (await issuing()).issueServer(authority, hostName, tools);
  await writePair(serverFiles, fresh);
  const notices = problem === undefined ? [] : [`The hub's server certificate was made anew: ${problem}.`];
  return result(authority, fresh, notices, file);
}

/** The CA of a hub's folder and the file of its certificate; made when there is none. Throws as `ensureCertificates` does. */
export async function ensureAuthority({
  folder,
  clock,
  randomBytes,
}: Pick<CertificateOptions, 'clock' | 'randomBytes'> & { readonly folder: string }): Promise<{
  readonly authority: Pair;
  readonly file: string;
}> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw unwritable(folder, error);
  });
  const files = within(folder, certificateFiles.authority);
  const there = await readPair(files);
  if (there) {
    checkAuthority(there, files, clock.now());
    await chmod(files.key, 0o600).catch(() => {}); // another user's file; it could be read, that is enough
    return { authority: there, file: files.certificate };
  }
  const authority = await (await issuing()).makeAuthority({ now: clock.now(), randomBytes });
  await writePair(files, authority);
  return { authority, file: files.certificate };
}

const result = (authority: Pair, server: Pair, notices: readonly string[], caFile?: string): Certificates => ({
  caPem: authority.certificate,
  ...(caFile === undefined ? undefined : { caFile }),
  serverKey: server.key,
  serverCertificate: server.certificate,
  notices,
});

const within = (folder: string, files: PairFiles): PairFiles => ({
  certificate: join(folder, files.certificate),
  key: join(folder, files.key),
});

/** Undefined when neither file is there; one without the other is an error unless the pair can be made anew (`replaceable`). */
async function readPair(files: PairFiles, replaceable = false): Promise<Pair | undefined> {
  const certificate = await contentOf(files.certificate);
  const key = await contentOf(files.key);
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  if (replaceable || (certificate === undefined && key === undefined)) return undefined;
  const [missing, there] = key === undefined ? [files.key, files.certificate] : [files.certificate, files.key];
  const fix = `Put it back, or move ${there} away to have a new CA made (every device must then trust it).`;
  throw unusable(missing, `is missing while ${there} is there`, fix);
}

/** Undefined when there is no such file. */
async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw unusable(path, `cannot be read: ${message}`, 'Make it a file this user may read, or move it away.', error);
  }
}

/** Both whole, or neither: a start that is cut short leaves what was there. */
async function writePair(files: PairFiles, pair: Pair): Promise<void> {
  const freshKey = `${files.key}.new`;
  const freshCertificate = `${files.certificate}.new`;
  try {
    await writeFile(freshKey, pair.key, { mode: 0o600 });
    await chmod(freshKey, 0o600); // a file left over from before keeps its mode otherwise
    await writeFile(freshCertificate, pair.certificate, { mode: 0o644 });
    await rename(freshKey, files.key);
    await rename(freshCertificate, files.certificate);
  } catch (error) {
    throw unwritable(files.certificate, error as Error);
  }
}

const unwritable = (path: string, error: Error): LabError =>
  new LabError('data-folder.unusable', `${path} cannot be written: ${error.message}`, 'Choose another folder.', error);

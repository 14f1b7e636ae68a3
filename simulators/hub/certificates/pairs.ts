// A certificate and its private key as PEM text, read from files and judged. Uses Node's own parser only.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { day, type Pair, signs } from '../../certificates/pair.ts';
import { LabError } from '../../vocabulary/errors.ts';
import type { Instant, Millis } from '../../vocabulary/units.ts';

export interface PairFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Devices in the field connect for weeks; a server certificate is made anew while it is still good this long. */
const reserve: Millis = 30 * day;
const moveAway = 'Put the right file back, or move both away to have a new CA made (every device must then trust it).';

export const unusable = (file: string, problem: string, fix: string, cause?: unknown): LabError =>
  new LabError('certificate.invalid', `${file} ${problem}`, fix, cause);

/** Holds that `pair` can sign for the hub now. Throws LabError certificate.invalid naming the file: devices were told to trust this CA. */
export function checkAuthority(pair: Pair, files: PairFiles, now: Instant): void {
  const certificate = parsed(() => new X509Certificate(pair.certificate));
  if (certificate instanceof Error) {
    throw unusable(files.certificate, 'is not a certificate in PEM form', moveAway, certificate);
  }
  const key = parsed(() => createPrivateKey(pair.key));
  if (key instanceof Error) throw unusable(files.key, 'is not a private key in PEM form', moveAway, key);
  if (!certificate.ca) throw unusable(files.certificate, 'is not the certificate of a CA', moveAway);
  if (!certificate.checkPrivateKey(key)) {
    throw unusable(files.key, `is not the key of ${files.certificate}`, moveAway);
  }
  if (!signs(key)) {
    throw unusable(files.key, 'is neither an ECDSA P-256 nor an RSA key', moveAway);
  }
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (now < from) {
    throw unusable(
      files.certificate,
      `is not valid before ${certificate.validFrom}`,
      "Set this computer's clock right.",
    );
  }
  if (now >= to) throw unusable(files.certificate, `ended on ${certificate.validTo}`, moveAway);
}

/** Why a server certificate cannot stay in use; undefined when it can. */
export function serverProblem(pair: Pair, authority: string, hostName: string, now: Instant): string | undefined {
  const certificate = parsed(() => new X509Certificate(pair.certificate));
  const key = parsed(() => createPrivateKey(pair.key));
  if (certificate instanceof Error) return 'it could not be read';
  if (key instanceof Error) return 'its key could not be read';
  if (!certificate.checkPrivateKey(key)) return 'its key belonged to another certificate';
  const ca = new X509Certificate(authority);
  if (!certificate.checkIssued(ca) || !certificate.verify(ca.publicKey)) return 'it was signed by another CA';
  if (pair.certificate.split('-----BEGIN CERTIFICATE-----').length < 3) return 'it lacked the rest of its chain';
  const named = isIP(hostName) ? certificate.checkIP(hostName) : certificate.checkHost(hostName, { subject: 'never' });
  if (named === undefined) return `it did not name ${hostName}`;
  if (now < Date.parse(certificate.validFrom)) return `it was not valid before ${certificate.validFrom}`;
  if (Date.parse(certificate.validTo) - now < reserve) return `it ended on ${certificate.validTo}`;
  return undefined;
}

function parsed<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

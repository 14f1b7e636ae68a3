// Whether a client certificate proves an identity (reference 2.3): by its thumbprint, or by a chain to a CA the hub trusts and the identity's name.
import { X509Certificate } from 'node:crypto';
import { certificatesIn, thumbprintsOf } from '../../certificates/pair.ts';
import { LabError } from '../../vocabulary/errors.ts';
import { identityId } from '../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { Identity } from '../registry/registry.ts';
import type { ClientCertificate, Grant } from './access.ts';

/** How many steps a certificate may stand below its CA. */
const longestChain = 8;

/** Reads the CAs of devices, each a PEM text of one certificate or several. Throws LabError input.invalid naming the one that is none. */
export const readAuthorities = (pems: readonly string[]): readonly X509Certificate[] =>
  pems.flatMap((pem, index) => {
    const problem = (text: string, cause?: unknown) =>
      new LabError('input.invalid', `deviceAuthorities[${index}]: ${text}`, undefined, cause);
    let read: readonly X509Certificate[];
    try {
      read = certificatesIn(pem);
    } catch (error) {
      throw problem('is not a certificate in PEM form', error);
    }
    for (const { ca, subject } of read) if (!ca) throw problem(`${oneLine(subject)} is not the certificate of a CA`);
    return read;
  });

export function checkChain(
  shown: ClientCertificate | undefined,
  identity: Identity,
  authorities: readonly X509Certificate[],
  now: Instant,
): Grant | Refusal {
  const name = identityId(identity.deviceId, identity.moduleId);
  const { type } = identity.authentication;
  if (type !== 'selfSigned' && type !== 'certificateAuthority') {
    return refused(
      `'${name}' is registered with ${type === 'sas' ? 'keys' : 'no authentication'}, not with a certificate`,
    );
  }
  const [own, ...others] = readChain(shown);
  if (own === undefined) return refused(`'${name}' must show its certificate in the TLS handshake, and showed none`);
  const grant: Grant = { expiresAt: Date.parse(own.validTo) };
  if (type === 'selfSigned') {
    const { sha1, sha256 } = thumbprintsOf(own);
    const { primaryThumbprint, secondaryThumbprint } = identity.authentication.x509Thumbprint;
    if (![primaryThumbprint, secondaryThumbprint].some((print) => print === sha1 || print === sha256)) {
      return refused(`the certificate's thumbprint ${sha1} is not one that '${name}' is registered with`);
    }
    return untimely(own, 'the certificate', now) ?? grant;
  }
  const names = commonNamesOf(own);
  if (!names.includes(name)) {
    return refused(`the certificate is of '${names.join("', '").slice(0, 300)}', not of '${name}'`);
  }
  return untimely(own, 'the certificate', now) ?? unchained(own, others, authorities, now) ?? grant;
}

/** Undefined when the certificate leads to an authority, through intermediates that came along with it. */
function unchained(
  own: X509Certificate,
  others: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: Instant,
): Refusal | undefined {
  let current = own;
  for (let step = 0; step < longestChain; step++) {
    const authority = authorities.find((one) => issued(one, current));
    if (authority !== undefined) return untimely(authority, `the CA ${oneLine(authority.subject)}`, now);
    const next = others.find((one) => one.ca && one.fingerprint256 !== current.fingerprint256 && issued(one, current));
    if (next === undefined) break;
    const problem = untimely(next, `the intermediate CA ${oneLine(next.subject)}`, now);
    if (problem !== undefined) return problem;
    current = next;
  }
  return refused(
    `the certificate was issued by ${oneLine(current.issuer)}, which this hub does not know as a CA of devices`,
  );
}

const issued = (authority: X509Certificate, certificate: X509Certificate): boolean =>
  certificate.checkIssued(authority) && certificate.verify(authority.publicKey);

function untimely({ validFrom, validTo }: X509Certificate, what: string, now: Instant): Refusal | undefined {
  if (now < Date.parse(validFrom)) return refused(`${what} is not valid before ${iso(validFrom)}`);
  if (now >= Date.parse(validTo)) return refused(`${what} expired at ${iso(validTo)}`);
  return undefined;
}

/** Empty when nothing was shown, or nothing that can be read. */
function readChain(shown: ClientCertificate | undefined): readonly X509Certificate[] {
  try {
    return (shown?.chain ?? []).map((der) => new X509Certificate(der));
  } catch {
    return [];
  }
}

/** As they stand in the certificate: the text form would escape signs an id may hold. */
function commonNamesOf(certificate: X509Certificate): readonly string[] {
  const names: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof names === 'string' ? [names] : Array.isArray(names) ? names.map(String) : [];
}

const oneLine = (subject: string): string => `'${subject.replaceAll('\n', ', ').slice(0, 200)}'`;

const iso = (date: string): string => new Date(date).toISOString();

const refused = (text: string): Refusal => refuse('IotHubUnauthorized', `Unauthorized: ${text}`);

// Whether a client certificate proves an identity (reference 2.3): by its thumbprint, or by a chain to a CA the hub trusts and the identity's name.
import { X509Certificate } from 'node:crypto';
import { certificatesIn, thumbprintsOf } from '../../certificates/pair.ts';
import { LabError } from '../../vocabulary/errors.ts';
import { identityId } from '../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { Identity } from '../registry/registry.ts';
import type { ClientCertificate, Grant } from './access.ts';
import type { KnownChains } from './known-chains.ts';

/** How many steps a certificate may stand below its CA. */
const longestChain = 8;

/** Reads the CAs of devices, each a PEM text of one certificate or several. Throws LabError input.invalid naming the one that is none. */
export const readAuthorities = (pems: readonly string[]): readonly X509Certificate[] =>
  pems.flatMap((pem, index) => {
    const problem = (text: string, cause?: unknown) =>
      new LabError('input.invalid', `deviceAuthorities[${index}]: ${text}`, undefined, cause);
    let found: readonly X509Certificate[];
    try {
      found = certificatesIn(pem);
    } catch (error) {
      throw problem('is not a certificate in PEM form', error);
    }
    for (const { ca, subject } of found) if (!ca) throw problem(`${oneLine(subject)} is not the certificate of a CA`);
    return found;
  });

/** What certificates are held against, and what was learnt of them. */
export interface Trust {
  readonly authorities: readonly X509Certificate[];
  readonly chains: KnownChains;
}

export function checkChain(
  shown: ClientCertificate | undefined,
  identity: Identity,
  trust: Trust,
  now: Instant,
): Grant | Refusal {
  const name = identityId(identity.deviceId, identity.moduleId);
  const { type } = identity.authentication;
  if (type !== 'selfSigned' && type !== 'certificateAuthority') {
    return refused(
      `'${name}' is registered with ${type === 'sas' ? 'keys' : 'no authentication'}, not with a certificate`,
    );
  }
  const [der, ...others] = shown?.chain ?? [];
  const own = der && read(der);
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
  return untimely(own, 'the certificate', now) ?? unchained(own, others, trust, now) ?? grant;
}

/** Undefined when the certificate leads to an authority, through intermediates that came along with it now or earlier. */
function unchained(
  own: X509Certificate,
  others: readonly Buffer[],
  { authorities, chains }: Trust,
  now: Instant,
): Refusal | undefined {
  const led: X509Certificate[] = [];
  let current = own;
  // Read when they are needed: most devices are of a CA that the hub knows itself, and reading is half of the work.
  let between: readonly X509Certificate[] | undefined;
  for (let step = 0; step < longestChain; step++) {
    const authority = authorities.find((one) => issued(one, current));
    if (authority !== undefined) {
      chains.keep(own, led);
      return untimely(authority, `the CA ${oneLine(authority.subject)}`, now);
    }
    between ??= others.length === 0 ? chains.of(own) : others.flatMap((der) => read(der) ?? []);
    const next = between.find((one) => one.ca && one.fingerprint256 !== current.fingerprint256 && issued(one, current));
    if (next === undefined) break;
    const problem = untimely(next, `the intermediate CA ${oneLine(next.subject)}`, now);
    if (problem !== undefined) return problem;
    led.push(next);
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

/** Undefined for bytes that are no certificate. */
function read(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
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

// Verifies SAS tokens of services and devices (reference 1.2, 1.3). 401002: the signature or the policy is wrong;
// 401003: the token is missing, malformed, expired, or its rule does not reach that far.
import type { Clock } from '../../clock/clock.ts';
import { parseToken, type SasToken, signToken, verifyToken } from '../../tokens/sas-token.ts';
import { LabError } from '../../vocabulary/errors.ts';
import { identityId } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { seconds } from '../../vocabulary/units.ts';
import type { Identity } from '../registry/registry.ts';
import type { Access, Grant, OpenToken, Policy } from './access.ts';
import { bearerIn, openBearer } from './bearer.ts';
import { checkChain, readAuthorities } from './client-certificates.ts';
import { type EntraOptions, openEntra } from './entra.ts';
import { KnownChains } from './known-chains.ts';

/** Verified service tokens remembered at once; the oldest is forgotten first and would just be verified again. */
const mostRemembered = 1_024;
/** Ten years: longer than any token in use, short enough that a slip (milliseconds for seconds) shows. */
const longestLifetime = 315_360_000;

interface Verified {
  readonly grant: Grant;
  readonly permits: OpenToken['permits'];
}

export interface AccessOptions {
  readonly clock: Clock;
  readonly hostName: string;
  readonly find: (id: string) => Identity | undefined;
  readonly policies: readonly Policy[];
  /** CAs whose certificates devices of the type `certificateAuthority` may show: PEM texts. */
  readonly authorities?: readonly string[];
  /** Left out, no Entra token is taken. */
  readonly entra?: EntraOptions | undefined;
}

/** Throws LabError input.invalid for an authority that is no certificate of a CA. */
export function openAccess(options: AccessOptions): Access {
  const { clock, hostName, find, policies } = options;
  const trust = { authorities: readAuthorities(options.authorities ?? []), chains: new KnownChains() };
  const host = hostName.toLowerCase();
  const byName = new Map(policies.map((policy) => [policy.name, policy]));
  const entra = options.entra && openEntra(options.entra, clock);
  const remembered = new Map<string, Verified>();

  /** Reads a token and holds host and expiry; the signature is still to be checked. */
  function read(text: string): { readonly token: SasToken; readonly resource: readonly string[] } | Refusal {
    const token = parseToken(text);
    if (token === undefined) {
      return refuse(
        'IotHubUnauthorized',
        bearerIn(text) === undefined
          ? 'Unauthorized: not a token of the form SharedAccessSignature sr=...&sig=...&se=...'
          : entra === undefined
            ? 'Unauthorized: an Entra token, and no issuer of such tokens is configured on this hub'
            : 'Unauthorized: an Entra token opens the service API, not a device',
      );
    }
    const resource = segmentsOf(token.sr);
    if (resource[0]?.toLowerCase() !== host) return denied(ruleOf(token), hostName);
    if (seconds(token.se) <= clock.now()) {
      const ended = new Date(Math.min(seconds(token.se), 8.64e15)).toISOString();
      return refuse('IotHubUnauthorized', `Unauthorized: the token expired at ${ended}`);
    }
    return { token, resource };
  }

  /** Whose own token it is, by what `sr` says; its signature is still to be checked. */
  function ownerOf([, devices, device, modules, module]: readonly string[]): Identity | undefined {
    if (devices !== 'devices' || device === undefined) return undefined;
    const named = (decoded: (text: string) => string) =>
      find(identityId(decoded(device), modules === 'modules' && module ? decoded(module) : undefined));
    return named((text) => text) ?? named(decodedAgain);
  }

  function policyOf(token: SasToken, name: string): Policy | Refusal {
    const policy = byName.get(name);
    if (policy === undefined)
      return refuse('IotHubUnauthorizedAccess', `Unauthorized: this hub has no policy '${name}'`);
    return verifyToken(token, policy.primaryKey) || verifyToken(token, policy.secondaryKey) ? policy : badSignature();
  }

  function verifyService(text: string): Verified | Refusal {
    const seen = read(text);
    if (seen instanceof Refusal) return seen;
    const { token, resource } = seen;
    if (token.skn === undefined) {
      // A device's own token: when it is a true one the rule lacks the right, else the signature is wrong.
      const owner = ownerOf(resource);
      return owner && signedBy(token, owner) ? denied(nameOf(owner), hostName) : badSignature();
    }
    const policy = policyOf(token, token.skn);
    if (policy instanceof Refusal) return policy;
    return {
      grant: { expiresAt: seconds(token.se), policy: policy.name },
      permits: permitsOf(policy, resource),
    };
  }

  /** The permits of a policy's token, which may be for less than the whole hub. */
  function permitsOf(policy: Policy, resource: readonly string[]): OpenToken['permits'] {
    return ({ right }, path) => {
      if (!policy.rights.includes(right)) return denied(policy.name, path ?? right);
      const reaches = resource.length === 1 || covers(resource, [host, ...(path ?? '').split('/')]);
      return reaches ? undefined : denied(policy.name, path ?? hostName);
    };
  }

  function remember(text: string, verified: Verified): void {
    if (remembered.size >= mostRemembered) {
      for (const oldest of remembered.keys()) {
        remembered.delete(oldest);
        break;
      }
    }
    remembered.set(text, verified);
  }

  const access: Access = {
    policies,

    openToken(text): OpenToken | Refusal | Promise<OpenToken | Refusal> {
      const jwt = bearerIn(text);
      if (jwt !== undefined && entra) return openBearer(jwt, entra);
      const seen = read(text);
      if (seen instanceof Refusal) return seen;
      const { token, resource } = seen;
      const expiresAt = seconds(token.se);
      if (token.skn === undefined) {
        const owner = ownerOf(resource);
        if (owner === undefined || !signedBy(token, owner)) return badSignature();
        return {
          expiresAt,
          subject: nameOf(owner),
          permits: ({ right }, path) => denied(nameOf(owner), path ?? right),
          admits: (identity) => {
            const granted = access.checkDevice(text, identity);
            return granted instanceof Refusal ? granted : undefined;
          },
        };
      }
      const policy = policyOf(token, token.skn);
      if (policy instanceof Refusal) return policy;
      return {
        expiresAt,
        subject: policy.name,
        permits: permitsOf(policy, resource),
        admits: (identity) => {
          const granted = access.checkDevice(text, identity);
          return granted instanceof Refusal ? granted : undefined;
        },
      };
    },

    checkCertificate(certificate, identity) {
      return identity.status === 'disabled'
        ? disabled(identity)
        : checkChain(certificate, identity, trust, clock.now());
    },

    checkService(authorization, permission, path, verb) {
      if (!authorization) return refuse('IotHubUnauthorized', 'Unauthorized: the Authorization header is missing');
      const judge = (verified: Verified): Grant | Refusal => verified.permits(permission, path, verb) ?? verified.grant;
      const known = remembered.get(authorization);
      if (known !== undefined && known.grant.expiresAt > clock.now()) return judge(known);
      remembered.delete(authorization);
      const jwt = bearerIn(authorization);
      if (jwt !== undefined && entra) {
        return openBearer(jwt, entra).then((opened) => {
          if (opened instanceof Refusal) return opened;
          const verified = { grant: { expiresAt: opened.expiresAt }, permits: opened.permits };
          remember(authorization, verified);
          return judge(verified);
        });
      }
      const fresh = verifyService(authorization);
      if (fresh instanceof Refusal) return fresh;
      remember(authorization, fresh);
      return judge(fresh);
    },

    checkDevice(text, identity) {
      const seen = read(text);
      if (seen instanceof Refusal) return seen;
      const { token, resource } = seen;
      if (identity.status === 'disabled') return disabled(identity);
      const name = nameOf(identity);
      const whole = [host, 'devices', identity.deviceId, ...(identity.moduleId ? ['modules', identity.moduleId] : [])];
      if (!covers(resource, whole)) return denied(ruleOf(token), name);
      const expiresAt = seconds(token.se);
      if (token.skn === undefined) {
        // Whose key to try stands in `sr`: the bare host names no device, and a device's own token is none of its modules'.
        if (resource.length < whole.length) return denied(ruleOf(token), name);
        const { type } = identity.authentication;
        if (type !== 'sas')
          return refuse(
            'IotHubUnauthorized',
            `Unauthorized: '${name}' is registered with ${kinds[type]}, not with keys`,
          );
        return signedBy(token, identity) ? { expiresAt } : badSignature();
      }
      const policy = policyOf(token, token.skn);
      if (policy instanceof Refusal) return policy;
      if (!policy.rights.includes('DeviceConnect')) return denied(policy.name, name);
      return { expiresAt, policy: policy.name };
    },

    serviceToken(name, lifetimeSeconds) {
      const policy = byName.get(name);
      if (policy === undefined) {
        throw new LabError('input.invalid', `policy: '${name}' is not one of ${[...byName.keys()].join(', ')}`);
      }
      if (!(lifetimeSeconds >= 1 && lifetimeSeconds <= longestLifetime)) {
        throw new LabError(
          'input.invalid',
          `lifetimeSeconds: ${lifetimeSeconds} is not within 1 to ${longestLifetime} (ten years)`,
        );
      }
      const expiresAt = clock.now() + seconds(lifetimeSeconds);
      return signToken({ resource: hostName, key: policy.primaryKey, expiresAt, policy: name });
    },
  };
  return access;
}

/** The decoded path of `sr`; parseToken has made sure that it can be decoded. */
const segmentsOf = (sr: string): string[] => decodeURIComponent(sr).replace(/\/$/, '').split('/');

/** Prefix by segment: `host/devices/a` does not cover `host/devices/ab`. Host names were compared before, ids keep their case. */
const covers = (resource: readonly string[], wanted: readonly string[]): boolean =>
  resource.length <= wanted.length &&
  resource.every(
    (segment, index) => index === 0 || segment === wanted[index] || decodedAgain(segment) === wanted[index],
  );

/** .NET encodes an id, and then the whole of `sr` with it: one decoding leaves `a%23b` of `a#b`. */
function decodedAgain(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function signedBy(token: SasToken, identity: Identity): boolean {
  const { primaryKey, secondaryKey } = identity.authentication.symmetricKey;
  return (
    (primaryKey !== null && verifyToken(token, primaryKey)) ||
    (secondaryKey !== null && verifyToken(token, secondaryKey))
  );
}

const nameOf = (identity: Identity): string => identityId(identity.deviceId, identity.moduleId);

const kinds = {
  selfSigned: 'the thumbprint of a certificate',
  certificateAuthority: 'a certificate',
  none: 'no authentication',
} as const;

const disabled = ({ deviceId }: Identity): Refusal =>
  refuse('IotHubUnauthorized', `Unauthorized: device '${deviceId}' is disabled`);

const ruleOf = (token: SasToken): string => token.skn ?? decodeURIComponent(token.sr);

const badSignature = (): Refusal => refuse('IotHubUnauthorizedAccess', 'Unauthorized: the signature does not verify');

const denied = (rule: string, wanted: string): Refusal =>
  refuse('IotHubUnauthorized', `Authorization rule '${rule}' does not allow access for '${wanted}'.`);

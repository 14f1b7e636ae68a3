// Entra tokens of services (reference 1.4): who issued one, for whom, until when, and which data actions its roles allow.
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../clock/clock.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { type Instant, type Millis, seconds } from '../../vocabulary/units.ts';
import type { DataAction } from './access.ts';

/** Plain data: it crosses threads. Without `keySetUrl` and `keys` the issuer's `.well-known/openid-configuration` says where its keys are. */
export interface EntraOptions {
  /** `iss` of its tokens, with or without a slash at the end. */
  readonly issuer: string;
  readonly keySetUrl?: string;
  readonly keys?: JSONWebKeySet;
  /** @default https://iothubs.azure.net */
  readonly audience?: string;
}

export interface Principal {
  /** The object id, or what stands for it in the token. */
  readonly id: string;
  /** Includes the tolerance. */
  readonly expiresAt: Instant;
  allows(action: DataAction): boolean;
}

export interface EntraTokens {
  /** 401002 for a signature that does not hold, 401003 for any other fault of the token, 503001 when the issuer's keys cannot be had. */
  verify(token: string): Promise<Principal | Refusal>;
}

export const entraAudience = 'https://iothubs.azure.net';
/** How far the issuer's clock may be from ours. */
const tolerance: Millis = seconds(60);
const longestToken = 16_384;
const fetchPatience: Millis = seconds(5);
/** No shared secrets: who can check a token must not be able to make one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** The built-in roles and their data actions; a `*` stands for any. */
const roles: ReadonlyMap<string, RegExp> = new Map([
  ['iot hub data contributor', /^/],
  ['iot hub data reader', /\/read$|^fileUpload\/notifications\/action$/],
  ['iot hub registry contributor', /^devices\//],
  ['iot hub twin contributor', /^twins\//],
]);

export function openEntra(options: EntraOptions, clock: Clock): EntraTokens {
  const issuers = withAndWithoutSlash(options.issuer);
  const audiences = withAndWithoutSlash(options.audience ?? entraAudience);
  let keys: Promise<JWTVerifyGetKey> | undefined;

  async function keysOf(): Promise<JWTVerifyGetKey> {
    // Loaded when a token comes: most hubs never see one.
    const { createLocalJWKSet, createRemoteJWKSet } = await import('jose');
    if (options.keys !== undefined) return createLocalJWKSet(options.keys);
    const url = options.keySetUrl ?? (await discovered(options.issuer));
    return createRemoteJWKSet(new URL(url), { timeoutDuration: fetchPatience });
  }

  return {
    async verify(token) {
      if (token.length > longestToken) return invalid(`it is longer than ${longestToken} characters`);
      keys ??= keysOf();
      let getKey: JWTVerifyGetKey;
      try {
        getKey = await keys;
      } catch (error) {
        keys = undefined; // the next token asks again
        return unreachable(options.issuer, error);
      }
      try {
        const { jwtVerify } = await import('jose');
        const { payload } = await jwtVerify(token, getKey, {
          algorithms,
          issuer: issuers,
          audience: audiences,
          requiredClaims: ['exp'],
          currentDate: new Date(clock.now()),
          clockTolerance: tolerance / 1_000,
        });
        const { oid, sub, appid, exp = 0 } = payload;
        const named = [oid, sub, appid].find((id) => typeof id === 'string' && id !== '');
        return {
          id: String(named ?? 'without a name'),
          expiresAt: seconds(exp) + tolerance,
          allows: actionsOf(payload.roles),
        };
      } catch (error) {
        return refusalOf(error, options, token);
      }
    },
  };
}

function actionsOf(given: unknown): Principal['allows'] {
  const names: unknown[] = Array.isArray(given) ? given : [given];
  const patterns = names.flatMap((name) => {
    const pattern = typeof name === 'string' ? roles.get(name.toLowerCase()) : undefined;
    return pattern === undefined ? [] : [pattern];
  });
  return (action) => patterns.some((pattern) => pattern.test(action));
}

async function discovered(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(fetchPatience) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const { jwks_uri } = (await answer.json()) as { jwks_uri?: unknown };
  if (typeof jwks_uri !== 'string') throw new Error(`${url} names no jwks_uri`);
  return jwks_uri;
}

/** By the codes of jose; an error without one comes from fetching the keys. */
function refusalOf(error: unknown, { issuer, audience = entraAudience }: EntraOptions, token: string): Refusal {
  const { code = '', claim, reason } = error as { code?: string; claim?: string; reason?: string };
  switch (code) {
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return refuse('IotHubUnauthorizedAccess', "Unauthorized: the token's signature does not verify");
    case 'ERR_JWKS_NO_MATCHING_KEY':
    case 'ERR_JWKS_MULTIPLE_MATCHING_KEYS':
      return refuse('IotHubUnauthorizedAccess', `Unauthorized: no key of the issuer ${issuer} signed the token`);
    case 'ERR_JWT_EXPIRED':
      return invalid(`it expired at ${momentOf(token, 'exp')}`);
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      if (claim === 'iss') return invalid(`its issuer (iss) is not ${issuer}`);
      if (claim === 'aud') return invalid(`its audience (aud) is not ${audience}`);
      if (claim === 'nbf') return invalid(`it is not valid before ${momentOf(token, 'nbf')}`);
      return invalid(`its claim ${claim} is ${reason === 'missing' ? 'missing' : 'not valid'}`);
    case 'ERR_JWS_INVALID':
    case 'ERR_JWT_INVALID':
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
    case 'ERR_JOSE_NOT_SUPPORTED':
      return invalid(error instanceof Error ? error.message.slice(0, 200) : 'it cannot be read');
    default:
      return unreachable(issuer, error);
  }
}

/** For a token whose signature held; it was read once already. */
function momentOf(token: string, claim: 'exp' | 'nbf'): string {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, number>;
  return new Date(Math.min(seconds(payload[claim] ?? 0), 8.64e15)).toISOString();
}

const invalid = (why: string): Refusal => refuse('IotHubUnauthorized', `Unauthorized: the Entra token: ${why}`);

const unreachable = (issuer: string, error: unknown): Refusal => {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  const why = `${message ?? String(error)}${cause?.message ? `: ${cause.message}` : ''}`.slice(0, 300);
  return refuse('ServiceUnavailable', `The keys of the Entra issuer ${issuer} cannot be had: ${why}`);
};

const withAndWithoutSlash = (text: string): string[] => {
  const bare = text.replace(/\/+$/, '');
  return [bare, `${bare}/`];
};

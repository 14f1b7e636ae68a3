// Shared access signatures: signed, read and verified as text (reference 1.2). Pure; who may do what is the hub's business.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../vocabulary/units.ts';

const scheme = 'SharedAccessSignature ';

/** A token's fields as received: `sr` still percent-encoded, `sig` decoded to base64 text, `se` in whole seconds since the epoch. */
export interface SasToken {
  readonly sr: string;
  readonly sig: string;
  readonly se: number;
  readonly skn?: string;
}

export interface TokenOptions {
  /** Host, `{host}/devices/{id}` or `{host}/devices/{id}/modules/{module}`; not yet encoded. */
  readonly resource: string;
  /** Base64 text. */
  readonly key: string;
  /** Rounded up to the next whole second: the token never ends earlier than asked. */
  readonly expiresAt: Instant;
  /** Name of the shared access policy the key belongs to; left out for a device's own key. */
  readonly policy?: string | undefined;
}

export function signToken({ resource, key, expiresAt, policy }: TokenOptions): string {
  const sr = encodeURIComponent(resource);
  const se = Math.ceil(expiresAt / 1_000);
  const sig = encodeURIComponent(signatureOf(sr, se, key));
  const skn = policy === undefined ? '' : `&skn=${encodeURIComponent(policy)}`;
  return `${scheme}sr=${sr}&sig=${sig}&se=${se}${skn}`;
}

/**
 * Reads a token; undefined when it is not one. Fields come in any order (Node writes `sr, sig, skn, se`, Python `sr, sig, se, skn`),
 * each at most once; unknown ones are let pass.
 */
export function parseToken(text: string): SasToken | undefined {
  if (text.length > longestToken || text.slice(0, scheme.length).toLowerCase() !== scheme.toLowerCase())
    return undefined;
  const found = new Map<string, string>();
  for (const field of text.slice(scheme.length).trim().split('&')) {
    const split = field.indexOf('=');
    const name = field.slice(0, split);
    if (split <= 0 || found.has(name)) return undefined;
    found.set(name, field.slice(split + 1));
  }
  const sr = found.get('sr');
  const sig = decoded(found.get('sig'));
  const se = found.get('se');
  const skn = found.get('skn');
  if (!sr || !sig || se === undefined || !/^\d{1,13}$/.test(se) || decoded(sr) === undefined) return undefined;
  if (skn === undefined || skn === '') return { sr, sig, se: Number(se) };
  const policy = decoded(skn);
  return policy === undefined ? undefined : { sr, sig, se: Number(se), skn: policy };
}

/** Whether `key` made the signature. The HMAC covers the received `sr` text as it stands: SDKs differ in how they encode it. */
export function verifyToken(token: SasToken, key: string): boolean {
  // Compared as text: decoding base64 would let pass what follows it.
  const expected = Buffer.from(signatureOf(token.sr, token.se, key));
  const given = Buffer.from(token.sig);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** No token of any SDK comes near; keeps a hostile header from costing much. */
const longestToken = 4_096;

/** Base64 text. */
const signatureOf = (sr: string, se: number, key: string): string =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

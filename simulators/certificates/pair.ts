// A certificate with its private key as PEM text, and what is known of one without asking anybody.
import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Millis } from '../vocabulary/units.ts';

/** `certificate` is the full chain as far as there is one: the holder's own first. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** Upper-case hexadecimal without separators, as a registry takes them. */
export interface Thumbprints {
  readonly sha1: string;
  readonly sha256: string;
}

/** What a device shows: a pair, with the thumbprints a self-signed identity is registered by. */
export interface DevicePair extends Pair {
  readonly thumbprints: Thumbprints;
}

export const day: Millis = 86_400_000;

export const thumbprintsOf = ({ fingerprint, fingerprint256 }: X509Certificate): Thumbprints => ({
  sha1: fingerprint.replaceAll(':', ''),
  sha256: fingerprint256.replaceAll(':', ''),
});

/** Each certificate of a PEM text by itself. Throws what Node throws for a text that is none. */
export const certificatesIn = (pem: string): readonly X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [pem]).map(
    (text) => new X509Certificate(text),
  );

/** What can sign here: P-256, or RSA for a CA of the user's own. */
export const signs = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'rsa' ||
  (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1');

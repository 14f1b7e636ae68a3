// The SASL layer (reference 3.1): what is offered, and what a client's choice amounts to. The library's own cannot take what clients send before
// they are answered, nor end a connection it refused.
import { Refusal } from '../../../vocabulary/service-errors.ts';
import type { Access, ClientCertificate, OpenToken } from '../../access/access.ts';
import type { Identity } from '../../registry/registry.ts';
import { writeFrame } from './frames.ts';
import { described, type Typed, types } from './rhea-parts.ts';

const mechanisms = ['MSSBCBS', 'ANONYMOUS', 'PLAIN', 'EXTERNAL'];
const symbol8 = 0xa3;

export const mechanismsFrame = (): Buffer =>
  writeFrame(1, described(0x40, [types.wrap_array(mechanisms, symbol8, undefined)]));

/** 0 ok, 1 the credentials are no good. */
export const outcomeFrame = (code: 0 | 1): Buffer => writeFrame(1, described(0x44, [types.wrap_ubyte(code)]));

export interface SaslInit {
  readonly mechanism: string;
  readonly response: Buffer;
}

/** Reads a frame whose bytes were held before; undefined when it is no sasl-init. */
export function readInit(frame: Buffer): SaslInit | undefined {
  const start = (frame[4] ?? 2) * 4;
  const { descriptor, value } = new types.Reader(frame.subarray(start)).read();
  const code = descriptor?.value;
  if ((code !== 0x41 && code !== 'amqp:sasl-init:list') || !Array.isArray(value)) return undefined;
  const [mechanism, response] = (value as Typed[]).map((field) => field.value);
  if (typeof mechanism !== 'string') return undefined;
  return { mechanism, response: Buffer.isBuffer(response) ? response : Buffer.alloc(0) };
}

/** How a connection proves who speaks on it: by tokens put on it, by its certificate, or by the one token it gave as password. */
export type Proof =
  | { readonly by: 'tokens' }
  | { readonly by: 'certificate' }
  | { readonly by: 'password'; readonly token: OpenToken; readonly identity?: Identity };

export interface SaslTools {
  readonly access: Access;
  readonly find: (id: string) => Identity | undefined;
  readonly hostName: string;
}

/** What the client's choice proves, or the sentence why it proves nothing. */
export async function prove(
  { mechanism, response }: SaslInit,
  certificate: ClientCertificate | undefined,
  tools: SaslTools,
): Promise<Proof | string> {
  switch (mechanism) {
    case 'ANONYMOUS':
    case 'MSSBCBS':
      return { by: 'tokens' };
    case 'EXTERNAL':
      return certificate === undefined ? 'EXTERNAL without a client certificate' : { by: 'certificate' };
    case 'PLAIN':
      return provePlain(response, tools);
    default:
      return `the mechanism '${mechanism.slice(0, 40)}' is not one of ${mechanisms.join(', ')}`;
  }
}

/** `{deviceId}@sas.{hub}` or `{policy}@sas.root.{hub}`, with a token as password; `{hub}` is the first label of the host, or the whole of it. */
async function provePlain(response: Buffer, { access, find, hostName }: SaslTools): Promise<Proof | string> {
  const [, username, password, more] = response.toString().split('\0');
  if (!username || !password || more !== undefined) return 'PLAIN without a user name and a password';
  const split = username.lastIndexOf('@');
  const [name, place] = [username.slice(0, split), username.slice(split + 1).toLowerCase()];
  const host = hostName.toLowerCase();
  const at = (prefix: string) => place === `${prefix}${host}` || place === `${prefix}${host.split('.')[0]}`;
  const root = at('sas.root.');
  if (split < 1 || (!root && !at('sas.'))) {
    return `user name '${username.slice(0, 160)}': expected {device}@sas.${host} or {policy}@sas.root.${host}`;
  }
  const token = await access.openToken(password);
  if (token instanceof Refusal) return `${token.number}: ${token.message}`;
  if (root) {
    return token.subject === name ? { by: 'password', token } : `the token is not one of the policy '${name}'`;
  }
  const identity = find(name);
  if (identity === undefined) return `'${name}' is not registered`;
  const refused = token.admits(identity);
  return refused === undefined ? { by: 'password', token, identity } : `${refused.number}: ${refused.message}`;
}

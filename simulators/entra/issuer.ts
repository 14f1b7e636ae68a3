// A small issuer of Entra tokens on loopback, for tests and demonstrations: it says who it is, shows its keys, and gives a token to a client
// with the right secret. One client for each built-in role of an IoT hub (reference 1.4).
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';
import type { Clock } from '../clock/clock.ts';
import { LabError } from '../vocabulary/errors.ts';

export interface IssuerOptions {
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Buffer;
  /** 0, the default, takes any free one. Always on 127.0.0.1. */
  readonly port?: number;
}

export interface Issuer {
  /** `iss` of its tokens; `/.well-known/openid-configuration` below it names the other addresses. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** The public keys, for a hub that need not fetch them. */
  readonly keys: JSONWebKeySet;
  /** Name -> role. */
  readonly clients: Readonly<Record<string, string>>;
  /** Of every client. */
  readonly clientSecret: string;
  /** A token as the endpoint would give it, or one that a hub must refuse. */
  token(asked?: TokenAsked): Promise<string>;
  stop(): Promise<void>;
}

export interface TokenAsked {
  /** @default ['IoT Hub Data Contributor'] */
  readonly roles?: readonly string[];
  /** @default the object id of the first client */
  readonly subject?: string;
  /** @default https://iothubs.azure.net */
  readonly audience?: string;
  readonly issuer?: string;
  /** Negative: ended so long ago. @default 3600 */
  readonly lifetimeSeconds?: number;
}

export const clientRoles = {
  'data-contributor': 'IoT Hub Data Contributor',
  'data-reader': 'IoT Hub Data Reader',
  'registry-contributor': 'IoT Hub Registry Contributor',
  'twin-contributor': 'IoT Hub Twin Contributor',
} as const;

const hubAudience = 'https://iothubs.azure.net';
export const hubScope = `${hubAudience}/.default`;
/** As long as the service's own tokens are good. */
const lifetime = 3_600;
const longestForm = 16_384;
const algorithm = 'RS256';
const tenant = 'local';

/** Throws LabError port.taken. */
export async function openIssuer({ clock, randomBytes, port = 0 }: IssuerOptions): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const kid = randomBytes(8).toString('hex');
  const keys: JSONWebKeySet = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }] };
  const clientSecret = randomBytes(24).toString('base64url');
  const objectIds = Object.fromEntries(Object.keys(clientRoles).map((name) => [name, guid(randomBytes)]));

  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => send(response, status, body),
      (error: unknown) => send(response, 500, { error: 'server_error', error_description: String(error) }),
    );
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new LabError('port.taken', `port: ${port} on 127.0.0.1 cannot be had: ${error.message}`, undefined, error),
      ),
    );
    server.listen({ host: '127.0.0.1', port }, () => resolve((server.address() as AddressInfo).port));
  });
  const base = `http://127.0.0.1:${bound}/${tenant}`;
  const issuer = `${base}/v2.0`;
  const paths = { token: `/${tenant}/oauth2/v2.0/token`, keys: `/${tenant}/discovery/v2.0/keys` };
  const tokenEndpoint = `http://127.0.0.1:${bound}${paths.token}`;
  const configuration = {
    issuer,
    token_endpoint: tokenEndpoint,
    jwks_uri: `http://127.0.0.1:${bound}${paths.keys}`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  };

  async function token(asked: TokenAsked = {}): Promise<string> {
    const now = Math.floor(clock.now() / 1_000);
    const { lifetimeSeconds = lifetime, subject = objectIds['data-contributor'] ?? '' } = asked;
    const begun = Math.min(now, now + lifetimeSeconds - 1);
    return new SignJWT({ oid: subject, roles: [...(asked.roles ?? [clientRoles['data-contributor']])], tid: tenant })
      .setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' })
      .setIssuer(asked.issuer ?? issuer)
      .setAudience(asked.audience ?? hubAudience)
      .setSubject(subject)
      .setIssuedAt(begun)
      .setNotBefore(begun)
      .setExpirationTime(now + lifetimeSeconds)
      .sign(privateKey);
  }

  async function answer(request: IncomingMessage): Promise<readonly [number, object]> {
    const path = (request.url ?? '').split('?')[0];
    if (request.method === 'GET') {
      if (path === `/${tenant}/v2.0/.well-known/openid-configuration`) return [200, configuration];
      if (path === paths.keys) return [200, keys];
    }
    if (request.method !== 'POST' || path !== paths.token) return [404, problem('not_found', `${path} is not here`)];
    const form = new URLSearchParams(await bodyOf(request));
    if (form.get('grant_type') !== 'client_credentials') {
      return [400, problem('unsupported_grant_type', "grant_type: expected 'client_credentials'")];
    }
    const client = form.get('client_id') ?? '';
    const role = Object.hasOwn(clientRoles, client) ? clientRoles[client as keyof typeof clientRoles] : undefined;
    if (role === undefined) {
      const known = Object.keys(clientRoles).join(', ');
      return [401, problem('invalid_client', `client_id: '${client.slice(0, 100)}' is none of ${known}`)];
    }
    if (!same(form.get('client_secret') ?? '', clientSecret)) {
      return [401, problem('invalid_client', 'client_secret: is not the one this issuer printed when it started')];
    }
    if (form.get('scope') !== hubScope) return [400, problem('invalid_scope', `scope: expected ${hubScope}`)];
    const subject = objectIds[client] ?? '';
    const access_token = await token({ roles: [role], subject });
    return [200, { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token }];
  }

  return {
    issuer,
    tokenEndpoint,
    keys,
    clients: clientRoles,
    clientSecret,
    token,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const problem = (error: string, error_description: string): object => ({ error, error_description });

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= longestForm) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function same(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function guid(randomBytes: IssuerOptions['randomBytes']): string {
  const hex = randomBytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

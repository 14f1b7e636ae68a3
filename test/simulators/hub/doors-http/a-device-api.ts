// An HTTP door, a device `pump` with its module `valve`, and their side of the HTTPS API over real sockets. Headers go out and come in as bytes.
import { isUtf8 } from 'node:buffer';
import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { onTestFinished } from 'vitest';
import { openHttpDoor } from '../../../../simulators/hub/doors/http/open-http-door.ts';
import type { SystemProperties } from '../../../../simulators/hub/messages/messages.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { httpParts } from './door-parts.ts';

export interface Said {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Names and values in turn, values in latin1. */
  readonly raw: readonly string[];
  readonly body: Buffer;
  readonly error: string | undefined;
}

export interface Saying {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** What the client shows in its handshake, PEM texts. */
  readonly pair?: { readonly key: string; readonly certificate: string } | undefined;
}

/** PEM texts of the server, and of the CA its devices may be of. */
interface Tls {
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

export const pump = deviceId('pump');
export const valve = deviceId('pump/valve');

export async function aDeviceApi(tls?: Tls) {
  const { parts, facts, store } = httpParts(tls === undefined ? [] : [tls.ca]);
  const { registry, messages } = parts;
  const door = await openHttpDoor({ ...parts, host: '127.0.0.1', port: 0, ...(tls === undefined ? {} : { tls }) });
  onTestFinished(async () => {
    await door.stop();
    messages.stop();
    store.close();
  });
  registry.put(pump, {}, undefined);
  registry.put(valve, {}, undefined);

  function tokenOf(id: string): string {
    const key = registry.find(id)?.authentication.symmetricKey.primaryKey ?? '';
    const resource = `hub.localhost/devices/${id.replace('/', '/modules/')}`;
    return signToken({ resource, key, expiresAt: parts.clock.now() + 600_000 });
  }

  function say(method: string, path: string, { headers = {}, body, pair }: Saying = {}): Promise<Said> {
    // Node frames no body of a DELETE by itself.
    const framed = body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) };
    const options = { ...door.address, method, path, headers: framed, agent: false as const };
    return new Promise((resolve, reject) => {
      const hear = (response: IncomingMessage): void => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            raw: response.rawHeaders,
            body: Buffer.concat(chunks),
            error: response.headers['iothub-errorcode'] as string | undefined,
          }),
        );
      };
      const { key, certificate: cert } = pair ?? {};
      const asked =
        tls === undefined
          ? request(options, hear)
          : secureRequest({ ...options, key, cert, ca: tls.ca, servername: 'hub.localhost' }, hear);
      asked.on('error', reject);
      asked.end(body);
    });
  }

  const as =
    (id: string) =>
    (method: string, path: string, { headers, ...rest }: Saying = {}): Promise<Said> =>
      say(method, `/devices/${id.replace('/', '/modules/')}${path}`, {
        headers: { authorization: tokenOf(id), ...headers },
        ...rest,
      });

  return {
    ...parts,
    facts,
    store,
    say,
    tokenOf,
    /** With its own token, below its own path. */
    device: as(pump),
    module: as(valve),
    service: (method: string, path: string, policy = 'service') =>
      say(method, path, { headers: { authorization: parts.access.serviceToken(policy, 60) } }),
    /** As the service does it. */
    send: (body: string | Buffer, system: SystemProperties = {}, application: Record<string, string> = {}) =>
      messages.send({
        body: Buffer.from(body),
        system: { to: '/devices/pump/messages/devicebound', ...system },
        application,
      }),
  };
}

/** A header's value: its bytes as UTF-8 where they are that, else as latin1. */
export const headerOf = ({ raw }: Said, name: string): string | undefined => {
  const at = raw.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name.toLowerCase());
  if (at === -1) return undefined;
  const bytes = Buffer.from(raw[at + 1] ?? '', 'latin1');
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
};

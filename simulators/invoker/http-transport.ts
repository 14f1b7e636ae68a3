// Moves one HTTP request to a hub and its answer back, over kept-alive connections. The only file of the invoker that knows a socket.
import { isIP } from 'node:net';
import { Pool } from 'undici';
import { LabError } from '../vocabulary/errors.ts';
import type { Millis } from '../vocabulary/units.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** How long the answer's first byte may take. */
  readonly patience: Millis;
  readonly signal?: AbortSignal;
}
export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}
export interface Transport {
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpAddress {
  /** Where to connect; the Host header, SNI and certificate check use `hostName`. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly hostName: string;
  /** PEM text of a CA to trust besides those Node trusts (a local hub's own). */
  readonly ca?: string;
}

/** Connections kept open to one hub: enough for the concurrency the window offers in one run. */
const connections = 256;

export function httpTransport(address: HttpAddress): Transport {
  const origin = `${address.tls ? 'https' : 'http'}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: 60_000,
    connect: {
      timeout: 15_000,
      // An address cannot be a server name (RFC 6066 section 3); the certificate is then checked for the address connected to.
      ...(address.tls && isIP(address.hostName) === 0 ? { servername: address.hostName } : {}),
      ...(address.ca === undefined ? {} : { ca: address.ca }),
    },
  });

  return {
    async send(request) {
      try {
        const answer = await pool.request({
          method: request.method,
          path: request.path,
          headers: { host: address.hostName, ...request.headers },
          headersTimeout: request.patience,
          bodyTimeout: request.patience,
          ...(request.body === undefined ? {} : { body: request.body }),
          ...(request.signal === undefined ? {} : { signal: request.signal }),
        });
        return {
          status: answer.statusCode,
          header: (name) => {
            const value = answer.headers[name];
            return Array.isArray(value) ? value[0] : value;
          },
          body: await answer.body.text(),
        };
      } catch (error) {
        if (request.signal?.aborted) throw error;
        throw unreachable(origin, error);
      }
    },
    close: () => pool.destroy(),
  };
}

function unreachable(origin: string, error: unknown): LabError {
  const code = (error as { code?: string }).code ?? '';
  const message = error instanceof Error ? error.message : String(error);
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return new LabError(
      'hub.unreachable',
      `the hub at ${origin} shows a certificate that is not trusted (${message})`,
      'Trust its CA: pass --ca with the PEM file, or set NODE_EXTRA_CA_CERTS to it. `hubfleet hub --trust` prints the steps.',
      error,
    );
  }
  return new LabError(
    'hub.unreachable',
    `no answer from the hub at ${origin} (${message})`,
    'Is the hub running, and is the port right?',
    error,
  );
}

// Requests to a hub's service API with everything each of them needs: the address, a token that is renewed in time, the API version.
import type { Clock } from '../clock/clock.ts';
import { parseConnectionString } from '../tokens/connection-string.ts';
import { signToken } from '../tokens/sas-token.ts';
import { LabError } from '../vocabulary/errors.ts';
import { type Instant, type Millis, minutes, seconds } from '../vocabulary/units.ts';
import {
  type HttpAddress,
  type HttpAnswer,
  type HttpRequest,
  httpTransport,
  type Transport,
} from './http-transport.ts';
import { type ServiceProblem, serviceProblem } from './service-problem.ts';

const apiVersion = 'api-version=2021-04-12';
/** A token is signed again when less than this is left of its hour. */
const tokenLifetime = minutes(60);
const tokenReserve = minutes(5);

export interface ServiceClientOptions {
  /** A service connection string: HostName, SharedAccessKeyName, SharedAccessKey. */
  readonly connectionString: string;
  readonly clock: Clock;
  /** Where the hub really listens; by default port 443 of its host name over TLS. */
  readonly address?: { readonly host: string; readonly port: number; readonly tls: boolean };
  /** PEM text of a CA to trust. */
  readonly ca?: string;
  /** For tests and in-memory hubs. */
  readonly transport?: Transport;
}

/** What a hub said. `problem` is set when the status is not 2xx. */
export interface ServiceAnswer {
  readonly status: number;
  /** The body as it came. */
  readonly body: string;
  readonly etag?: string;
  readonly problem?: ServiceProblem;
  /** There is another page; missing on the last. */
  readonly continuation?: string;
  /** What the items of a page are: Twin, DeviceJob, Raw. */
  readonly itemType?: string;
  /** How long the hub asks to be left alone. */
  readonly retryAfter?: Millis;
}

export interface ServiceRequest {
  readonly method: HttpRequest['method'];
  /** Percent-encoded, with its own query if it has one; the API version is added. */
  readonly path: string;
  /** JSON text, or a value to be made JSON. */
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer may take to begin. @default 60 s */
  readonly patience?: Millis;
  readonly signal?: AbortSignal;
}

export interface ServiceClient {
  readonly hostName: string;
  ask(request: ServiceRequest): Promise<ServiceAnswer>;
  close(): Promise<void>;
}

/** The shared access policy of a service connection string. Throws LabError connection-string.invalid when it names none. */
export function servicePolicyOf(connectionString: string) {
  const parts = parseConnectionString(connectionString);
  const { hostName, sharedAccessKeyName: policy, sharedAccessKey: key, gatewayHostName } = parts;
  if (policy === undefined || key === undefined) {
    throw new LabError(
      'connection-string.invalid',
      'the connection string has no SharedAccessKeyName or no SharedAccessKey: it is not a service connection string',
      'Use one of a shared access policy, such as iothubowner or service.',
    );
  }
  return { hostName, host: gatewayHostName ?? hostName, policy, key };
}

export function openServiceClient(options: ServiceClientOptions): ServiceClient {
  const { hostName, host, policy, key } = servicePolicyOf(options.connectionString);
  const address: HttpAddress = {
    ...(options.address ?? { host, port: 443, tls: true }),
    hostName,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const transport = options.transport ?? httpTransport(address);
  const { clock } = options;
  let token = '';
  let tokenEnds: Instant = 0;

  const authorization = (): string => {
    if (clock.now() > tokenEnds - tokenReserve) {
      tokenEnds = clock.now() + tokenLifetime;
      token = signToken({ resource: hostName, key, expiresAt: tokenEnds, policy });
    }
    return token;
  };

  return {
    hostName,
    async ask({ method, path, body, headers, patience = seconds(60), signal }) {
      const answer = await transport.send({
        method,
        path: `${path}${path.includes('?') ? '&' : '?'}${apiVersion}`,
        patience,
        headers: {
          authorization: authorization(),
          ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      return toAnswer(answer, clock.now());
    },
    close: () => transport.close(),
  };
}

function toAnswer(answer: HttpAnswer, now: Instant): ServiceAnswer {
  const { status, body, header } = answer;
  const etag = header('etag');
  const continuation = header('x-ms-continuation');
  const itemType = header('x-ms-item-type');
  const retryAfter = retryAfterOf(header('retry-after'), now);
  const base = {
    status,
    body,
    ...(etag === undefined ? {} : { etag: etag.replace(/^"|"$/g, '') }),
    ...(continuation === undefined ? {} : { continuation }),
    ...(itemType === undefined ? {} : { itemType }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
  return status >= 200 && status < 300
    ? base
    : { ...base, problem: serviceProblem(status, header('iothub-errorcode'), body) };
}

/** Seconds or a moment (RFC 9110, 10.2.3). */
function retryAfterOf(text: string | undefined, now: Instant): Millis | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return seconds(Number(text));
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

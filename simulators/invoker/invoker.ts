// A client of the public service API, the same for the local hub and a remote one: direct methods, twins, identities.
// What a hub refuses is a value here (ServiceAnswer), not an exception; only a hub that cannot be reached throws.
import type { Clock } from '../clock/clock.ts';
import { parseConnectionString } from '../tokens/connection-string.ts';
import { signToken } from '../tokens/sas-token.ts';
import { LabError } from '../vocabulary/errors.ts';
import { minutes, seconds } from '../vocabulary/units.ts';
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
/** An answer may come this much after the hub's own deadline before we give up on the connection. */
const slack = seconds(15);

export interface InvokerOptions {
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
}

export interface MethodCall {
  readonly method: string;
  /** JSON text; undefined or blank sends `null`, as the official service SDKs do: the Node device SDK refuses a request without payload. */
  readonly payload?: string;
  /** Whole seconds. Left out of the request when undefined, so that the service's default counts. */
  readonly responseTimeout?: number;
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal;
}

export interface MethodResult extends ServiceAnswer {
  /** The number the device chose; undefined when the hub refused. */
  readonly deviceStatus?: number;
  /** The device's payload as JSON text. */
  readonly payload?: string;
}

/** An entry of the bulk registry call (reference 4.3). */
export interface BulkEntry {
  readonly id: string;
  readonly importMode: 'create' | 'update' | 'delete';
  readonly status?: 'enabled' | 'disabled';
  readonly authentication?: object;
  readonly tags?: object;
  readonly properties?: { readonly desired: object };
}

export interface Invoker {
  readonly hostName: string;
  invoke(device: string, call: MethodCall): Promise<MethodResult>;
  getTwin(device: string): Promise<ServiceAnswer>;
  patchTwin(device: string, patch: object, etag?: string): Promise<ServiceAnswer>;
  getDevice(device: string): Promise<ServiceAnswer>;
  createDevice(device: string, body?: object): Promise<ServiceAnswer>;
  deleteDevice(device: string): Promise<ServiceAnswer>;
  listDevices(top: number): Promise<ServiceAnswer>;
  /** At most 100 entries. */
  bulk(entries: readonly BulkEntry[]): Promise<ServiceAnswer>;
  query(
    text: string,
    page?: { readonly size?: number; readonly continuation?: string },
  ): Promise<ServiceAnswer & { readonly continuation?: string }>;
  close(): Promise<void>;
}

export function openInvoker(options: InvokerOptions): Invoker {
  const parts = parseConnectionString(options.connectionString);
  const { hostName, sharedAccessKeyName: policy, sharedAccessKey: key } = parts;
  if (policy === undefined || key === undefined) {
    throw new LabError(
      'connection-string.invalid',
      'the connection string has no SharedAccessKeyName or no SharedAccessKey: it is not a service connection string',
      'Use one of a shared access policy, such as iothubowner or service.',
    );
  }
  const address: HttpAddress = {
    ...(options.address ?? { host: parts.gatewayHostName ?? hostName, port: 443, tls: true }),
    hostName,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const transport = options.transport ?? httpTransport(address);
  const { clock } = options;
  let token = '';
  let tokenEnds = 0;

  const authorization = (): string => {
    if (clock.now() > tokenEnds - tokenReserve) {
      tokenEnds = clock.now() + tokenLifetime;
      token = signToken({ resource: hostName, key, expiresAt: tokenEnds, policy });
    }
    return token;
  };

  const send = async (
    request: Omit<HttpRequest, 'headers' | 'patience'>,
    extra: Record<string, string> = {},
    patience = seconds(60),
  ): Promise<HttpAnswer> =>
    transport.send({
      ...request,
      patience,
      headers: {
        authorization: authorization(),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...extra,
      },
    });
  const ask = async (
    request: Omit<HttpRequest, 'headers' | 'patience'>,
    extra?: Record<string, string>,
    patience?: number,
  ): Promise<ServiceAnswer> => toAnswer(await send(request, extra, patience));

  const device = (id: string, collection = 'devices') => `/${collection}/${encodeURIComponent(id)}`;

  return {
    hostName,
    async invoke(id, call) {
      const wait = seconds((call.responseTimeout ?? 30) + (call.connectTimeout ?? 0)) + slack;
      const answer = await ask(
        {
          method: 'POST',
          path: `${device(id, 'twins')}/methods?${apiVersion}`,
          body: methodBody(call),
          ...(call.signal === undefined ? {} : { signal: call.signal }),
        },
        undefined,
        wait,
      );
      return answer.problem === undefined ? { ...answer, ...deviceAnswer(answer.body) } : answer;
    },
    getTwin: (id) => ask({ method: 'GET', path: `${device(id, 'twins')}?${apiVersion}` }),
    patchTwin: (id, patch, etag) =>
      ask(
        { method: 'PATCH', path: `${device(id, 'twins')}?${apiVersion}`, body: JSON.stringify(patch) },
        { 'if-match': etag === undefined ? '*' : `"${etag}"` },
      ),
    getDevice: (id) => ask({ method: 'GET', path: `${device(id)}?${apiVersion}` }),
    createDevice: (id, body = {}) =>
      ask({
        method: 'PUT',
        path: `${device(id)}?${apiVersion}`,
        body: JSON.stringify({ deviceId: id, status: 'enabled', ...body }),
      }),
    deleteDevice: (id) => ask({ method: 'DELETE', path: `${device(id)}?${apiVersion}` }, { 'if-match': '*' }),
    listDevices: (top) => ask({ method: 'GET', path: `/devices?top=${top}&${apiVersion}` }),
    bulk: (entries) => ask({ method: 'POST', path: `/devices?${apiVersion}`, body: JSON.stringify(entries) }),
    async query(text, page = {}) {
      const answer = await send(
        { method: 'POST', path: `/devices/query?${apiVersion}`, body: JSON.stringify({ query: text }) },
        {
          ...(page.size === undefined ? {} : { 'x-ms-max-item-count': String(page.size) }),
          ...(page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation }),
        },
      );
      const continuation = answer.header('x-ms-continuation');
      return { ...toAnswer(answer), ...(continuation === undefined ? {} : { continuation }) };
    },
    close: () => transport.close(),
  };
}

/** The payload goes in as the text the user wrote, so that big integers and key order survive. */
function methodBody(call: MethodCall): string {
  const fields = [`"methodName":${JSON.stringify(call.method)}`];
  if (call.responseTimeout !== undefined) fields.push(`"responseTimeoutInSeconds":${call.responseTimeout}`);
  if (call.connectTimeout !== undefined) fields.push(`"connectTimeoutInSeconds":${call.connectTimeout}`);
  fields.push(`"payload":${call.payload?.trim() ? call.payload : 'null'}`);
  return `{${fields.join(',')}}`;
}

function toAnswer(answer: HttpAnswer): ServiceAnswer {
  const etag = answer.header('etag');
  const base = {
    status: answer.status,
    body: answer.body,
    ...(etag === undefined ? {} : { etag: etag.replace(/^"|"$/g, '') }),
  };
  return answer.status >= 200 && answer.status < 300
    ? base
    : { ...base, problem: serviceProblem(answer.status, answer.header('iothub-errorcode'), answer.body) };
}

/** `{"status":n,"payload":...}`; a hub splices the device's bytes unchecked, so the whole may not be JSON (reference 5.3). */
function deviceAnswer(body: string): { deviceStatus?: number; payload: string } {
  const spliced = /^\s*\{\s*"status"\s*:\s*(-?\d+)\s*,\s*"payload"\s*:\s*([\s\S]*)\}\s*$/.exec(body);
  if (spliced !== null) return { deviceStatus: Number(spliced[1]), payload: (spliced[2] ?? '').trim() };
  try {
    const { status, payload } = JSON.parse(body) as { status?: unknown; payload?: unknown };
    return {
      ...(typeof status === 'number' ? { deviceStatus: status } : {}),
      payload: JSON.stringify(payload ?? null),
    };
  } catch {
    return { payload: body };
  }
}

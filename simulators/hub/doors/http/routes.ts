// The service API as a table: path, the right it needs, what it does. Method calls are not here but in method-calls.ts.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { deviceId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import { kilobytes } from '../../../vocabulary/units.ts';
import type { Access, Right } from '../../access/access.ts';
import type { Connections } from '../../connections/connections.ts';
import type { Queries } from '../../query/query.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Twins } from '../../twins/twins.ts';
import type { Answers, ErrorForm } from './answers.ts';

/** A hundred devices with full twins in one bulk request stay below. */
export const largestBody = kilobytes(8 * 1_024);
const mostListed = 1_000;

export interface RouteTools {
  readonly hostName: string;
  readonly access: Access;
  readonly registry: Registry;
  readonly twins: Twins;
  readonly queries: Queries;
  readonly connections: Connections;
  readonly answers: Answers;
  readonly odd: (request: IncomingMessage, detail: string) => void;
}

interface Asked {
  readonly request: FastifyRequest;
  readonly id: string;
  header(name: string): string | undefined;
  /** The parsed body; throws a Refusal (400006) when there is none or it is not JSON. */
  body(): unknown;
}

/** What a route gives back: an object to send, with or without an etag, nothing for 204, or a refusal. */
type Given =
  | { readonly body: object; readonly status?: number; readonly headers?: readonly string[] }
  | Refusal
  | undefined;

interface Route {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  readonly path: string;
  readonly right: Right;
  readonly form: ErrorForm;
  readonly run: (asked: Asked) => Given;
}

export async function openRoutes(tools: RouteTools): Promise<FastifyInstance> {
  const { answers, access, odd } = tools;
  const app = fastify({
    bodyLimit: largestBody,
    logger: false,
    genReqId: () => '',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    frameworkErrors: (error, request, reply) => {
      odd(request.raw, error.message);
      send(
        reply,
        refuse('ArgumentInvalid', `The path '${request.raw.url?.slice(0, 200)}' cannot be decoded.`),
        'nested',
      );
    },
  });
  const send = (reply: FastifyReply, given: Given, form: ErrorForm): void => {
    reply.hijack();
    if (given === undefined) answers.nothing(reply.raw);
    else if (given instanceof Refusal) answers.refusal(reply.raw, given, form);
    else answers.json(reply.raw, given.status ?? 200, JSON.stringify(given.body), given.headers);
  };

  // Any content type, or none: SDKs differ, and every body is JSON.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  for (const { method, path, right, form, run } of routesOf(tools)) {
    app.route({
      method,
      url: path,
      onRequest(request, reply, next) {
        const refused = access.checkService(request.headers.authorization, right, decodedPath(request.raw.url ?? ''));
        if (refused instanceof Refusal) send(reply, refused, form);
        else next();
      },
      handler(request, reply) {
        send(reply, outcomeOf(run, asked(request)), form);
      },
    });
  }

  app.get('/', (_request, reply) => {
    const text =
      'Hubfleet local hub: the service API of an IoT hub. Every path but this one needs an Authorization header.';
    send(reply, { body: { name: 'hubfleet', hostName: tools.hostName, text } }, 'nested');
  });
  app.setNotFoundHandler((request, reply) => {
    const path = (request.raw.url ?? '').split('?')[0]?.slice(0, 200);
    send(reply, refuse('GenericNotFound', `${request.method} ${path} is not part of this hub's API.`), 'nested');
  });
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    odd(request.raw, error.message);
    send(reply, refusalFor(error), formOf(request.raw.url ?? ''));
  });
  await app.ready();
  return app;

  function asked(request: FastifyRequest): Asked {
    return {
      request,
      id: (request.params as { id?: string }).id ?? '',
      header: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      body: () => {
        const read = readJson(request.body);
        if (read instanceof Refusal) {
          odd(request.raw, read.message);
          throw new Refused(read);
        }
        return read.value;
      },
    };
  }
}

/** Carries a refusal out of the middle of a route. Never leaves this file. */
class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

function outcomeOf(run: Route['run'], asked: Asked): Given {
  try {
    return run(asked);
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

function routesOf({ registry, twins, queries, connections }: RouteTools): readonly Route[] {
  const read = { right: 'RegistryRead', form: 'plain' } as const;
  const write = { right: 'RegistryWrite', form: 'plain' } as const;
  const connect = { right: 'ServiceConnect', form: 'nested' } as const;
  const noModule = ({ id, request }: Asked): Refusal => {
    const { module } = request.params as { module?: string };
    return registry.find(id) === undefined
      ? refuse('DeviceNotFound', `Device '${id}' is not registered.`)
      : refuse('ModuleNotFound', `Device '${id}' has no module '${module}'.`);
  };

  return [
    { ...connect, method: 'GET', path: '/twins/:id', run: ({ id }) => tagged(twins.get(deviceId(id))) },
    {
      ...connect,
      method: 'PATCH',
      path: '/twins/:id',
      run: ({ id, body, header }) => tagged(twins.patch(deviceId(id), body(), header('if-match'))),
    },
    {
      ...connect,
      method: 'PUT',
      path: '/twins/:id',
      run: ({ id, body, header }) => tagged(twins.replace(deviceId(id), body(), header('if-match'))),
    },
    { ...connect, method: 'GET', path: '/twins/:id/modules/:module', run: noModule },
    { ...connect, method: 'PATCH', path: '/twins/:id/modules/:module', run: noModule },
    { ...connect, method: 'PUT', path: '/twins/:id/modules/:module', run: noModule },
    { ...connect, method: 'POST', path: '/twins/:id/modules/:module/methods', run: noModule },
    {
      ...connect,
      method: 'POST',
      path: '/devices/query',
      run({ body, header }) {
        const page = queries.run(body(), header('x-ms-max-item-count'), header('x-ms-continuation'));
        if (page instanceof Refusal) return page;
        const more = page.continuation === undefined ? [] : ['x-ms-continuation', page.continuation];
        return { body: page.items, headers: ['x-ms-item-type', 'Twin', ...more] };
      },
    },

    { ...read, method: 'GET', path: '/devices', run: ({ request }) => listed(registry, request.query) },
    {
      ...write,
      method: 'POST',
      path: '/devices',
      run({ body }) {
        const outcome = registry.bulk(body());
        return outcome instanceof Refusal ? outcome : { body: outcome.result, status: outcome.ok ? 200 : 400 };
      },
    },
    { ...read, method: 'GET', path: '/devices/:id', run: ({ id }) => identified(registry.get(id)) },
    {
      ...write,
      method: 'PUT',
      path: '/devices/:id',
      run: ({ id, body, header }) => identified(registry.put(id, body(), header('if-match'))),
    },
    {
      ...write,
      method: 'DELETE',
      path: '/devices/:id',
      run: ({ id, header }) => registry.delete(id, header('if-match')),
    },
    {
      ...read,
      method: 'GET',
      path: '/devices/:id/modules',
      run({ id }) {
        const device = registry.get(id);
        return device instanceof Refusal ? device : { body: [] };
      },
    },
    { ...read, method: 'GET', path: '/devices/:id/modules/:module', run: noModule },
    { ...write, method: 'DELETE', path: '/devices/:id/modules/:module', run: noModule },
    {
      ...write,
      method: 'PUT',
      path: '/devices/:id/modules/:module',
      run: () => refuse('FeatureNotSupported', 'This hub has no modules so far.'),
    },
    {
      ...read,
      method: 'GET',
      path: '/statistics/devices',
      run() {
        const { total, enabled, disabled } = registry.statistics();
        return { body: { totalDeviceCount: total, enabledDeviceCount: enabled, disabledDeviceCount: disabled } };
      },
    },
    {
      ...read,
      method: 'GET',
      path: '/statistics/service',
      run: () => ({ body: { connectedDeviceCount: connections.size } }),
    },
  ];
}

const tagged = (outcome: { readonly body: object; readonly etag: string } | Refusal): Given =>
  outcome instanceof Refusal ? outcome : { body: outcome.body, headers: ['ETag', `"${outcome.etag}"`] };

const identified = (outcome: object | Refusal): Given =>
  outcome instanceof Refusal
    ? outcome
    : { body: outcome, headers: ['ETag', `"${(outcome as { readonly etag: string }).etag}"`] };

function listed(registry: Registry, query: unknown): Given {
  const { top } = query as { top?: string };
  const count = top === undefined ? mostListed : Number(top);
  return Number.isInteger(count) && count >= 1 && count <= mostListed
    ? { body: registry.list(count) }
    : refuse('ArgumentInvalid', `top: '${top}' must be a whole number within [1; ${mostListed}].`);
}

function readJson(body: unknown): { readonly value: unknown } | Refusal {
  if (!Buffer.isBuffer(body) || body.length === 0) return refuse('IotHubFormatError', 'The request body is missing.');
  if (!isUtf8(body)) return refuse('IotHubFormatError', 'The request body is not UTF-8 text.');
  try {
    // Some clients begin with a byte order mark.
    return { value: JSON.parse(body.toString().replace(/^\uFEFF/, '')) };
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    return refuse('IotHubFormatError', `The request body is not JSON: ${why}`);
  }
}

function refusalFor({ statusCode, message }: Error & { statusCode?: number }): Refusal {
  if (statusCode === 413) return refuse('MessageTooLarge', `The request body is larger than ${largestBody} bytes.`);
  return statusCode !== undefined && statusCode < 500
    ? refuse('GenericBadRequest', message)
    : refuse('ServerError', `The hub failed: ${message}`);
}

const formOf = (url: string): ErrorForm => (/^\/(devices|statistics)(?!\/query)/.test(url) ? 'plain' : 'nested');

/** For tokens that reach less far than the whole hub: the path without its leading slash, in the spelling tokens use. */
function decodedPath(url: string): string {
  const question = url.indexOf('?');
  const path = url.slice(1, question === -1 ? undefined : question);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

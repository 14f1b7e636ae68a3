// Runs the table of routes on a router: checks the right before the body is read, reads bodies, turns what a route gives into an answer.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { identityId } from '../../../vocabulary/ids.ts';
import { type FaultHooks, noFaults } from '../../../vocabulary/passages.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import { kilobytes } from '../../../vocabulary/units.ts';
import type { Access } from '../../access/access.ts';
import { failed } from '../../failed.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Answers, ErrorForm } from './answers.ts';
import { LedRequests } from './led-requests.ts';
import { type Asked, concernsDevice, type Given, operationOf, type Route, slashedName, throttleOf } from './route.ts';
import { type RouteParts, routesOf } from './route-table.ts';

/** A hundred devices with full twins in one bulk request stay below. */
export const largestBody = kilobytes(8 * 1_024);

export interface RouteTools extends RouteParts {
  readonly hostName: string;
  readonly access: Access;
  readonly answers: Answers;
  readonly throttling: Throttling;
  /** Left out, nothing is wrong with the hub. */
  readonly faults?: FaultHooks | undefined;
  readonly odd: (request: IncomingMessage, detail: string) => void;
}

export interface Routes {
  readonly app: FastifyInstance;
  /** Answers those whom faults hold; to be called before the server closes. */
  stop(): void;
}

export async function openRoutes(tools: RouteTools): Promise<Routes> {
  const { answers, access, throttling, odd, faults = noFaults } = tools;
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
    // Before the reply is taken over: what cannot be written (a value deeper than the stack) is answered with 500 then, not with silence.
    const text = given === undefined || given instanceof Refusal ? '' : JSON.stringify(given.body);
    reply.hijack();
    if (given === undefined) answers.nothing(reply.raw);
    else if (given instanceof Refusal) answers.refusal(reply.raw, given, form);
    else answers.json(reply.raw, given.status ?? 200, text, given.headers);
  };

  // Any content type, or none: SDKs differ, and every body is JSON.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const led = new LedRequests();
  const routes = routesOf(tools);
  const allowed = methodsByPath(routes);
  for (const route of routes) {
    const { method, path, permission, form, run } = route;
    const kind = throttleOf(route);
    const operation = operationOf(route);
    const ofDevice = concernsDevice(route);
    app.route({
      method,
      url: path,
      onRequest(request, reply, next) {
        const pass = (granted: object): void => {
          const refusal = granted instanceof Refusal ? granted : kind && throttling.take(kind);
          if (refusal) send(reply, refusal, form);
          else next();
        };
        const path = decodedPath(request.raw.url ?? '');
        const granted = access.checkService(request.headers.authorization, permission, path, method);
        if (granted instanceof Promise) granted.then(pass).catch(next);
        else pass(granted);
      },
      handler(request, reply) {
        const question = asked(request);
        const device = ofDevice ? identityId(question.id, question.module) : undefined;
        const through = faults.at('request', device);
        if (through === undefined) {
          send(reply, slashed(question) ?? outcomeOf(run, question), form);
          return;
        }
        led.lead(through, {
          ...{ device, operation },
          run: () => slashed(question) ?? outcomeOf(run, question),
          answer: (given) => send(reply, given, form),
        });
      },
    });
  }

  app.get('/', (_request, reply) => {
    const text =
      'Hubfleet local hub: the service API of an IoT hub. Every path but this one needs an Authorization header.';
    send(reply, { body: { name: 'hubfleet', hostName: tools.hostName, text } }, 'nested');
  });
  app.setNotFoundHandler((request, reply) => {
    const url = request.raw.url ?? '';
    const path = (url.split('?')[0] ?? '').slice(0, 200);
    const methods = allowed(url.split('?')[0] ?? '').join(', ');
    if (methods !== '') {
      const refusal = refuse('GenericMethodNotAllowed', `${path} has ${methods}, not ${request.method}.`);
      reply.hijack();
      return answers.refusal(reply.raw, refusal, formOf(url), ['Allow', methods]);
    }
    send(reply, refuse('GenericNotFound', `${request.method} ${path} is not part of this hub's API.`), 'nested');
  });
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    odd(request.raw, error.message);
    send(reply, refusalFor(error), formOf(request.raw.url ?? ''));
  });
  await app.ready();
  return { app, stop: () => led.stop() };

  function asked(request: FastifyRequest): Asked {
    return {
      request,
      id: (request.params as { id?: string }).id ?? '',
      module: (request.params as { module?: string }).module,
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

/** Names hold no slash: an escaped one in the path must not make a module of a device. */
const slashed = ({ id, module }: Asked): Refusal | undefined => {
  const name = [id, module].find((part) => part?.includes('/'));
  return name === undefined ? undefined : slashedName(name);
};

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

function refusalFor(error: Error & { statusCode?: number }): Refusal {
  const { statusCode, message } = error;
  if (statusCode === 413) return refuse('MessageTooLarge', `The request body is larger than ${largestBody} bytes.`);
  return statusCode !== undefined && statusCode < 500 ? refuse('GenericBadRequest', message) : failed(error);
}

/** What methods and devices ask, which is served beside the table. */
const elsewhere = [
  { method: 'POST', path: '/twins/:id/methods' },
  { method: 'POST', path: '/twins/:id/modules/:module/methods' },
];

/** The HTTP methods that the table, and the method calls beside it, have for a path; none for a path of nobody. */
function methodsByPath(routes: readonly Route[]): (path: string) => readonly string[] {
  const known = [...routes, ...elsewhere].map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`),
  }));
  return (path) => known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
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

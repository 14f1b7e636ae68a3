// The HTTPS API of devices and modules (reference 4.5): they send telemetry, one message or many, and fetch and settle the messages that wait for
// them. Straight from node:http, since bodies are bytes and not JSON.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { identityId, isIdentityId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import { kilobytes, seconds } from '../../../vocabulary/units.ts';
import type { Access, ClientCertificate, Grant } from '../../access/access.ts';
import type { Connections } from '../../connections/connections.ts';
import { failed } from '../../failed.ts';
import type { Delivery, Messages } from '../../messages/messages.ts';
import { largestTelemetry } from '../../messages/sizes.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import { certificateOf } from '../listener.ts';
import type { Answers } from './answers.ts';
import { readBatch, readHeaders, writeHeaders } from './message-headers.ts';

export interface DeviceApiTools {
  readonly access: Pick<Access, 'checkDevice' | 'checkCertificate'>;
  readonly registry: Pick<Registry, 'find'>;
  readonly connections: Pick<Connections, 'touch'>;
  readonly messages: Messages;
  readonly throttling: Pick<Throttling, 'take'>;
  readonly answers: Answers;
  /** A request that made no sense, or was never finished. */
  readonly odd: (request: IncomingMessage, detail: string) => void;
}

const batchType = 'application/vnd.microsoft.iothub.json';
/** A batch of 256 KB in base64 and with its properties spelt as JSON stays below. */
const largestBatch = kilobytes(1_024);
/** What a receiver may ask with `IotHub-MessageLockTimeout`, seconds. */
const locks = { least: 5, most: 300 } as const;

const pathPattern =
  /^\/devices\/([^/]+)(?:\/modules\/([^/]+))?\/messages\/(?:(events)|devicebound(?:\/([^/]+)(\/abandon)?)?)\/?$/i;

interface Path {
  readonly id: ReturnType<typeof identityId>;
  /** The HTTP methods of the path. */
  readonly allowed: readonly string[];
  readonly lock: string | undefined;
  readonly query: string;
}

/** Gives false for a request that is not a device's; it is then untouched. */
export function deviceApi(tools: DeviceApiTools): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { access, registry, connections, messages, throttling, answers, odd } = tools;
  const shown = new WeakMap<TLSSocket, ClientCertificate | undefined>();

  return (request, response) => {
    const path = pathOf(request.url ?? '');
    if (path === undefined) return false;
    const { id, allowed, lock } = path;
    const method = request.method ?? '';
    const answer = (outcome: Refusal | undefined): void => {
      if (outcome === undefined) answers.nothing(response);
      else answers.refusal(response, outcome, 'plain');
    };
    if (!allowed.includes(method)) {
      const text = `This path has ${allowed.join(', ')}, not ${method.slice(0, 20)}.`;
      answers.refusal(response, refuse('GenericMethodNotAllowed', text), 'plain', ['Allow', allowed.join(', ')]);
      return true;
    }
    const grant = tried(() => authorised(request, path));
    if (grant instanceof Refusal) {
      answer(grant);
      return true;
    }
    connections.touch(id);
    if (method === 'POST' && lock === undefined) {
      take(request, (body) => answer(tried(() => sent(request, id, body))), answer);
      return true;
    }
    const outcome = tried(() => {
      if (lock === undefined) return received(request, id);
      if (method === 'POST') return messages.abandon(id, lock);
      return new URLSearchParams(path.query).has('reject') ? messages.reject(id, lock) : messages.complete(id, lock);
    });
    if (outcome === undefined || outcome instanceof Refusal) answer(outcome);
    else answers.octets(response, 200, outcome.message.body, writeHeaders(outcome, id));
    return true;
  };

  /** A device that is not there is answered as one whose token does not fit: who may not know a name does not learn it here. */
  function authorised({ headers, socket }: IncomingMessage, { id }: Path): Grant | Refusal {
    const { authorization } = headers;
    const certificate = authorization === undefined ? certificateBy(socket) : undefined;
    if (authorization === undefined && certificate === undefined) {
      return refuse(
        'IotHubUnauthorized',
        'Unauthorized: the Authorization header is missing, and no certificate was shown',
      );
    }
    const identity = registry.find(id);
    if (identity === undefined) {
      return refuse('IotHubUnauthorized', `Unauthorized: device '${id}' may not use this hub with what it showed`);
    }
    return authorization === undefined
      ? access.checkCertificate(certificate, identity)
      : access.checkDevice(authorization, identity);
  }

  /** Reading a chain is dear, and stays the same as long as the connection. */
  function certificateBy(socket: IncomingMessage['socket']): ClientCertificate | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    if (!shown.has(socket)) shown.set(socket, certificateOf(socket));
    return shown.get(socket);
  }

  function take(request: IncomingMessage, whole: (body: Buffer) => void, refused: (why: Refusal) => void): void {
    const most = isBatch(request) ? largestBatch : largestTelemetry;
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      const before = size;
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else if (before <= most) {
        chunks.length = 0;
        odd(request, `the body of a message is larger than ${most} bytes`);
        refused(refuse('MessageTooLarge', `The request body is larger than ${most} bytes.`));
      }
    });
    request.on('end', () => {
      if (size <= most) whole(Buffer.concat(chunks, size));
    });
    request.on('error', () => odd(request, `the device left ${size} bytes into the body of a message`));
  }

  function sent(request: IncomingMessage, id: Path['id'], body: Buffer): Refusal | undefined {
    if (!isBatch(request)) return messages.received(id, { body, ...readHeaders(request.rawHeaders) });
    const batch = readBatch(body);
    if (batch instanceof Refusal) {
      odd(request, batch.message);
      return batch;
    }
    return messages.receivedBatch(id, batch);
  }

  function received(request: IncomingMessage, id: Path['id']): Delivery | Refusal | undefined {
    const lockFor = lockOf(request.headers['iothub-messagelocktimeout']);
    if (lockFor instanceof Refusal) return lockFor;
    return throttling.take('cloud-to-device receives', 1, id) ?? messages.receive(id, lockFor);
  }
}

function pathOf(url: string): Path | undefined {
  const question = url.indexOf('?');
  const found = pathPattern.exec(question === -1 ? url : url.slice(0, question));
  if (found === null) return undefined;
  const [, device = '', module, events, lock, abandon] = found;
  try {
    const id = identityId(decodeURIComponent(device), module === undefined ? undefined : decodeURIComponent(module));
    // An escaped slash must not make a module of a device.
    if (!isIdentityId(id) || id.includes('/') !== (module !== undefined)) return undefined;
    const allowed = events || abandon ? ['POST'] : lock === undefined ? ['GET'] : ['DELETE'];
    const token = lock === undefined ? undefined : decodeURIComponent(lock).replaceAll('"', '');
    return { id, allowed, lock: token, query: question === -1 ? '' : url.slice(question + 1) };
  } catch {
    return undefined;
  }
}

const isBatch = ({ headers }: IncomingMessage): boolean =>
  headers['content-type']?.toLowerCase().startsWith(batchType) ?? false;

/** Milliseconds, undefined for the usual 60 s. */
function lockOf(header: string | readonly string[] | undefined): number | undefined | Refusal {
  if (header === undefined || header === '') return undefined;
  const count = Number(header);
  return Number.isInteger(count) && count >= locks.least && count <= locks.most
    ? seconds(count)
    : refuse(
        'ArgumentInvalid',
        `IotHub-MessageLockTimeout: '${String(header).slice(0, 40)}' must be whole seconds within [${locks.least}; ${locks.most}].`,
      );
}

/** A store that cannot be written (a full disk) must not take the hub with it. */
function tried<Outcome>(work: () => Outcome): Outcome | Refusal {
  try {
    return work();
  } catch (error) {
    return failed(error);
  }
}

// The control API: the contract's commands and views over HTTP on 127.0.0.1, for programs of this user that hold this start's token.
// POST /command/<name> takes the command's input as JSON and answers {answer}; /view/<name> gives one snapshot as {answer}; else {error}.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ErrorCode, type ErrorReport, LabError, reportOf } from '../../simulators/vocabulary/errors.ts';
import { answerTo, lookAt } from '../commands/asking.ts';
import type { Bench } from '../commands/handlers.ts';
import { isOurHost, isToken } from './loopback.ts';

export interface ControlHost {
  readonly url: string;
  stop(): Promise<void>;
}

/** The largest input: 50,000 device ids of 128 characters. */
export const largestInput = 8 * 1024 * 1024;

const statusOf: Record<ErrorCode, number> = {
  'input.invalid': 400,
  'file.unreadable': 400,
  'file.invalid': 400,
  'data-folder.unusable': 500,
  'data-folder.in-use': 409,
  'port.taken': 409,
  'port.forbidden': 409,
  'certificate.invalid': 400,
  'connection-string.invalid': 400,
  'device.unknown': 404,
  'fleet.unknown': 404,
  'fleet.exists': 409,
  'remote.unconfirmed': 409,
  'fault.unknown': 404,
  'fault.exists': 409,
  'run.unknown': 404,
  'command.unknown': 404,
  'hub.unreachable': 502,
  'hub.refused': 502,
  'worker.failed': 500,
  internal: 500,
};

interface Reply {
  readonly status: number;
  readonly body: { readonly answer: unknown } | { readonly error: ErrorReport };
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param token secret of this start; at least 128 bits of chance as text without spaces. */
export async function openControl(bench: Bench, token: string): Promise<ControlHost> {
  let port = 0;
  const server = createServer(async (request, response) => {
    const { status, body, headers } = await replyTo(request, bench, token, port);
    const text = Buffer.from(JSON.stringify(body));
    response.writeHead(status, {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': text.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(text);
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, resolve);
  });
  port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function replyTo(request: IncomingMessage, bench: Bench, token: string, port: number): Promise<Reply> {
  const turnedAway = refusalOf(request, token, port);
  if (turnedAway !== undefined) return turnedAway;
  const { method } = request;
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const [, kind, name] = /^\/(command|view)\/([\w.]+)$/.exec(path) ?? [];
  if (name === undefined) {
    return refusal(404, `there is nothing at ${path}`, 'Ask /command/<name> or /view/<name>.');
  }
  if (method !== 'POST' && !(method === 'GET' && kind === 'view')) {
    const allow = kind === 'view' ? 'GET, POST' : 'POST';
    return { ...refusal(405, `${path} takes ${allow}, not ${method}`), headers: { allow } };
  }
  try {
    const text = method === 'GET' ? (new URLSearchParams(query).get('input') ?? '') : await textOf(request);
    if (text === undefined) return refusal(413, `the input is larger than ${largestInput} bytes`);
    const input = text === '' ? {} : read(text);
    const answer = kind === 'view' ? lookAt(bench.lab, name, input)() : await answerTo(bench, name, input);
    return { status: 200, body: { answer } };
  } catch (error) {
    const report = reportOf(error);
    return { status: statusOf[report.code], body: { error: report } };
  }
}

/** Who asks, before what is asked is read: a page in a browser says its origin, and a rebound name has the wrong Host. */
function refusalOf({ headers }: IncomingMessage, token: string, port: number): Reply | undefined {
  if (!isOurHost(headers.host, port)) {
    return refusal(421, `this address is served as 127.0.0.1:${port} and localhost:${port} only`);
  }
  if (headers.origin !== undefined) return refusal(403, 'pages in a browser are not answered here');
  const shown = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (shown === undefined || !isToken(shown, token)) {
    const words = shown === undefined ? 'no token was shown' : 'the token is not that of this start';
    const hint =
      'Send Authorization: Bearer <token>; it is in control.json of the data folder, and each start has a new one.';
    return { ...refusal(401, words, hint), headers: { 'www-authenticate': 'Bearer' } };
  }
  return undefined;
}

const refusal = (status: number, message: string, hint?: string): Reply => ({
  status,
  body: { error: { code: status === 404 ? 'command.unknown' : 'input.invalid', message, ...(hint && { hint }) } },
});

/** Undefined when there is more of it than any input has. The rest is read and dropped: cut off, its sender might not hear the answer. */
function textOf(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= largestInput) parts.push(part);
      else {
        parts.length = 0;
        resolve(undefined);
      }
    });
    request.on('end', () => resolve(Buffer.concat(parts).toString('utf8').trim()));
    request.on('error', reject);
  });
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LabError('input.invalid', `the input is not JSON: ${(error as Error).message}`);
  }
}

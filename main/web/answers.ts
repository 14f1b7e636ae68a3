// What the browser host answers to a page request: who is let in, the window's files, and a sentence for everyone else.
import type { IncomingHttpHeaders } from 'node:http';
import { isOurHost, isToken } from '../control/loopback.ts';
import { type WindowFile, windowHeaders } from '../window/files.ts';
import { cookieName, hasToken } from './guard.ts';

export interface PageRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}
export interface PageAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}
export interface Site {
  readonly files: ReadonlyMap<string, WindowFile>;
  readonly token: string;
  readonly port: number;
}

const noToken =
  'This window belongs to whoever started Hubfleet. Open the whole address that Hubfleet printed when it started, with its token; after a restart there is a new one.';

export function pageAnswer({ method, target, headers }: PageRequest, site: Site): PageAnswer {
  const { files, token, port } = site;
  if (!isOurHost(headers.host, port)) {
    return refusal(421, `This address is served as 127.0.0.1:${port} and localhost:${port} only.`);
  }
  if (method !== 'GET' && method !== 'HEAD') {
    const refused = refusal(405, 'Only GET and HEAD are answered here.');
    return { ...refused, headers: { ...refused.headers, allow: 'GET, HEAD' } };
  }
  const [path = '/', query = ''] = target.split('?', 2);
  const shown = new URLSearchParams(query).get('token');
  if (path === '/' && shown !== null && isToken(shown, token)) return enter(token, port);
  if (!hasToken(headers, token, port)) return refusal(403, noToken);

  const file = files.get(path);
  if (file === undefined) return refusal(404, `There is nothing at ${path}.`);
  return { status: 200, headers: windowHeaders(file, socketsOf(port)), body: file.content };
}

/** Exchanges the token in the address for a cookie, and the address for one without it. */
const enter = (token: string, port: number): PageAnswer => ({
  status: 303,
  headers: {
    location: '/',
    'set-cookie': `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  },
  body: Buffer.alloc(0),
});

const socketsOf = (port: number): string => `ws://127.0.0.1:${port} ws://localhost:${port}`;

function refusal(status: number, text: string): PageAnswer {
  const escaped = text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  const style = 'body{font:15px system-ui;margin:15vh auto;max-width:34em;padding:0 1em;color-scheme:light dark}';
  const content = Buffer.from(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Hubfleet</title><style>${style}</style><h1>Hubfleet</h1><p>${escaped}</p></html>`,
  );
  const page = { type: 'text/html; charset=utf-8', content, lasting: false };
  return { status, headers: windowHeaders(page), body: content };
}

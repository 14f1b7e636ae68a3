// The service side of a bare hub: POST /twins/{id}/methods on plain node:http, one write an answer, nothing checked. The protocol beside it does the rest.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const host = '127.0.0.1';

/** Sends a call on; false when there is no such device. The response is given back to `answer` later. */
export type Send = (device: string, method: string, payload: string, response: ServerResponse) => boolean;

export function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

export const methodFront = (send: Send) =>
  createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { methodName, payload } = JSON.parse(body) as { methodName: string; payload: unknown };
      const sent = send(request.url?.split('/')[2] ?? '', methodName, JSON.stringify(payload), response);
      if (!sent) answer(response, 404, '{"Message":"no such device"}');
    });
  });

export interface Listening {
  once(event: 'error', run: (error: Error) => void): unknown;
  listen(options: { host: string; port: number; backlog: number }, run: () => void): unknown;
  address(): AddressInfo | string | null;
}

/** On any free port of the loopback; gives it. */
export async function listen(server: Listening): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0, backlog: 2_048 }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

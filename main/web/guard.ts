// Decides who may talk to the browser host: whoever has the token of this start, from a page of our own, under a loopback name.
// A foreign web page in the same browser has neither the cookie nor the Origin; a rebound DNS name has the wrong Host.
import type { IncomingHttpHeaders } from 'node:http';
import { isToken } from '../control/loopback.ts';

/** Cookies know no ports, so two hosts on one machine would overwrite each other's: the port is part of the name. */
export const cookieName = (port: number): string => `hubfleet-${port}`;

/** A WebSocket opened by a page says the page's origin. A program that sends none must show the token in a header instead. */
export function isOurOrigin(headers: IncomingHttpHeaders, port: number): boolean {
  const { origin } = headers;
  if (origin === undefined) return headers.authorization !== undefined;
  return origin === `http://127.0.0.1:${port}` || origin === `http://localhost:${port}`;
}

/** The token is in our cookie, or in `Authorization: Bearer`. */
export function hasToken(headers: IncomingHttpHeaders, token: string, port: number): boolean {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isToken(bearer, token);
  const name = cookieName(port);
  return (headers.cookie ?? '').split(';').some((part) => {
    const [key, value] = part.trim().split('=', 2);
    return key === name && value !== undefined && isToken(value, token);
  });
}

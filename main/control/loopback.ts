// Who may talk to a listener on loopback: whoever knows its secret and calls it by a loopback name. A rebound DNS name has the wrong Host.
import { createHash, timingSafeEqual } from 'node:crypto';

export function isOurHost(header: string | undefined, port: number): boolean {
  return header === `127.0.0.1:${port}` || header === `localhost:${port}`;
}

/** In constant time, whatever the lengths. */
export function isToken(shown: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

// The desktop window's own address, hubfleet://app/: served from the built files, with the same headers as in the browser host.
// A scheme of its own rather than file://, so that the page has an origin and a content policy, and no way to other files.
import { protocol, type Session } from 'electron';
import { readWindow, windowHeaders } from '../window/files.ts';

export const scheme = 'hubfleet';
export const windowUrl = `${scheme}://app/`;

export const isWindowUrl = (url: string): boolean => url === windowUrl || url.startsWith(windowUrl);

/** Must be called before the app is ready. */
export function claimScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built window in `folder`. Throws file.unreadable when it is not there. */
export function serveWindow(session: Session, folder: string): void {
  const files = readWindow(folder);
  session.protocol.handle(scheme, (request) => {
    const { host, pathname } = new URL(request.url);
    const file = host === 'app' && request.method === 'GET' ? files.get(pathname) : undefined;
    if (file === undefined) return new Response('There is nothing here.', { status: 404 });
    return new Response(new Uint8Array(file.content), { headers: windowHeaders(file) });
  });
}

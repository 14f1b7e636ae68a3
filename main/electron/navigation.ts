// The desktop window stays on its own page: no navigation, no further windows, no permissions but writing to the clipboard.
import { type App, type Session, shell, type WebContents } from 'electron';
import { isWindowUrl } from './scheme.ts';

/** Pages the Help menu and the window's links may open, in the user's browser. */
const linkable = /^https:\/\/(?:learn\.microsoft\.com|github\.com)\//;

/** For every page the app ever makes, so that none can be forgotten. */
export function denyNavigation(app: App): void {
  app.on('web-contents-created', (_event, contents) => confine(contents));
}

function confine(contents: WebContents): void {
  const stay = (event: { readonly url: string; preventDefault(): void }) => {
    if (!isWindowUrl(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', stay);
  contents.on('will-frame-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (linkable.test(url)) void shell.openExternal(url);
    return { action: 'deny' };
  });
}

/** Copying ids and connection strings is all the window needs of the system. */
export function denyPermissions(session: Session): void {
  const allowed = (permission: string, url: string) => permission === 'clipboard-sanitized-write' && isWindowUrl(url);
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(allowed(permission, requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, origin) => allowed(permission, withSlash(origin)));
  session.setDevicePermissionHandler(() => false);
}

const withSlash = (origin: string): string => (origin.endsWith('/') ? origin : `${origin}/`);

// The built window as a table of files, read once: only what the build made can be asked for, no path is ever put together.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { LabError } from '../../simulators/vocabulary/errors.ts';

export interface WindowFile {
  readonly type: string;
  readonly content: Buffer;
  /** True when its name holds a digest of its content: it may be kept for ever. */
  readonly lasting: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

/** Path (`/index.html`, `/assets/...`) -> file. `/` is the page. Throws file.unreadable when the window was not built. */
export function readWindow(folder: string): ReadonlyMap<string, WindowFile> {
  const files = new Map<string, WindowFile>();
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true }).map(String);
  } catch (error) {
    throw new LabError('file.unreadable', `the window is not in ${folder}`, 'Build it: npm run build.', error);
  }
  for (const name of names) {
    const type = types[extname(name)];
    const file = join(folder, name);
    if (type === undefined || !statSync(file).isFile()) continue;
    const path = `/${name.replaceAll('\\', '/')}`;
    files.set(path, { type, content: readFileSync(file), lasting: path.startsWith('/assets/') });
  }
  const page = files.get('/index.html');
  if (page === undefined) {
    throw new LabError('file.unreadable', `the window in ${folder} has no index.html`, 'Build it: npm run build.');
  }
  files.set('/', page);
  return files;
}

/**
 * What the window may load and talk to: itself, nothing else. Styles may be set from script, because the component library and the editor
 * make theirs at run time; scripts come from files only.
 * @param contract where the contract's socket is, for browsers that do not count it as 'self'.
 */
export const contentPolicy = (contract?: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self'${contract === undefined ? '' : ` ${contract}`}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');

export const windowHeaders = (file: WindowFile, contract?: string): Record<string, string> => ({
  'content-type': file.type,
  'content-security-policy': contentPolicy(contract),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
  'cache-control': file.lasting ? 'private, max-age=31536000, immutable' : 'no-store',
});

// Finds a Chromium that really starts: the one named by HUBFLEET_CHROMIUM, the system's, else Playwright's own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome.exe'];
const elsewhere = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The first that starts, or undefined. */
export function findChromium(env = process.env) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const paths = [
    env.HUBFLEET_CHROMIUM,
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...elsewhere,
    playwrightsOwn(),
  ];
  for (const path of new Set(paths)) {
    const version = path && existsSync(path) ? versionOf(path) : undefined;
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

/** A file alone proves little: libraries may be missing, and some systems ship a script that only points to a store. */
function versionOf(path) {
  if (process.platform === 'win32') return 'unknown'; // chrome.exe opens a window when asked for its version
  const asked = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return asked.status === 0 ? asked.stdout.trim() : undefined;
}

function playwrightsOwn() {
  try {
    return createRequire(import.meta.url)('@playwright/test').chromium.executablePath();
  } catch {
    return undefined;
  }
}

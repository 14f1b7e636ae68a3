// The desktop's composition root: the only place of this host that reads process and app and builds clocks, chance and threads.
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, type BrowserWindow, dialog, session } from 'electron';
import envPaths from 'env-paths';
import { version } from '../../package.json';
import { systemClock } from '../../simulators/clock/system.ts';
import { openLab } from '../../simulators/lab/lab.ts';
import { errorCodes, LabError } from '../../simulators/vocabulary/errors.ts';
import { layoutOf } from '../workspace/data-folder.ts';
import { defaultHostName } from '../workspace/host-name.ts';
import { optionsVariable, startOptions } from '../workspace/start-options.ts';
import { openWorkbench, type Workbench } from '../workspace/workbench.ts';
import { joinWindow } from './ipc.ts';
import { setMenu } from './menu.ts';
import { denyNavigation, denyPermissions } from './navigation.ts';
import { quitSafely } from './quitting.ts';
import { claimScheme, serveWindow, windowUrl } from './scheme.ts';
import { openWindow } from './window.ts';

// This file is dist/main/electron.mjs when it runs; in the packaged app inside the archive, from which threads cannot be started.
const beside = (path: string): URL => new URL(path, import.meta.url);
const unpacked = (path: string): URL => new URL(beside(path).href.replace('/app.asar/', '/app.asar.unpacked/'));

const usualDataDir = process.env.HUBFLEET_DATA_DIR || envPaths('hubfleet', { suffix: '' }).data;
const options = startOptions(process.env[optionsVariable], {
  version,
  dataDir: usualDataDir,
  hostName: defaultHostName,
});
const clock = systemClock();
const developerTools = !app.isPackaged;
const notice = (text: string): void => void process.stderr.write(`${text}\n`);

// The browser part's own files belong to the data folder; the lock that keeps the app single is taken there too.
app.setPath(
  'userData',
  options.ephemeral ? mkdtempSync(join(tmpdir(), 'hubfleet-desktop-')) : join(options.dataDir, 'desktop'),
);
claimScheme();
denyNavigation(app);

let workbench: Workbench | undefined;
let window: BrowserWindow | undefined;

function showWindow(): void {
  if (workbench === undefined) return;
  if (window !== undefined) {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    return;
  }
  window = openWindow({
    preload: fileURLToPath(beside('../preload/bridge.cjs')),
    memory: options.ephemeral ? undefined : layoutOf(options.dataDir).window,
    developerTools,
  });
  joinWindow(window, workbench, clock);
  window.on('closed', () => {
    window = undefined;
  });
}

async function start(): Promise<void> {
  await app.whenReady();
  setMenu({ platform: process.platform, developerTools });
  denyPermissions(session.defaultSession);
  serveWindow(session.defaultSession, fileURLToPath(beside('../renderer')));
  workbench = await openWorkbench(options, {
    openLab,
    workers: { hub: unpacked('./hub.worker.mjs'), fleet: unpacked('./fleet.worker.mjs') },
    now: () => clock.now(),
    newSeed: () => randomBytes(4).readUInt32LE(),
    newToken: () => randomBytes(24).toString('base64url'),
    process: process.pid,
    notice,
  });
  if (options.open) showWindow();
  const { status, seed, control } = workbench;
  const dataDir = options.ephemeral ? null : options.dataDir;
  const hub = { hostName: status.hostName, ...status.doors };
  const ready = {
    ...{ ready: true, url: windowUrl, host: 'desktop', version: options.version, seed, dataDir, hub },
    control: { url: control.url },
  };
  process.stdout.write(options.json ? `${JSON.stringify(ready)}\n` : `Hubfleet ${options.version} is ready.\n`);
}

function fail(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const hint = error instanceof LabError ? (error.hint ?? '') : '';
  notice(`hubfleet: ${text}${hint && `\n${hint}`}`);
  if (options.open) dialog.showErrorBox('Hubfleet could not start', `${text}\n\n${hint}`);
  app.exit(error instanceof LabError ? errorCodes[error.code] : 1);
}

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', showWindow);
  app.on('activate', showWindow);
  app.on('window-all-closed', () => app.quit());
  quitSafely(app, async () => workbench?.stop(), clock);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit());
  start().catch(fail);
} else {
  notice('Hubfleet is already open on this data folder; its window comes to the front.');
  app.quit();
}

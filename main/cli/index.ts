#!/usr/bin/env node
// The command line's composition root: the only place of this host that reads process and builds clocks, chance and threads.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';
import { version } from '../../package.json';
import { systemClock } from '../../simulators/clock/system.ts';
import { desktopRuntime } from './desktop-runtime.ts';
import type { CliHost, CliTools } from './host.ts';
import { runCli } from './run.ts';

// This file is dist/main/cli.mjs when it runs.
const beside = (path: string): URL => new URL(path, import.meta.url);
const folder = (path: string): string => fileURLToPath(beside(path));

const host: CliHost = {
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  dataDir: process.env.HUBFLEET_DATA_DIR || envPaths('hubfleet', { suffix: '' }).data,
  process: process.pid,
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  onStop(stop) {
    let asked = 0;
    const listener = () => {
      asked++;
      if (asked > 1) process.exit(130); // asked twice: stopping hangs, the user has the last word
      stop();
    };
    process.on('SIGINT', listener);
    process.on('SIGTERM', listener);
    return () => {};
  },
};

const tools: CliTools = {
  version,
  clock: systemClock(),
  randomBytes,
  newSeed: () => randomBytes(4).readUInt32LE(),
  newToken: () => randomBytes(24).toString('base64url'),
  // Loaded when asked for: a command that only talks to a hub need not read the code of one.
  openHub: async (options) => (await import('../../simulators/hub/hub.ts')).openHub(options),
  openInvoker: async (options) => (await import('../../simulators/invoker/invoker.ts')).openInvoker(options),
  openMessages: async (options) => (await import('../../simulators/invoker/messages.ts')).openMessages(options),
  openLab: async (options) => (await import('../../simulators/lab/lab.ts')).openLab(options),
  workers: { hub: beside('./hub.worker.mjs'), fleet: beside('./fleet.worker.mjs') },
  window: folder('../renderer'),
  desktop: desktopRuntime(import.meta.url, folder('../..'), process.env),
  openBrowser,
  temporaryFolder() {
    const path = mkdtempSync(join(tmpdir(), 'hubfleet-'));
    return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
  },
};

async function openBrowser(url: string): Promise<boolean> {
  const { env, platform } = process;
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return false;
  try {
    const { default: open } = await import('open');
    const child = await open(url);
    return await new Promise((resolve) => {
      child.once('error', () => resolve(false));
      child.once('spawn', () => resolve(true));
      child.once('exit', () => resolve(true));
    });
  } catch {
    return false;
  }
}

// A reader that goes away (`hubfleet ... | head`) ends the output, not the program.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await runCli(host, tools);
// A command that is done leaves at once; what a library keeps alive must not hold a script up.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise<void>((done) => stream.write('', () => done()))),
);
process.exit();

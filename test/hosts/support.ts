// Starts Hubfleet's command line as a process of its own, as a user or a script would, and stops whatever a test started.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { buildStale } from '../../main/launch/build.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const cli = fileURLToPath(new URL('../../dist/main/cli.mjs', import.meta.url));

/** What is tested from outside is what the sources say now. */
export const withBuild = (): void =>
  beforeAll(async () => {
    await buildStale();
    if (!existsSync(cli)) throw new Error(`the build did not make ${cli}`);
  }, 180_000);

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
export interface Running {
  readonly process: ChildProcess;
  /** Resolves with the first line on standard output; fails with what was said when the process ends before. */
  readonly firstLine: Promise<string>;
  readonly finished: Promise<Finished>;
}

const running = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @param dataDir stands for the user's own data folder. */
export function start(dataDir: string, args: readonly string[], env: Record<string, string> = {}): Running {
  const { IOTHUB_CONNECTION_STRING: _, DISPLAY: __, WAYLAND_DISPLAY: ___, ...inherited } = process.env;
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: root,
    env: { ...inherited, HUBFLEET_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let out = '';
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code, out, err });
    });
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
      const end = out.indexOf('\n');
      if (end >= 0) resolve(out.slice(0, end));
    });
    void finished.then(({ code }) => reject(new Error(`it ended with ${code} and said: ${err}${out}`)));
  });
  firstLine.catch(() => {}); // those who wait for the end do not wait for the first line
  return { process: child, firstLine, finished };
}

export const run = (dataDir: string, args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
  start(dataDir, args, env).finished;

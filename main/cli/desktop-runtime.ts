// Electron's runtime, which npm does not install with the package: is it here, and if not, can it be fetched?
// Never loads `electron` itself, which would begin to download at once.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { minutes, seconds } from '../../simulators/vocabulary/units.ts';
import { readIfThere, writeWhole } from '../workspace/data-folder.ts';
import { optionsVariable } from '../workspace/start-options.ts';

export interface DesktopRuntime {
  /** Path of the executable, or undefined. */
  find(): string | undefined;
  /** Tries to fetch it; gives why that failed, or undefined. Never takes longer than a minute. */
  fetch(): Promise<string | undefined>;
  /** Runs the desktop host until it ends; gives its exit code. `stop` asks it to quit. */
  run(executable: string, options: unknown, stop: Promise<void>): Promise<number>;
}

/** The runtime is about 110 MB; a connection that cannot bring it in this time is no good for a start. */
const fetchPatience = seconds(60);
/** After a failure the next attempt waits, so that every start does not pay for it. */
const forgetAfter = minutes(24 * 60);

/** @param app folder with the package.json whose `main` is the desktop host. */
export function desktopRuntime(from: string, app: string, env: NodeJS.ProcessEnv): DesktopRuntime {
  const folder = (): string | undefined => {
    try {
      return dirname(createRequire(from).resolve('electron/package.json'));
    } catch {
      return undefined;
    }
  };
  return {
    find() {
      const electron = folder();
      if (electron === undefined) return undefined;
      try {
        // Written when the runtime was unpacked: the executable's path inside dist/, which differs per system.
        const file = join(electron, 'dist', readFileSync(join(electron, 'path.txt'), 'utf8').trim());
        return existsSync(file) ? file : undefined;
      } catch {
        return undefined;
      }
    },
    fetch() {
      const electron = folder();
      if (electron === undefined) return Promise.resolve('the package electron is not installed');
      return runInstaller(join(electron, 'install.js'), env);
    },
    run(executable, options, stop) {
      return new Promise((resolve, reject) => {
        const child = spawn(executable, [app], {
          stdio: 'inherit',
          env: { ...env, [optionsVariable]: JSON.stringify(options) },
        });
        child.once('error', reject);
        child.once('exit', (code) => resolve(code ?? 1));
        void stop.then(() => child.kill('SIGTERM'));
      });
    },
  };
}

function runInstaller(script: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env,
      timeout: fetchPatience,
      killSignal: 'SIGKILL',
    });
    child.stderr.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-4_000);
    });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined);
      else if (signal !== null) resolve(`it did not arrive within ${fetchPatience / 1_000} s`);
      else resolve(/(?:Error|error): ([^\n]+)/.exec(said)?.[1] ?? `the installer ended with code ${code}`);
    });
  });
}

const failureSchema = z.object({ at: z.number(), why: z.string() });

/** Why fetching failed less than a day ago, or undefined. */
export function recentFailure(file: string, now: number): string | undefined {
  try {
    const failure = failureSchema.parse(JSON.parse(readIfThere(file) ?? ''));
    return now - failure.at < forgetAfter ? failure.why : undefined;
  } catch {
    return undefined;
  }
}

export const rememberFailure = (file: string, at: number, why: string): void =>
  writeWhole(file, `${JSON.stringify({ at, why })}\n`);

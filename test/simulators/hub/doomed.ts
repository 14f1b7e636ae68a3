// A program that is going to be killed: built from its source as it stands, run on a folder, its lines read until it ends.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { aFolder } from './hub/a-hub.ts';

const sqlite = import.meta.resolve('@photostructure/sqlite');

export interface Doomed {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  /** What it acknowledged. Lines already in the pipe are still read after the kill: they were acknowledged too. */
  readonly lines: Interface;
}

export async function startDoomed(source: URL, folder: string): Promise<Doomed> {
  const file = join(aFolder(), 'doomed.mjs');
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    plugins: [
      {
        name: 'native',
        setup: (into) => into.onResolve({ filter: /^@photostructure/ }, () => ({ path: sqlite, external: true })),
      },
    ],
  });
  const child = spawn(process.execPath, [file, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout }) };
}

// A process killed in the middle of a burst of twin updates: all it acknowledged is there afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { aFolder, aHub } from '../hub/a-hub.ts';

const sqlite = import.meta.resolve('@photostructure/sqlite');

test.each([40, 400, 1_500])('killed after %i acknowledged updates, nothing of them is lost', async (enough) => {
  const folder = aFolder();
  const file = join(aFolder(), 'burst.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./burst.ts', import.meta.url))],
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
  const acknowledged = new Map<string, number>();
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [device = '', value] = line.split(' ');
    acknowledged.set(device, Number(value));
    count += 1;
    // Lines already in the pipe are still read: they were acknowledged too.
    if (count === enough) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  expect(count).toBeGreaterThanOrEqual(enough);

  const { ask, hub } = await aHub({ folder });
  expect(hub.status.notices).toEqual([]);
  for (const [device, value] of acknowledged) {
    const { body } = await ask('GET', `/twins/${device}`);
    const { desired, reported } = (
      body as { properties: Record<'desired' | 'reported', { value: number; $version: number }> }
    ).properties;
    // One more may have been kept that nobody was told of any more; never one less.
    expect(desired.value).toBeGreaterThanOrEqual(value);
    expect(reported.value).toBeGreaterThanOrEqual(value);
    expect(desired.$version).toBe(desired.value + 1);
    expect(reported.$version).toBe(reported.value + 1);
  }
});

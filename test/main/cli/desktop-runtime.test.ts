// Electron's runtime is found without loading Electron, fetched at most once a day, and given the start's options.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { desktopRuntime, recentFailure, rememberFailure } from '../../../main/cli/desktop-runtime.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A package like Electron's, whose installer is the given script. */
function aRuntime(installer = '') {
  const root = temporaryFolder();
  const electron = join(root, 'node_modules', 'electron');
  mkdirSync(electron, { recursive: true });
  writeFileSync(join(electron, 'package.json'), '{"name":"electron","main":"index.js"}');
  writeFileSync(join(electron, 'index.js'), 'throw new Error("was loaded")');
  writeFileSync(join(electron, 'install.js'), installer);
  const unpack = (script = '') => {
    mkdirSync(join(electron, 'dist'));
    writeFileSync(join(electron, 'path.txt'), 'electron');
    writeFileSync(join(electron, 'dist', 'electron'), `#!${process.execPath}\n${script}`, { mode: 0o755 });
  };
  const runtime = desktopRuntime(pathToFileURL(join(root, 'cli.mjs')).href, root, { ...process.env });
  return { root, electron, unpack, runtime };
}

test('it is there once its executable is, not before', () => {
  const { electron, unpack, runtime } = aRuntime();
  expect(runtime.find()).toBeUndefined();
  writeFileSync(join(electron, 'path.txt'), 'electron'); // unpacking was cut off
  expect(runtime.find()).toBeUndefined();
  unpack();
  expect(runtime.find()).toBe(join(electron, 'dist', 'electron'));
});

test('without the package there is none, and fetching says so', async () => {
  const root = temporaryFolder();
  const runtime = desktopRuntime(pathToFileURL(join(root, 'cli.mjs')).href, root, {});
  expect(runtime.find()).toBeUndefined();
  expect(await runtime.fetch()).toBe('the package electron is not installed');
});

describe('fetching', () => {
  test('gives nothing to complain about when the installer is content', async () => {
    expect(await aRuntime('process.exit(0)').runtime.fetch()).toBeUndefined();
  });

  test('gives the reason out of what the installer said', async () => {
    const installer = 'console.error("TypeError: fetch failed\\n    at somewhere"); process.exit(1)';
    expect(await aRuntime(installer).runtime.fetch()).toBe('fetch failed');
    expect(await aRuntime('process.exit(3)').runtime.fetch()).toBe('the installer ended with code 3');
  });

  test('that failed is remembered for a day', () => {
    const file = join(temporaryFolder(), 'desktop-runtime.json');
    const at = Date.UTC(2026, 0, 1);
    const day = 86_400_000;
    expect(recentFailure(file, at)).toBeUndefined();
    rememberFailure(file, at, 'no network');
    expect(recentFailure(file, at + day - 1)).toBe('no network');
    expect(recentFailure(file, at + day)).toBeUndefined();
    writeFileSync(file, 'garbage');
    expect(recentFailure(file, at)).toBeUndefined();
  });
});

describe.skipIf(process.platform === 'win32')('running', () => {
  const never = new Promise<void>(() => {});

  test('starts the app with its options, and gives its exit code', async () => {
    const { root, unpack, runtime } = aRuntime();
    const said = join(root, 'said');
    unpack(
      `require('fs').writeFileSync('${said}', process.argv[2] + ' ' + process.env.HUBFLEET_START); process.exit(4)`,
    );
    expect(await runtime.run(runtime.find() ?? '', { demo: true }, never)).toBe(4);
    expect(readFileSync(said, 'utf8')).toBe(`${root} {"demo":true}`);
  });

  test('asks the app to quit when the command is stopped', async () => {
    const { root, unpack, runtime } = aRuntime();
    const up = join(root, 'up');
    unpack(
      `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); require('fs').writeFileSync('${up}', '')`,
    );
    const isUp = vi.waitFor(() => expect(existsSync(up)).toBe(true), { timeout: 10_000 });
    expect(await runtime.run(runtime.find() ?? '', {}, isUp)).toBe(0);
  });
});

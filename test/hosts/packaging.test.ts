// The packaged desktop, made against a stand-in for Electron's runtime: what its archive holds, what lies beside it, which fuses are set.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../main/support/temporary.ts';
import { withBuild } from './support.ts';

withBuild();

const root = fileURLToPath(new URL('../..', import.meta.url));
const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
const arch = process.arch;
let app = '';
let inside: string[] = [];
let beside: string[] = [];

/** An executable with nothing in it but Electron's fuse wire: its mark, the wire's version and length, and one character a fuse. */
function standInRuntime(): string {
  const folder = temporaryFolder();
  const mark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
  const wire = Buffer.concat([Buffer.from(mark), Buffer.from([1, 8]), Buffer.from('10110000')]);
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.from('stand-in '), wire]), { mode: 0o755 });
  mkdirSync(join(folder, 'resources'));
  mkdirSync(join(folder, 'locales'));
  return folder;
}

beforeAll(() => {
  const output = temporaryFolder();
  const settings = { electronDist: standInRuntime(), 'directories.output': output };
  const flags = Object.entries(settings).map(([name, value]) => `-c.${name}=${value}`);
  const made = spawnSync(process.execPath, [builder, '--linux', 'dir', `--${arch}`, '--publish', 'never', ...flags], {
    cwd: root,
    encoding: 'utf8',
    timeout: 150_000,
  });
  expect(made.status, `${made.stdout}${made.stderr}`).toBe(0);
  const folder = readdirSync(output).find((name) => name.startsWith('linux') && name.endsWith('unpacked')) ?? '';
  app = join(output, folder);
  const archive = join(app, 'resources', 'app.asar');
  inside = listPackage(archive, { isPack: false }).map((path) => path.replaceAll('\\', '/'));
  const unpacked = `${archive}.unpacked`;
  beside = readdirSync(unpacked, { recursive: true }).map((path) => `/${String(path).replaceAll('\\', '/')}`);
}, 180_000);

const archive = () => join(app, 'resources', 'app.asar');

test('the archive holds hosts, bridge and window', () => {
  const wanted = [
    '/dist/main/electron.mjs',
    '/dist/main/cli.mjs',
    '/dist/preload/bridge.cjs',
    '/dist/renderer/index.html',
  ];
  expect(inside).toEqual(expect.arrayContaining(wanted));
  expect(inside.some((path) => /^\/dist\/renderer\/assets\/.+\.js$/.test(path))).toBe(true);
  const manifest = JSON.parse(extractFile(archive(), 'package.json').toString());
  expect(manifest.main).toBe('dist/main/electron.mjs');
  expect(
    extractFile(archive(), 'dist/main/electron.mjs').equals(readFileSync(join(root, 'dist/main/electron.mjs'))),
  ).toBe(true);
});

test('threads and the native store lie beside it, where the system can load them', () => {
  const store = '/node_modules/@photostructure/sqlite';
  expect(beside).toEqual(
    expect.arrayContaining([
      '/dist/main/hub.worker.mjs',
      '/dist/main/fleet.worker.mjs',
      `${store}/package.json`,
      `${store}/dist/index.mjs`,
      '/node_modules/node-gyp-build/package.json',
    ]),
  );
  const binaries = beside.filter((path) => path.endsWith('.node'));
  expect(binaries).toEqual([`${store}/prebuilds/linux-${arch}/@photostructure+sqlite.glibc.node`]);
});

test('what a thread loads can be loaded from beside the archive', () => {
  const script =
    "const { DatabaseSync } = require('@photostructure/sqlite'); new DatabaseSync(':memory:').exec('SELECT 1');";
  const from = join(`${archive()}.unpacked`, 'dist', 'main', 'probe.cjs');
  writeFileSync(from, script);
  const ran = spawnSync(process.execPath, [from], { encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
});

test('there are no sources, tests, maps, development packages or keys', () => {
  const stray = inside.filter((path) =>
    /\.(?:tsx?|map|c|cpp|h|gyp|pem|db)$|^\/(?:simulators|main|renderer|preload|test|bench|docs)\//.test(path),
  );
  expect(stray).toEqual([]);
  const packages = new Set(
    inside.map((path) => /^\/node_modules\/(@[^/]+\/[^/]+|[^@/][^/]*)/.exec(path)?.[1]).filter(Boolean),
  );
  expect([...packages].sort()).toEqual(['@photostructure/sqlite', 'node-gyp-build']);
  expect(inside.filter((path) => path.startsWith('/dist/') && path.split('/').length === 3).sort()).toEqual([
    '/dist/main',
    '/dist/preload',
    '/dist/renderer',
  ]);
});

test('the executable runs nothing but the archive, and takes no orders from flags or variables', async () => {
  const wire = await getCurrentFuseWire(join(app, 'hubfleet'));
  const state = (fuse: FuseV1Options) => wire[fuse];
  expect(state(FuseV1Options.RunAsNode)).toBe(FuseState.DISABLE);
  expect(state(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(FuseState.DISABLE);
  expect(state(FuseV1Options.EnableNodeCliInspectArguments)).toBe(FuseState.DISABLE);
  expect(state(FuseV1Options.OnlyLoadAppFromAsar)).toBe(FuseState.ENABLE);
  expect(state(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(FuseState.ENABLE);
  expect(state(FuseV1Options.GrantFileProtocolExtraPrivileges)).toBe(FuseState.DISABLE);
  expect(existsSync(join(app, 'electron'))).toBe(false);
});

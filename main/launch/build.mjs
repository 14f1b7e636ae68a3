// Makes dist/ from the sources: the hosts and workers with esbuild, the window with vite. What is up to date is left alone.
// `node main/launch/build.mjs [--quiet] [--bench]`
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { takeLock } from './build-lock.mjs';
import { digestOf, isFresh, markFresh, replaceFile } from './freshness.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What every part depends on besides its own sources. */
const common = ['package.json', 'package-lock.json', 'tsconfig.json', 'main/launch/build.mjs'];

const hosts = {
  name: 'hosts',
  sources: [...common, 'main', 'preload', 'simulators'],
  outputs: [
    'dist/main/cli.mjs',
    'dist/main/electron.mjs',
    'dist/main/hub.worker.mjs',
    'dist/main/fleet.worker.mjs',
    'dist/preload/bridge.cjs',
  ],
  build: async () => {
    await bundle(
      'dist/main',
      {
        cli: 'main/cli/index.ts',
        electron: 'main/electron/index.ts',
        'hub.worker': 'simulators/lab/workers/hub.worker.ts',
        'fleet.worker': 'simulators/lab/workers/fleet.worker.ts',
      },
      { plugins: [readyParser, noDebug] },
    );
    await bundlePreload();
  },
};

const window = {
  name: 'window',
  sources: [...common, 'renderer', 'preload/contract', 'simulators/vocabulary', 'vite.config.ts'],
  outputs: ['dist/renderer/index.html'],
  build: buildWindow,
};

const bench = {
  name: 'bench',
  sources: [...common, 'bench', 'main', 'preload', 'simulators'],
  outputs: ['dist/bench/bench.mjs'],
  // The references keep their libraries as they come.
  build: () => bundle('dist/bench', benchEntries(), { externals: benchExternals }),
};

/** The official clients are measured from node_modules as any program would load them. */
const benchExternals = ['azure-iot-device', 'azure-iot-device-mqtt', 'azure-iothub'];

/**
 * Builds what is stale. Gives the names of the parts that were built. Two builds at once take turns, and files are put in place by
 * renaming, so a program that starts meanwhile reads the old ones or the new ones.
 */
export async function buildStale({ withBench = false, say = () => {} } = {}) {
  const stale = () => [hosts, window, ...(withBench ? [bench] : [])].filter((part) => !partIsFresh(part));
  if (stale().length === 0) return [];
  const release = await takeLock(join(root, 'dist', '.build-lock'));
  try {
    const parts = stale(); // another build may have done it while this one waited
    await Promise.all(parts.map((part) => buildPart(part, say))); // esbuild and vite work in threads and processes of their own
    return parts.map((part) => part.name);
  } finally {
    release();
  }
}

async function buildPart(part, say) {
  const began = performance.now();
  const digest = digestOf(root, part.sources); // taken first: what changes during the build is stale afterwards
  await part.build();
  markFresh(root, part, digest);
  say(`built ${part.name} in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}

const partIsFresh = (part) => isFresh(root, part, digestOf(root, part.sources));

// Bundled CommonJS libraries ask for `require`, which ESM output does not have.
const banner = [
  "import { createRequire as hubfleetRequire } from 'node:module';",
  'const require = hubfleetRequire(import.meta.url);',
].join('\n');

/** The parser of queries is made here, once, and not with every hub that starts; what makes parsers stays out of the bundle. */
const readyParser = {
  name: 'ready-parser',
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /[\\/]hub[\\/]query[\\/]new-parser\.ts$/ }, async ({ path }) => {
      const described = await esbuild.build({
        entryPoints: [join(dirname(path), 'grammar.ts')],
        write: false,
        format: 'esm',
      });
      const { grammar, startRules } = await import(
        `data:text/javascript,${encodeURIComponent(described.outputFiles[0].text)}`
      );
      const { default: peggy } = await import('peggy');
      const parser = peggy.generate(grammar, { allowedStartRules: [...startRules], output: 'source', format: 'es' });
      return { contents: `${parser}\nexport const newParser = () => ({ parse: peg$parse });` };
    });
  },
};

/** What mqtt-packet and rhea would tell `DEBUG=...`, six lines a packet: asking whether anybody listens took 3% of a busy device's time. */
const noDebug = {
  name: 'no-debug',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'no-debug' }));
    onLoad({ filter: /.*/, namespace: 'no-debug' }, () => ({
      contents: 'const silent = Object.assign(() => {}, { enabled: false }); module.exports = () => silent;',
    }));
  },
};

/** Every entry becomes one file of its own: a worker is started by its file, and the packaged app unpacks only those. */
async function bundle(folder, entries, { externals = [], plugins = [readyParser] } = {}) {
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: ['electron', '@photostructure/sqlite', ...externals],
    plugins,
    banner: { js: banner },
    minifyWhitespace: true,
    minifySyntax: true, // names stay, for stacks that can be read
    legalComments: 'none',
    logLevel: 'error',
  });
  // An entry with a #! line (the command line) must keep it first; esbuild puts it above the banner by itself.
  put(result.outputFiles);
}

async function bundlePreload() {
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: root,
    entryPoints: { bridge: 'preload/bridge.ts' },
    outdir: 'dist/preload',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs', // a sandboxed preload script is CommonJS and may load nothing but electron
    target: 'node20.19',
    external: ['electron'],
    legalComments: 'none',
    logLevel: 'error',
  });
  put(result.outputFiles);
}

function put(files) {
  for (const file of files) replaceFile(file.path, file.contents, basename(file.path) === 'cli.mjs' ? 0o755 : 0o644);
}

async function buildWindow() {
  const { build } = await import('vite');
  const fresh = join(root, 'dist', `.renderer-${process.pid}`);
  const old = join(root, 'dist', `.renderer-old-${process.pid}`);
  const place = join(root, 'dist', 'renderer');
  // Vite asks the environment, not its `mode`, whether React's development build goes in; a test runner says `test` there.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await build({
      root: resolve(root, 'renderer'),
      configFile: resolve(root, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: fresh, emptyOutDir: true },
    });
    if (statSync(place, { throwIfNoEntry: false })) renameSync(place, old);
    renameSync(fresh, place);
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/** bench.ts itself, worker threads (`*.worker.ts`) and what it starts as processes (`*.process.ts`). */
function benchEntries() {
  const entries = {};
  for (const name of readdirSync(join(root, 'bench'), { recursive: true }).map(String)) {
    const path = name.replaceAll('\\', '/');
    if (path === 'bench.ts' || /\.(worker|process)\.ts$/.test(path)) {
      entries[path.slice(0, -'.ts'.length)] = `bench/${path}`;
    }
  }
  return entries;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const quiet = process.argv.includes('--quiet');
  const say = quiet ? () => {} : (text) => process.stdout.write(`${text}\n`);
  try {
    const built = await buildStale({ withBench: process.argv.includes('--bench'), say });
    if (built.length === 0) say(`${relative(process.cwd(), join(root, 'dist')) || 'dist'} is up to date`);
  } catch (error) {
    process.stderr.write(`the build failed: ${error.message}\n`);
    process.exitCode = 1;
  }
}

// `npm test`: finds the browser, then lint and format, types, build, the tests in Node and the tests in the browser, in that order.
// Stops at the first step that fails and says which; the last line counts the tests that passed and failed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './support/chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const results = mkdtempSync(join(tmpdir(), 'hubfleet-results-'));
const say = (text) => process.stdout.write(`${text}\n`);
const count = { passed: 0, failed: 0, skipped: 0 };

/** The script behind a package's command, so that nothing depends on npx or on the system's shell. */
function tool(name, command = name) {
  const file = require.resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(file, 'utf8'));
  return join(dirname(file), typeof bin === 'string' ? bin : bin[command]);
}

function run(args, env = {}) {
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error) say(error.message);
  return status === 0;
}

function read(name) {
  const file = join(results, name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function vitest() {
  const report = join(results, 'vitest.json');
  const ok = run([tool('vitest'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  const found = read('vitest.json');
  count.passed += found?.numPassedTests ?? 0;
  count.failed += found?.numFailedTests ?? 0;
  count.skipped += (found?.numPendingTests ?? 0) + (found?.numTodoTests ?? 0);
  return ok;
}

function playwright(chromium) {
  const ok = run([tool('@playwright/test', 'playwright'), 'test', '--reporter=list,json'], {
    HUBFLEET_CHROMIUM: chromium,
    PLAYWRIGHT_JSON_OUTPUT_NAME: join(results, 'playwright.json'),
  });
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = read('playwright.json')?.stats ?? {};
  count.passed += expected + flaky;
  count.failed += unexpected;
  count.skipped += skipped;
  return ok;
}

/** The system's browser, else Playwright's own, else Debian's package when this is root; or a sentence about what is missing. */
function browser() {
  const attempts = [
    () => {},
    () => run([tool('@playwright/test', 'playwright'), 'install', 'chromium']),
    () => {
      if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return;
      spawnSync('apt-get', ['update'], { stdio: 'inherit' });
      spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: 'inherit' });
    },
  ];
  for (const attempt of attempts) {
    attempt();
    const found = findChromium();
    if (found) return found;
  }
  return undefined;
}

function finish(failedStep) {
  rmSync(results, { recursive: true, force: true });
  if (failedStep) say(`\nstopped: ${failedStep} failed`);
  say(`${count.passed} passed, ${count.failed} failed${count.skipped ? `, ${count.skipped} skipped` : ''}`);
  process.exit(failedStep ? 1 : 0);
}

const chromium = browser();
if (chromium === undefined) {
  say('There is no Chromium that starts on this machine, and none could be installed.');
  say('Install one (Debian: apt-get install chromium), or name one in HUBFLEET_CHROMIUM, and run `npm test` again.');
  finish('finding a browser');
}
say(`browser: ${chromium.version} (${chromium.path})`);

const steps = [
  ['lint and format (biome)', () => run([tool('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.'])],
  ['types (tsc)', () => run([tool('typescript', 'tsc'), '-p', 'tsconfig.json'])],
  ['types of the window (tsc)', () => run([tool('typescript', 'tsc'), '-p', 'renderer/tsconfig.json'])],
  ["types of the window's tests (tsc)", () => run([tool('typescript', 'tsc'), '-p', 'test/window/tsconfig.json'])],
  ['build', () => run(['main/launch/build.mjs'])],
  ['tests in Node (vitest)', vitest],
  ['tests in the browser (playwright)', () => playwright(chromium.path)],
];
for (const [name, step] of steps) {
  say(`\n== ${name}`);
  const began = Date.now();
  if (!step()) finish(name);
  say(`== ${name}: ${((Date.now() - began) / 1_000).toFixed(1)} s`);
}
finish(undefined);

// The real desktop, where Electron's runtime is installed: it opens its window on a demo fleet, keeps it locked down, and quits cleanly.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, expect, test } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));

function runtime(): string | undefined {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    return join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
  } catch {
    return undefined;
  }
}
const executablePath = runtime();
const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
const missing =
  executablePath === undefined
    ? "Electron's runtime is not installed (npx install-electron)"
    : hasDisplay
      ? undefined
      : 'there is no display (xvfb-run gives one)';

if (missing !== undefined) {
  process.stderr.write(`\n*** The tests of the real desktop were SKIPPED: ${missing}. ***\n\n`);
}

test.describe('the desktop', () => {
  test.skip(missing !== undefined, missing ?? '');

  test('opens a locked-down window on the demo fleet and quits cleanly', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'hubfleet-desktop-test-'));
    const options = {
      version: '0.0.0',
      dataDir,
      usualDataDir: dataDir,
      ephemeral: false,
      demo: 'reboot',
      hostName: '127.0.0.1',
      ports: { https: 0, mqtts: 0, mqtt: 0 },
      json: true,
      open: true,
    };
    const app = await _electron.launch({
      executablePath: executablePath ?? '',
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root],
      env: { ...(process.env as Record<string, string>), HUBFLEET_START: JSON.stringify(options) },
    });
    try {
      const page = await app.firstWindow();
      await expect(page).toHaveTitle(/Hubfleet/);
      await expect(page.getByText('device-0001').first()).toBeVisible({ timeout: 30_000 });

      expect(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe('undefined');
      expect(
        await page.evaluate(() => Object.keys((globalThis as { hubfleet?: object }).hubfleet ?? {}).sort()),
      ).toEqual(['listen', 'send']);
      await page.evaluate("location.href = 'https://example.com/'");
      expect(page.url()).toMatch(/^hubfleet:\/\/app\//);
      const second = await page.evaluate("window.open('https://example.com/') === null");
      expect(second).toBe(true);

      const ended = new Promise<number | null>((resolve) => app.process().once('exit', resolve));
      await app.evaluate(({ app: electron }) => electron.quit()).catch(() => {});
      expect(await ended).toBe(0);
    } finally {
      await app.close().catch(() => {});
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

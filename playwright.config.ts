// The window in a real Chromium, and the hosts from outside. `npm test` finds or installs the browser and names it in HUBFLEET_CHROMIUM.
import { defineConfig } from '@playwright/test';
import { findChromium } from './test/support/chromium.mjs';

const executablePath = process.env.HUBFLEET_CHROMIUM ?? findChromium()?.path;

const load = 'window/load.spec.ts';

export default defineConfig({
  testDir: 'test',
  testMatch: ['window/**/*.spec.ts', 'hosts/**/*.spec.ts'],
  outputDir: 'test-results',
  workers: 2,
  fullyParallel: false,
  projects: [
    { name: 'window', testIgnore: load },
    // Alone: what it measures is time.
    { name: 'load', testMatch: load, dependencies: ['window'] },
  ],
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    trace: 'off',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox', // the machines that run the tests have no user namespaces to give
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});

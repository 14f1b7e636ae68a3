// The desktop's composition root: in which order it starts and ends, that it is single, and how it fails.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import { fakeLab } from '../support/fake-lab.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { electron, resetElectron } from './fake-electron.ts';

vi.mock('electron', async () => (await import('./fake-electron.ts')).electronModule());
const opening = vi.hoisted(() => ({ openLab: vi.fn() }));
vi.mock('../../../simulators/lab/lab.ts', () => opening);
vi.mock('../../../main/window/files.ts', async (original) => ({
  ...(await original<object>()),
  readWindow: () => new Map([['/', { type: 'text/html', content: Buffer.from('page'), lasting: false }]]),
}));

const lab = fakeLab();
let said: string[] = [];
beforeEach(() => {
  resetElectron();
  lab.calls.length = 0;
  said = [];
  opening.openLab.mockReset().mockResolvedValue(lab);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  vi.spyOn(process, 'on').mockReturnValue(process);
  vi.stubEnv('HUBFLEET_START', undefined);
  vi.stubEnv('HUBFLEET_DATA_DIR', temporaryFolder());
});
/** It has said how its start went; ports that had to give way may be told before. */
const settled = () => vi.waitFor(() => expect(said.join('')).toMatch(/is ready|"ready":true|hubfleet: |already open/));
// A root runs once, when it is loaded; the number makes it another module each time, with everything below it shared.
let loads = 0;
const load = () => import(/* @vite-ignore */ `../../../main/electron/index.ts?start=${loads++}`);

test('opened by itself it makes one window on the usual data folder, and says so', async () => {
  await load();
  await settled();
  expect(electron.windows).toHaveLength(1);
  expect(electron.app.calls[0]).toBe(`path userData ${join(process.env.HUBFLEET_DATA_DIR ?? '', 'desktop')}`);
  expect(opening.openLab.mock.calls[0]?.[0]).toMatchObject({ hub: { hostName: '127.0.0.1' } });
  expect(said.at(-1)).toMatch(/^Hubfleet .+ is ready\.\n$/);
});

test('a second start brings the window to the front instead of opening another', async () => {
  await load();
  await settled();
  electron.app.emit('second-instance');
  expect(electron.windows).toHaveLength(1);
  expect(electron.windows[0]?.calls).toContain('focus');
});

test('the second start itself opens nothing and ends', async () => {
  electron.app.lock = false;
  await load();
  await settled();
  expect(opening.openLab).not.toHaveBeenCalled();
  expect(electron.windows).toEqual([]);
  expect(electron.app.calls.at(-1)).toBe('ended');
});

test('the command line hands over its options, and reads one line of JSON', async () => {
  const dataDir = temporaryFolder();
  const options = {
    version: '9.9.9',
    dataDir,
    usualDataDir: dataDir,
    ephemeral: true,
    demo: 'reboot',
    seed: 4,
    hostName: 'hub.test.local',
    ports: { https: 0, mqtts: 0 },
    json: true,
    open: false,
  };
  vi.stubEnv('HUBFLEET_START', JSON.stringify(options));
  await load();
  await settled();
  expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({
    ready: true,
    host: 'desktop',
    version: '9.9.9',
    seed: 4,
    dataDir: null,
    control: { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
  });
  expect(opening.openLab.mock.calls[0]?.[0]).toMatchObject({
    seed: 4,
    hub: { folder: undefined, hostName: 'hub.test.local' },
  });
  expect(electron.windows).toEqual([]); // open: false
  electron.app.emit('activate');
  expect(electron.windows).toHaveLength(1);
});

test('closing the window stops the lab before the app ends', async () => {
  await load();
  await settled();
  electron.app.emit('window-all-closed');
  await vi.waitFor(() => expect(electron.app.calls.at(-1)).toBe('ended'));
  expect(lab.calls.at(-1)).toBe('stop');
  expect(electron.app.calls.indexOf('quit prevented')).toBeLessThan(electron.app.calls.indexOf('ended'));
});

test('what keeps it from starting is shown, and its exit code is that of the command line', async () => {
  opening.openLab.mockRejectedValue(new LabError('data-folder.in-use', 'another hub runs on it', 'Stop it.'));
  await load();
  await settled();
  await vi.waitFor(() => expect(electron.app.calls.at(-1)).toBe('exit 2'));
  expect(electron.errors).toEqual([['Hubfleet could not start', 'another hub runs on it\n\nStop it.']]);
});

test('corrupt settings are told, and the window opens all the same', async () => {
  writeFileSync(join(process.env.HUBFLEET_DATA_DIR ?? '', 'settings.json'), 'garbage');
  await load();
  await settled();
  expect(said.some((text) => text.includes('moved to'))).toBe(true);
  expect(electron.windows).toHaveLength(1);
});

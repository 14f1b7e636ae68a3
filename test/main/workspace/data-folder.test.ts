// The data folder: what is written is whole and for its owner only, what cannot be understood is moved aside and never overwritten.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dropAccess, readAccess, writeAccess } from '../../../main/workspace/access.ts';
import { layoutOf, openDataFolder, writeWhole } from '../../../main/workspace/data-folder.ts';
import { announceHub, hubOfConnectionString, hubOfFolder } from '../../../main/workspace/running-hubs.ts';
import { readSettings, writeSettings } from '../../../main/workspace/settings.ts';
import { faultSpecSchema, fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { status } from '../support/fake-lab.ts';
import { temporaryFolder } from '../support/temporary.ts';

const modeOf = (path: string) => statSync(path).mode & 0o777;
const now = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('the folder', () => {
  test('is made with all above it, for its owner only', () => {
    const path = join(temporaryFolder(), 'a', 'b');
    openDataFolder(path);
    expect(modeOf(path)).toBe(0o700);
    expect(readdirSync(path)).toEqual([]);
  });

  test('that others could look into is closed to them', () => {
    const path = join(temporaryFolder(), 'open');
    mkdirSync(path, { mode: 0o755 });
    openDataFolder(path);
    expect(modeOf(path)).toBe(0o700);
  });

  test('that is a file is refused with a sentence that names it and the way out', () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    expect(() => openDataFolder(path)).toThrow(
      expect.objectContaining({
        code: 'data-folder.unusable',
        message: expect.stringContaining(path),
        hint: expect.stringContaining('--data-dir'),
      }),
    );
    expect(() => openDataFolder(join(path, 'below'))).toThrow('a part of the path is a file');
  });

  test('a file is replaced whole, with mode 0600 and nothing left beside it', () => {
    const folder = temporaryFolder();
    writeWhole(join(folder, 'x.json'), 'first');
    writeWhole(join(folder, 'x.json'), 'second');
    expect(readFileSync(join(folder, 'x.json'), 'utf8')).toBe('second');
    expect(modeOf(join(folder, 'x.json'))).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['x.json']);
  });
});

describe('settings', () => {
  const settings = {
    seed: 7,
    fleets: [fleetSpecSchema.parse({ name: 'lab', count: 3 })],
    faults: [faultSpecSchema.parse({ name: 'silent', settings: { kind: 'reply.never' }, on: { share: 0.5 } })],
  };

  test('come back as they were written', () => {
    const { settings: file } = layoutOf(temporaryFolder());
    writeSettings(file, settings);
    expect(readSettings(file, now)).toEqual({ settings, notice: undefined });
  });

  test('are none at the first start', () => {
    expect(readSettings(layoutOf(temporaryFolder()).settings, now)).toEqual({ settings: undefined, notice: undefined });
  });

  test.each([
    ['{"hubfleet":1,', 'not JSON'],
    ['{"hubfleet":2,"seed":1,"fleets":[],"faults":[]}', 'hubfleet: expected 1'],
    ['{"hubfleet":1,"seed":-1,"fleets":[],"faults":[]}', 'seed'],
    ['{"hubfleet":1,"seed":1,"fleets":[{"name":"x","count":0}],"faults":[]}', 'at least 1 device'],
    ['[]', ''],
  ])('%s is moved aside with the reason', (text, reason) => {
    const folder = temporaryFolder();
    const { settings: file } = layoutOf(folder);
    writeFileSync(file, text);
    const read = readSettings(file, now);
    expect(read.settings).toBeUndefined();
    expect(read.notice).toContain(reason);
    expect(readdirSync(folder)).toEqual(['settings.json.unreadable-2026-01-02T03-04-05-000Z']);
    expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')).toBe(text);
  });
});

describe('the way to a running hub', () => {
  test('is readable by its owner only, and goes when the hub stops', () => {
    const dataDir = temporaryFolder();
    const withdraw = announceHub(status, { dataDir, usualDataDir: temporaryFolder(), process: process.pid });
    expect(modeOf(layoutOf(dataDir).access)).toBe(0o600);
    expect(hubOfFolder(dataDir)).toMatchObject({
      https: { port: 50_443 },
      connectionStrings: status.connectionStrings,
    });
    withdraw();
    expect(hubOfFolder(dataDir)).toBeUndefined();
  });

  test('is found by any of its connection strings, and by no other key', () => {
    const usualDataDir = temporaryFolder();
    const withdraw = announceHub(status, { dataDir: undefined, usualDataDir, process: process.pid });
    for (const text of Object.values(status.connectionStrings)) {
      expect(hubOfConnectionString(usualDataDir, text)?.https?.port).toBe(50_443);
    }
    const other = 'HostName=127.0.0.1;SharedAccessKeyName=service;SharedAccessKey=b3RoZXI=';
    expect(hubOfConnectionString(usualDataDir, other)).toBeUndefined();
    withdraw();
    expect(hubOfConnectionString(usualDataDir, status.connectionStrings.service ?? '')).toBeUndefined();
  });

  test('left by a process that is gone counts for nothing', () => {
    const { access } = layoutOf(temporaryFolder());
    writeAccess(access, status, 4_000_000);
    expect(readAccess(access)).toBeUndefined();
    expect(readAccess(access, () => true)).toMatchObject({ process: 4_000_000 });
  });

  test('of another process is not taken away', () => {
    const { access } = layoutOf(temporaryFolder());
    writeAccess(access, status, 4_000_000);
    dropAccess(access, process.pid);
    expect(readAccess(access, () => true)).toBeDefined();
  });
});

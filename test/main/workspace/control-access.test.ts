// Where the control API of an instance is written down: found while its process runs, for its owner's eyes only, taken off by itself alone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announceControl, controlOfFolder, controlsOf } from '../../../main/workspace/control-access.ts';
import { layoutOf } from '../../../main/workspace/data-folder.ts';
import { temporaryFolder } from '../support/temporary.ts';

const mine = { process: process.pid, url: 'http://127.0.0.1:40001', token: 'secret' };
/** Of a process that has ended. */
const gone = { ...mine, process: spawnSync(process.execPath, ['--version']).pid };

test('an instance is written down twice, and taken off twice', () => {
  const [dataDir, usualDataDir] = [temporaryFolder(), temporaryFolder()];
  const withdraw = announceControl(mine, { dataDir, usualDataDir });
  expect(controlOfFolder(dataDir)).toEqual(mine);
  expect(controlsOf(usualDataDir)).toEqual([mine]);
  for (const file of [layoutOf(dataDir).control, join(usualDataDir, 'running', `${process.pid}.control.json`)])
    expect(statSync(file).mode & 0o777).toBe(0o600);
  withdraw();
  expect(controlOfFolder(dataDir)).toBeUndefined();
  expect(readdirSync(join(usualDataDir, 'running'))).toEqual([]);
});

test('one that was killed is not found, and forgotten', () => {
  const dataDir = temporaryFolder();
  announceControl(gone, { dataDir, usualDataDir: dataDir });
  expect(controlOfFolder(dataDir)).toBeUndefined();
  expect(controlsOf(dataDir)).toEqual([]);
  expect(readdirSync(join(dataDir, 'running'))).toEqual([]);
});

test('what another wrote since is left to it', () => {
  const dataDir = temporaryFolder();
  const withdraw = announceControl(gone, { dataDir, usualDataDir: temporaryFolder() });
  announceControl(mine, { dataDir, usualDataDir: temporaryFolder() });
  withdraw();
  expect(controlOfFolder(dataDir)).toEqual(mine);
});

test('files that make no sense, and folders that are not there, are no instance', () => {
  const dataDir = temporaryFolder();
  expect(controlsOf(dataDir)).toEqual([]);
  mkdirSync(join(dataDir, 'running'));
  for (const text of ['', '{', '[]', '{"process":-1,"url":"x","token":"y"}']) {
    writeFileSync(layoutOf(dataDir).control, text);
    writeFileSync(join(dataDir, 'running', `${process.pid}.control.json`), text);
    expect([controlOfFolder(dataDir), controlsOf(dataDir)]).toEqual([undefined, []]);
  }
});

test('a folder that cannot be written costs nothing but being found', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  announceControl(mine, { dataDir: file, usualDataDir: file })();
  expect(existsSync(layoutOf(file).control)).toBe(false);
});

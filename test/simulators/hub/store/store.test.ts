// What a store keeps, whom it refuses, and what becomes of a file it cannot use.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, test } from 'vitest';
import { openStore, type Store, type TwinRow } from '../../../../simulators/hub/store/store.ts';
import { LabError } from '../../../../simulators/vocabulary/errors.ts';
import { aFolder } from '../hub/a-hub.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const row = (id: string): TwinRow => ({ id, version: 2, etag: 1, tags: '{}', desired: '{"a":1}', reported: '{}' });

function problem(run: () => unknown): LabError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(LabError);
    return error as LabError;
  }
  throw new Error('nothing was refused');
}

function filled(folder: string | undefined): Store {
  const store = openStore(folder, now);
  store.keepSetting('name', 'one');
  store.keepSetting('name', 'two');
  for (const id of ['b', 'a', 'c']) {
    store.keepIdentity(id, `{"deviceId":"${id}"}`);
    store.keepTwin(row(id));
  }
  store.keepReported('a', 3, '{"x":1}');
  store.dropDevice('c');
  return store;
}

test.each(['in a folder', 'in memory'])('%s, what was kept is read back', (where) => {
  const folder = where === 'in memory' ? undefined : aFolder();
  let store = filled(folder);
  if (folder !== undefined) {
    store.close();
    store.close();
    store = openStore(folder, now);
  }
  expect(store.setting('name')).toBe('two');
  expect(store.setting('other')).toBeUndefined();
  expect(store.identities()).toEqual(['{"deviceId":"a"}', '{"deviceId":"b"}']);
  expect([...store.twins()].sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual([
    { ...row('a'), version: 3, reported: '{"x":1}' },
    row('b'),
  ]);
  expect(store.notices).toEqual([]);
  store.close();
});

describe('a transaction', () => {
  test('keeps all of it, and tells afterwards', () => {
    const store = openStore(undefined, now);
    const told: string[] = [];
    const result = store.transaction(() => {
      store.whenKept(() => told.push('kept'));
      store.transaction(() => store.keepIdentity('a', '{}'));
      told.push('inside');
      return 7;
    });
    expect([result, told, store.identities()]).toEqual([7, ['inside', 'kept'], ['{}']]);
    store.whenKept(() => told.push('at once'));
    expect(told).toEqual(['inside', 'kept', 'at once']);
    store.close();
  });

  test('tells everybody afterwards even when one of them throws, and says so then', () => {
    const store = openStore(undefined, now);
    const told: string[] = [];
    const work = () => {
      store.keepIdentity('a', '{}');
      store.whenKept(() => {
        throw new Error('not me');
      });
      store.whenKept(() => told.push('me'));
    };
    expect(() => store.transaction(work)).toThrow('not me');
    expect([told, store.identities()]).toEqual([['me'], ['{}']]);
    store.close();
  });

  test('keeps nothing when it throws, takes memory back newest first, and the next one works', () => {
    const store = openStore(undefined, now);
    const seen: string[] = [];
    expect(() =>
      store.transaction(() => {
        store.keepIdentity('a', '{}');
        store.ifNotKept(() => seen.push('first'));
        store.ifNotKept(() => seen.push('second'));
        store.whenKept(() => seen.push('never'));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([seen, store.identities()]).toEqual([['second', 'first'], []]);
    store.transaction(() => store.keepIdentity('b', '{}'));
    expect([seen, store.identities()]).toEqual([['second', 'first'], ['{}']]);
    store.close();
  });
});

test('a second store on one folder is refused with a sentence that names folder and fix', () => {
  const folder = aFolder();
  const store = openStore(folder, now);
  const { code, message, hint } = problem(() => openStore(folder, now));
  expect([code, message]).toEqual(['data-folder.in-use', `data folder ${folder}: another Hubfleet is using it`]);
  expect(hint).toContain('--data-dir');
  store.keepSetting('still', 'here');
  store.close();
  openStore(folder, now).close();
});

describe('a folder that cannot be used', () => {
  test('a file stands in its place', () => {
    const file = join(aFolder(), 'file');
    writeFileSync(file, 'mine');
    const { code, message, hint } = problem(() => openStore(file, now));
    expect([code, hint]).toEqual(['data-folder.unusable', expect.stringContaining('--data-dir')]);
    expect(message).toContain(`data folder ${file}: `);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('a folder stands where the database should', () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'hub.db'));
    expect(problem(() => openStore(folder, now)).code).toBe('data-folder.unusable');
  });

  test.skipIf(process.getuid?.() === 0)('it is read-only', () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'hub'), { mode: 0o500 });
    expect(problem(() => openStore(join(folder, 'hub'), now)).code).toBe('data-folder.unusable');
  });
});

describe('a database that cannot be used is moved aside with its log, never overwritten', () => {
  const makers: Record<string, (file: string) => void> = {
    'text where a database should be': (file) =>
      writeFileSync(file, 'not a database, but long enough for one. '.repeat(200)),
    'a database of a later version': (file) => {
      const database = new DatabaseSync(file);
      database.exec('CREATE TABLE other (x); PRAGMA user_version = 99');
      database.close();
    },
    'a database of another program': (file) => {
      const database = new DatabaseSync(file);
      database.exec('CREATE TABLE other (x)');
      database.close();
    },
    'a database with damaged pages': (file) => {
      const folder = aFolder();
      const store = openStore(folder, now);
      for (let index = 0; index < 500; index++) store.keepIdentity(`device-${index}`, `"${'x'.repeat(200)}"`);
      store.close();
      copyFileSync(join(folder, 'hub.db'), file);
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 8_192, bytes.length - 4_096);
      writeFileSync(file, bytes);
    },
  };

  test.each(Object.entries(makers))('%s', (_title, make) => {
    const folder = aFolder();
    const file = join(folder, 'hub.db');
    make(file);
    writeFileSync(`${file}-shm`, 'shm');
    const before = readFileSync(file);
    const store = openStore(folder, now);
    const aside = `${file}.unusable-2026-01-02T03-04-05-678Z`;
    expect(store.notices).toHaveLength(1);
    expect(store.notices[0]).toMatch(
      /^The hub's store .+ could not be used \(.+\); it was moved to .+ and a new one begun\.$/,
    );
    expect(store.notices[0]).toContain(file);
    expect(store.notices[0]).toContain(aside);
    expect(readFileSync(aside).equals(before)).toBe(true);
    expect(store.identities()).toEqual([]);
    store.keepSetting('a', 'b');
    store.close();

    expect(openAndClose(folder)).toEqual([]);
    expect(readFileSync(aside).equals(before)).toBe(true);
  });

  test('twice in one moment gives two names', () => {
    const folder = aFolder();
    const file = join(folder, 'hub.db');
    for (let round = 0; round < 2; round++) {
      writeFileSync(file, `damage ${round} `.repeat(100));
      openStore(folder, now).close();
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('hub.db.unusable-'))).toHaveLength(2);
  });
});

function openAndClose(folder: string): readonly string[] {
  const store = openStore(folder, now);
  store.close();
  return store.notices;
}

// Opens the SQLite file of a data folder: alone, checked and with the schema of this version. What cannot be read is moved aside,
// never overwritten.
import { accessSync, constants, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { LabError } from '../../vocabulary/errors.ts';
import type { Instant } from '../../vocabulary/units.ts';

type Database = InstanceType<typeof DatabaseSync>;

const fileName = 'hub.db';
/** Kept in `user_version`. A file with another number is of another program version. */
const schemaVersion = 2;
const documents =
  'CREATE TABLE documents (kind TEXT, id TEXT, json TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;';
/** What makes a file of version n one of version n + 1, by n. */
const upgrades: Readonly<Record<number, string>> = { 1: documents };
const schema = `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE identities (id TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE twins (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, etag INTEGER NOT NULL,
    tags TEXT NOT NULL, desired TEXT NOT NULL, reported TEXT NOT NULL
  ) STRICT;
  ${documents}`;

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const busy = 5;
const locked = 6;
const corrupt = 11;
const notADatabase = 26;

interface Opened {
  readonly database: Database;
  readonly notices: readonly string[];
}

export function openDatabase(folder: string | undefined, now: Instant): Opened {
  if (folder === undefined) {
    const database = new DatabaseSync(':memory:');
    prepare(database);
    return { database, notices: [] };
  }
  const file = prepareFolder(folder);
  const opened = tryOpen(file, folder);
  if (typeof opened !== 'string') return { database: opened, notices: [] };
  const aside = moveAside(file, folder, now);
  const fresh = tryOpen(file, folder);
  if (typeof fresh === 'string') throw unusable(folder, fresh);
  return {
    database: fresh,
    notices: [`The hub's store ${file} could not be used (${opened}); it was moved to ${aside} and a new one begun.`],
  };
}

function prepareFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(folder, messageOf(error), error);
  }
  return join(folder, fileName);
}

/** The open database, or what is wrong with its content. */
function tryOpen(file: string, folder: string): Database | string {
  let database: Database | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    // EXCLUSIVE comes first: WAL then needs no shared memory file, and the first read takes the lock for good.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const problem = problemOf(database);
    if (problem !== undefined) {
      database.close();
      return problem;
    }
    // Not before the file is known to be ours: changing the journal mode writes to it.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    prepare(database);
    return database;
  } catch (error) {
    if (database?.isOpen) database.close();
    const code = codeOf(error);
    if (code === corrupt || code === notADatabase) return messageOf(error);
    if (code === busy || code === locked) {
      throw new LabError(
        'data-folder.in-use',
        `data folder ${folder}: another Hubfleet is using it`,
        'Stop the other one, or name a different folder with --data-dir, or keep nothing with --ephemeral.',
        error,
      );
    }
    throw unusable(folder, messageOf(error), error);
  }
}

const versionOf = (database: Database): number =>
  (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

/** What is wrong with the content; only reads. */
function problemOf(database: Database): string | undefined {
  const version = versionOf(database);
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (version === 0 && tables === 0) return undefined;
  if (version !== schemaVersion && upgrades[version] === undefined)
    return `its schema is version ${version}, this program reads version ${schemaVersion}`;
  // Not integrity_check: it costs as much as reading every index twice, and page damage shows here as well.
  const [row] = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
  return row?.quick_check === 'ok' ? undefined : `it is damaged: ${row?.quick_check.replace(/\s+/g, ' ')}`;
}

/** Makes the tables of a new file or those an older one lacks, and takes the exclusive lock now and not with the first write. */
function prepare(database: Database): void {
  const version = versionOf(database);
  const steps = version === 0 ? [schema] : [];
  for (let from = version; from > 0 && from < schemaVersion; from++) steps.push(upgrades[from] ?? '');
  database.exec(`BEGIN EXCLUSIVE; ${steps.join(' ')} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
}

/** Gives the new name. The write-ahead log goes with its database: left behind it would be applied to the new one. */
function moveAside(file: string, folder: string, now: Instant): string {
  const stamp = new Date(now).toISOString().replace(/[:.]/g, '-');
  let aside = `${file}.unusable-${stamp}`;
  for (let copy = 2; existsSync(aside); copy++) aside = `${file}.unusable-${stamp}-${copy}`;
  try {
    renameSync(file, aside);
    for (const tail of ['-wal', '-shm']) {
      if (existsSync(file + tail)) renameSync(file + tail, aside + tail);
    }
  } catch (error) {
    throw unusable(folder, `${file} could not be moved aside: ${messageOf(error)}`, error);
  }
  return aside;
}

const unusable = (folder: string, why: string, cause?: unknown): LabError =>
  new LabError(
    'data-folder.unusable',
    `data folder ${folder}: ${why}`,
    'Name a folder that can be written with --data-dir, or keep nothing with --ephemeral.',
    cause,
  );

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The primary code: the lowest byte of an extended one. */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

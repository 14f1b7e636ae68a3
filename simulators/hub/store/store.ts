// What the hub keeps: settings, identities and twins. A write that returned outlives the process, however that ends.
// In a folder it is one SQLite file, held by one process at a time; without a folder it is memory.
import type { DatabaseSync } from '@photostructure/sqlite';
import type { Instant } from '../../vocabulary/units.ts';
import { openDatabase } from './database.ts';

export type DocumentKind = 'configuration' | 'job' | 'device-job' | 'message' | 'feedback';

/** A twin as it is kept. Sections are JSON text whose inside belongs to twins/. */
export interface TwinRow {
  readonly id: string;
  readonly version: number;
  readonly etag: number;
  readonly tags: string;
  readonly desired: string;
  readonly reported: string;
}

export interface Store {
  /** One sentence each: what was found unusable and where it was moved. */
  readonly notices: readonly string[];
  setting(name: string): string | undefined;
  keepSetting(name: string, value: string): void;
  /** Identities as JSON text, in order of id. */
  identities(): readonly string[];
  keepIdentity(id: string, json: string): void;
  /** Forgets an identity together with its twin. */
  dropDevice(id: string): void;
  twins(): readonly TwinRow[];
  keepTwin(row: TwinRow): void;
  /** A twin's reported section alone: what devices change most. */
  keepReported(id: string, version: number, reported: string): void;
  /** Things of a kind that are read whole at the start and kept as JSON text: configurations, jobs, messages. In order of id. */
  documents(kind: DocumentKind): readonly { readonly id: string; readonly json: string }[];
  keepDocument(kind: DocumentKind, id: string, json: string): void;
  dropDocument(kind: DocumentKind, id: string): void;
  /** All of `work` is kept, or nothing of it when it throws. Inside another transaction it joins that one. */
  transaction<Result>(work: () => Result): Result;
  /** Runs once what was written so far is kept: at once outside a transaction, after its end inside. One that throws keeps no other from it. */
  whenKept(run: () => void): void;
  /** Runs, newest first, if the transaction around it is not kept: for taking back what was changed in memory. */
  ifNotKept(undo: () => void): void;
  /** Closing twice is harmless. */
  close(): void;
}

/** Throws LabError data-folder.in-use or data-folder.unusable. */
export function openStore(folder: string | undefined, now: Instant): Store {
  const { database, notices } = openDatabase(folder, now);
  return new SqliteStore(database, notices);
}

class SqliteStore implements Store {
  readonly notices: readonly string[];
  readonly #database: InstanceType<typeof DatabaseSync>;
  readonly #prepared = new Map<string, ReturnType<InstanceType<typeof DatabaseSync>['prepare']>>();
  #depth = 0;
  #whenKept: (() => void)[] = [];
  #undo: (() => void)[] = [];

  constructor(database: InstanceType<typeof DatabaseSync>, notices: readonly string[]) {
    this.#database = database;
    this.notices = notices;
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string) {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  setting(name: string): string | undefined {
    const row = this.#statement('SELECT value FROM settings WHERE name = ?').get(name) as { value: string } | undefined;
    return row?.value;
  }

  keepSetting(name: string, value: string): void {
    this.#run('INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', name, value);
  }

  identities(): readonly string[] {
    const rows = this.#statement('SELECT json FROM identities ORDER BY id').all() as { json: string }[];
    return rows.map(({ json }) => json);
  }

  keepIdentity(id: string, json: string): void {
    this.#run('INSERT INTO identities VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json', id, json);
  }

  dropDevice(id: string): void {
    this.transaction(() => {
      this.#run('DELETE FROM identities WHERE id = ?', id);
      this.#run('DELETE FROM twins WHERE id = ?', id);
    });
  }

  twins(): readonly TwinRow[] {
    return this.#statement('SELECT * FROM twins').all() as TwinRow[];
  }

  keepTwin({ id, version, etag, tags, desired, reported }: TwinRow): void {
    this.#run(
      `INSERT INTO twins (id, version, etag, tags, desired, reported) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET version = excluded.version, etag = excluded.etag, tags = excluded.tags,
         desired = excluded.desired, reported = excluded.reported`,
      id,
      version,
      etag,
      tags,
      desired,
      reported,
    );
  }

  keepReported(id: string, version: number, reported: string): void {
    this.#run('UPDATE twins SET version = ?, reported = ? WHERE id = ?', version, reported, id);
  }

  documents(kind: DocumentKind): readonly { readonly id: string; readonly json: string }[] {
    const statement = this.#statement('SELECT id, json FROM documents WHERE kind = ? ORDER BY id');
    return statement.all(kind) as { id: string; json: string }[];
  }

  keepDocument(kind: DocumentKind, id: string, json: string): void {
    const sql = 'INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json';
    this.#run(sql, kind, id, json);
  }

  dropDocument(kind: DocumentKind, id: string): void {
    this.#run('DELETE FROM documents WHERE kind = ? AND id = ?', kind, id);
  }

  transaction<Result>(work: () => Result): Result {
    if (this.#depth > 0) return work();
    this.#database.exec('BEGIN IMMEDIATE');
    this.#depth += 1;
    let result: Result;
    try {
      result = work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#takeBack();
      throw error;
    } finally {
      this.#depth -= 1;
      this.#undo = [];
    }
    const waiting = this.#whenKept;
    this.#whenKept = [];
    let failure: { readonly error: unknown } | undefined;
    for (const run of waiting) {
      try {
        run();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
    return result;
  }

  #takeBack(): void {
    this.#whenKept = [];
    for (const undo of this.#undo.reverse()) undo();
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite rolled back by itself, as it does on a full disk.
    }
  }

  whenKept(run: () => void): void {
    if (this.#depth > 0) this.#whenKept.push(run);
    else run();
  }

  ifNotKept(undo: () => void): void {
    if (this.#depth > 0) this.#undo.push(undo);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

// Where Hubfleet keeps things on disk, and how they are written: whole or not at all, for the user's eyes only.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LabError } from '../../simulators/vocabulary/errors.ts';

/** The files of one data folder. */
export interface DataFolder {
  readonly path: string;
  /** The hub's own: store, CA, certificates. Locked by the hub while one runs. */
  readonly hub: string;
  /** Fleets, faults and the seed, as the user left them. */
  readonly settings: string;
  /** Modules of the user's with behaviours of devices; only read. */
  readonly behaviours: string;
  /** How to reach the hub that runs now. Only there while one runs. */
  readonly access: string;
  /** Address and token of the instance that runs now. Only there while one runs. */
  readonly control: string;
  /** What the desktop window remembers of itself. */
  readonly window: string;
  /** When fetching Electron's runtime failed last. */
  readonly runtime: string;
}

export const layoutOf = (path: string): DataFolder => ({
  path,
  hub: join(path, 'hub'),
  settings: join(path, 'settings.json'),
  behaviours: join(path, 'behaviours'),
  access: join(path, 'access.json'),
  control: join(path, 'control.json'),
  window: join(path, 'window.json'),
  runtime: join(path, 'desktop-runtime.json'),
});

/** Makes the folder, readable by its owner only, and checks that it can be written. Throws data-folder.unusable. */
export function openDataFolder(path: string): DataFolder {
  const folder = layoutOf(path);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, statSync(path).mode & 0o700);
    const probe = join(path, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new LabError(
      'data-folder.unusable',
      `the data folder ${path} cannot be used: ${reasonOf(error)}`,
      'Choose another with --data-dir, or keep nothing with --ephemeral.',
      error,
    );
  }
  return folder;
}

/** Writes beside the file and renames: a reader, or a crash, sees the old file or the new one. Mode 0600. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, file);
}

/** The file's text; undefined when there is none. Throws file.unreadable for any other reason. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LabError('file.unreadable', `${file} cannot be read: ${reasonOf(error)}`, undefined, error);
  }
}

export const removeIfThere = (file: string): void => rmSync(file, { force: true });

/** Renames a file that makes no sense out of the way, never overwriting an older one. Gives its new name. */
export function moveAside(file: string, now: number): string {
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
  const aside = `${file}.unreadable-${stamp}`;
  renameSync(file, aside);
  return aside;
}

export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known: Record<string, string> = {
    EACCES: 'no permission',
    EPERM: 'no permission',
    EROFS: 'its disk is read-only',
    ENOSPC: 'its disk is full',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EEXIST: 'a file of that name is in the way',
    EISDIR: 'it is a folder, not a file',
  };
  return (code && known[code]) ?? (error instanceof Error ? error.message : String(error));
}

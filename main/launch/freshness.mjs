// Tells whether a part of dist/ is up to date, by a digest of the names, sizes and times of everything it was made from.
// Only node:fs and node:crypto are loaded, so that a start with nothing to do stays quick.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Digest of the given files and folders (read all the way down), relative to `root`. One that is missing counts as such.
 * Times are part of it, contents are not: reading them would cost more than it saves.
 */
export function digestOf(root, sources) {
  const hash = createHash('sha1');
  const add = (path) => {
    const found = statSync(join(root, path), { throwIfNoEntry: false });
    if (found === undefined) hash.update(`${path} missing\n`);
    else if (found.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`);
    else hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
  };
  for (const source of sources) add(source);
  return hash.digest('hex');
}

/** Whether the stamp holds this digest and every output is still there. */
export function isFresh(root, part, digest) {
  const stamp = readIfThere(stampOf(root, part));
  return stamp === digest && part.outputs.every((output) => existsSync(join(root, output)));
}

export function markFresh(root, part, digest) {
  replaceFile(stampOf(root, part), digest);
}

/** Writes beside the file and renames, so that nobody ever reads half of it. */
export function replaceFile(file, content, mode = 0o644) {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, content, { mode });
  renameSync(beside, file);
}

const stampOf = (root, part) => join(root, 'dist', '.stamps', part.name);

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

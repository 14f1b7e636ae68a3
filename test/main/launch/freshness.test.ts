// What is up to date is left alone, what changed in any way is not, and builds take turns.
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildStale } from '../../../main/launch/build.mjs';
import { takeLock } from '../../../main/launch/build-lock.mjs';
import { digestOf, isFresh, markFresh, replaceFile } from '../../../main/launch/freshness.mjs';
import { temporaryFolder } from '../support/temporary.ts';

function aTree() {
  const root = temporaryFolder();
  mkdirSync(join(root, 'src', 'deep'), { recursive: true });
  writeFileSync(join(root, 'src', 'deep', 'a.ts'), 'one');
  writeFileSync(join(root, 'src', 'b.ts'), 'two');
  writeFileSync(join(root, 'lock.json'), '{}');
  const digest = () => digestOf(root, ['lock.json', 'src', 'not-there.ts']);
  return { root, digest, file: join(root, 'src', 'deep', 'a.ts') };
}
const part = { name: 'hosts', outputs: ['dist/out.mjs'] };

describe('the digest of a tree', () => {
  test('is the same while nothing changes', () => {
    const { digest } = aTree();
    expect(digest()).toBe(digest());
  });

  test.each<[string, (tree: ReturnType<typeof aTree>) => void]>([
    ['a file is written', ({ file }) => writeFileSync(file, 'longer than before')],
    ['a file gets an older time, as after a checkout', ({ file }) => utimesSync(file, 1, 1)],
    ['a file is added', ({ root }) => writeFileSync(join(root, 'src', 'c.ts'), '')],
    ['a file is deleted', ({ file }) => rmSync(file)],
    ['the lock file changes', ({ root }) => writeFileSync(join(root, 'lock.json'), '{"a":1}')],
    ['a source that was missing appears', ({ root }) => writeFileSync(join(root, 'not-there.ts'), '')],
  ])('is another one when %s', (_, change) => {
    const tree = aTree();
    const before = tree.digest();
    change(tree);
    expect(tree.digest()).not.toBe(before);
  });
});

test('a part is fresh when its stamp fits and its outputs are there', () => {
  const { root, digest } = aTree();
  expect(isFresh(root, part, digest())).toBe(false);
  replaceFile(join(root, 'dist', 'out.mjs'), 'built');
  expect(isFresh(root, part, digest())).toBe(false);
  markFresh(root, part, digest());
  expect(isFresh(root, part, digest())).toBe(true);
  expect(isFresh(root, part, 'another')).toBe(false);
  rmSync(join(root, 'dist', 'out.mjs'));
  expect(isFresh(root, part, digest())).toBe(false);
});

test('a file is replaced by renaming, with nothing left beside it', () => {
  const root = temporaryFolder();
  replaceFile(join(root, 'x'), 'one');
  replaceFile(join(root, 'x'), 'two');
  expect(readFileSync(join(root, 'x'), 'utf8')).toBe('two');
  expect(readdirSync(root)).toEqual(['x']);
});

describe('the build lock', () => {
  test('is held by one at a time', async () => {
    const file = join(temporaryFolder(), 'dist', '.lock');
    const order: string[] = [];
    const release = await takeLock(file);
    const second = takeLock(file).then((done) => {
      order.push('second');
      done();
    });
    order.push('first');
    release();
    await second;
    expect(order).toEqual(['first', 'second']);
    expect(readdirSync(join(file, '..'))).toEqual([]);
  });

  test('of a build that was killed is taken over', async () => {
    const file = join(temporaryFolder(), '.lock');
    writeFileSync(file, '4000000');
    (await takeLock(file))();
  });
});

test('a second build of the project has nothing to do', async () => {
  await buildStale();
  expect(await buildStale()).toEqual([]);
}, 180_000);

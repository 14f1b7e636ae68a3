// Where a user's own behaviour is looked for, and what is said when it is not there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findBehaviourFiles, withAbsoluteFiles } from '../../../main/workspace/behaviour-files.ts';
import { behaviourSchema } from '../../../simulators/vocabulary/specs.ts';

const folder = mkdtempSync(join(tmpdir(), 'hubfleet-behaviours-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'mine.mjs');
writeFileSync(file, '');
mkdirSync(join(folder, 'folder.mjs'));

const of = (name: string) => ({ behaviour: behaviourSchema.parse({ kind: 'module', file: name }) });

test('a file is looked for in the folder, also among several; an absolute path stays', () => {
  expect(findBehaviourFiles(of('mine.mjs'), folder)).toEqual(of(file));
  expect(findBehaviourFiles(of(file), '/elsewhere')).toEqual(of(file));
  const several = (name: string) => ({
    behaviour: behaviourSchema.parse({ kind: 'several', of: [{ kind: 'echo' }, of(name).behaviour] }),
  });
  expect(findBehaviourFiles(several('mine.mjs'), folder)).toEqual(several(file));
});

test('what names no file stays the same object', () => {
  for (const spec of [{}, { behaviour: behaviourSchema.parse({ kind: 'echo' }) }]) {
    expect(findBehaviourFiles(spec, folder)).toBe(spec);
  }
});

test.each(['other.mjs', 'folder.mjs'])(
  'for %s, which is no file, the error names the path and where to put it',
  (name) => {
    const path = join(folder, name);
    const wrong = {
      code: 'file.unreadable',
      message: `behaviour.file: there is no file ${path}`,
      hint: `Put your module in ${folder}, or give its absolute path.`,
    };
    expect(() => findBehaviourFiles(of(name), folder)).toThrow(expect.objectContaining(wrong));
    expect(withAbsoluteFiles(of(name), folder)).toEqual(of(path));
  },
);

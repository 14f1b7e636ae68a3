// Laying out a twin, and the patch an edit comes to.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, mergePatch, twinLines } from '../../renderer/device/twin.ts';

/** RFC 7396, as the hub applies it. */
function merge(target: Json, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: { [key: string]: Json } =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key] ?? {}, value);
  }
  return merged;
}

const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.array(fc.integer(), { maxLength: 3 }));
const properties = fc.letrec((tie) => ({
  node: fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.oneof({ depthSize: 'small', maxDepth: 3 }, leaf, tie('node')),
  ),
})).node as fc.Arbitrary<Record<string, Json>>;

test('the patch turns what was into what was written', () => {
  fc.assert(
    fc.property(properties, properties, (before, after) => {
      expect(merge(before, mergePatch(before, after))).toEqual(after);
    }),
  );
});

test("an unchanged document needs no patch, and the hub's own fields never get into one", () => {
  expect(mergePatch({ a: 1, $version: 3 }, { a: 1 })).toEqual({});
  expect(mergePatch({ a: { b: 1, c: 2 } }, { a: { b: 1 } })).toEqual({ a: { c: null } });
});

test('desired and reported share one line a path, groups come before what is in them, drift marks the way down', () => {
  const lines = twinLines(
    { fw: { version: '2', channel: 'x' } },
    { fw: { version: '1' }, up: 5 },
    new Set(['fw.version']),
  );
  expect(lines.map(({ path, depth, group, drift }) => [path, depth, group, drift])).toEqual([
    ['fw', 0, true, true],
    ['fw.version', 1, false, true],
    ['fw.channel', 1, false, false],
    ['up', 0, false, false],
  ]);
  expect(lines[1]).toMatchObject({ desired: '2', reported: '1' });
});

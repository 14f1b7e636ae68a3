// The rules of twin sections against plain models, for any content: merging, differences, metadata, sizes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentProblem, sizeOf } from '../../../../simulators/hub/twins/limits.ts';
import {
  bared,
  deviceText,
  difference,
  isObject,
  type Json,
  type JsonObject,
  type Metadata,
  merged,
  newSection,
  nothing,
  sectionFrom,
  sectionText,
  stampedBy,
} from '../../../../simulators/hub/twins/sections.ts';
import { stampOf } from '../../../../simulators/hub/twins/twin-changes.ts';

const keys = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString'),
  fc.string({ maxLength: 4 }),
);
const leaf = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ maxLength: 6 }),
);
const { object: objects } = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(leaf, { maxLength: 3 }), tie('object')) as fc.Arbitrary<Json>,
  object: fc.dictionary(keys, tie('value'), { maxKeys: 5 }) as fc.Arbitrary<Json>,
}));
const { object: patches } = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.constant(null),
    fc.array(leaf, { maxLength: 3 }),
    tie('object'),
  ) as fc.Arbitrary<Json>,
  object: fc.dictionary(keys, tie('value'), { maxKeys: 5 }) as fc.Arbitrary<Json>,
}));
const content = objects.map((value) => merged(nothing, bared(value) as JsonObject));
const patch = patches.map((value) => bared(value) as JsonObject);

/** A section as a flat table: path -> leaf, with an entry for each empty object. The plainest model there is. */
type Flat = Map<string, string>;
function flat(value: Json, path: readonly string[] = [], into: Flat = new Map()): Flat {
  if (!isObject(value)) into.set(JSON.stringify(path), JSON.stringify(value));
  else {
    into.set(JSON.stringify(path), '{}');
    for (const name of Object.keys(value)) flat(value[name] as Json, [...path, name], into);
  }
  return into;
}
function applyFlat(table: Flat, change: JsonObject, path: readonly string[] = []): void {
  for (const name of Object.keys(change)) {
    const at = [...path, name];
    const text = JSON.stringify(at);
    const value = change[name] as Json;
    const below = [...table.keys()].filter((other) => other !== text && other.startsWith(`${text.slice(0, -1)},`));
    if (isObject(value)) {
      table.set(text, '{}');
      applyFlat(table, value, at);
    } else {
      for (const other of below) table.delete(other);
      if (value === null) table.delete(text);
      else table.set(text, JSON.stringify(value));
    }
  }
}

describe('merging', () => {
  test('does what a flat table of paths and leaves does', () => {
    fc.assert(
      fc.property(content, patch, (before, change) => {
        const table = flat(before);
        applyFlat(table, change);
        expect(flat(merged(before, change))).toEqual(table);
      }),
      { numRuns: 1_000 },
    );
  });

  test('changes neither of its arguments, and a second time changes nothing', () => {
    fc.assert(
      fc.property(content, patch, (before, change) => {
        const texts = [JSON.stringify(before), JSON.stringify(change)];
        const once = merged(before, change);
        expect(JSON.stringify(merged(once, change))).toBe(JSON.stringify(once));
        expect([JSON.stringify(before), JSON.stringify(change)]).toEqual(texts);
      }),
    );
  });

  test.each([
    [{ a: 1 }, { a: null }, {}],
    [{ a: 1 }, { b: null }, { a: 1 }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: { b: 1 } }, { a: 2 }, { a: 2 }],
    [{ a: 2 }, { a: { b: 1, c: null } }, { a: { b: 1 } }],
    [{ a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    [{ a: 1 }, { a: {} }, { a: {} }],
  ])('%j and %j make %j', (before, change, after) => {
    expect(merged(before, change)).toEqual(after);
  });
});

describe('the difference a device is told after a replacement', () => {
  test('turns the old content into the new one and names all of the new one', () => {
    fc.assert(
      fc.property(content, content, (before, after) => {
        const told = difference(before, after);
        expect(flat(merged(before, told))).toEqual(flat(after));
        for (const name of Object.keys(after)) expect(Object.hasOwn(told, name)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('goes by existence, not by value', () => {
    expect(difference({ a: 1, b: 2 }, { a: 1, c: 100 })).toEqual({ a: 1, c: 100, b: null });
  });
});

describe('metadata', () => {
  /** Paths of all objects and leaves; arrays are leaves. */
  const paths = (value: Json): string[] => [...flat(value).keys()].sort();
  const stampPaths = (metadata: Metadata, path: readonly string[] = []): string[] => [
    JSON.stringify(path),
    ...Object.keys(metadata)
      .filter((name) => name !== '$lastUpdated' && name !== '$lastUpdatedVersion')
      .flatMap((name) => stampPaths(metadata[name] as Metadata, [...path, name])),
  ];
  const at = (metadata: Metadata, path: string): Metadata =>
    (JSON.parse(path) as string[]).reduce((below, name) => below[name] as Metadata, metadata);
  const safe = (value: JsonObject): boolean => !/"\$/.test(JSON.stringify(value));

  test('mirrors the content after any series of patches, and only what was named has the new time', () => {
    fc.assert(
      fc.property(content.filter(safe), fc.array(patch.filter(safe), { maxLength: 5 }), (first, changes) => {
        let { content: now, metadata } = newSection(first, stampOf('t0', 1));
        for (const [index, change] of changes.entries()) {
          const before = metadata;
          const old = new Set(stampPaths(before));
          now = merged(now, change);
          metadata = stampedBy(before, change, stampOf(`t${index + 1}`, index + 2));
          expect(stampPaths(metadata).sort()).toEqual(paths(now));
          const named = flat(change);
          for (const path of stampPaths(metadata)) {
            const { $lastUpdated } = at(metadata, path);
            if (named.has(path)) expect($lastUpdated).toBe(`t${index + 1}`);
            else if (old.has(path)) expect($lastUpdated).toBe(at(before, path).$lastUpdated);
          }
        }
      }),
    );
  });
});

describe('size', () => {
  test('is the sum over keys and values, whatever the nesting', () => {
    const model = (value: Json): number => {
      if (typeof value === 'string') {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters do not count
        return new TextEncoder().encode(value.replace(/[\x00-\x1f\x7f-\x9f]/g, '')).length;
      }
      if (typeof value === 'number') return 8;
      if (typeof value === 'boolean') return 4;
      if (value === null) return 0;
      if (Array.isArray(value)) return value.reduce((sum: number, one: Json) => sum + model(one), 0);
      return Object.entries(value).reduce(
        (sum, [name, one]) => sum + new TextEncoder().encode(name).length + model(one),
        0,
      );
    };
    fc.assert(
      fc.property(content, (value) => {
        expect(sizeOf(value)).toBe(model(value));
      }),
    );
  });

  test.each([
    [{ a: 1 }, 9],
    [{ ab: true }, 6],
    [{ ä: 'ü' }, 4],
    [{ a: 'x\n\u0085y' }, 3],
    [{ a: { b: [1, 'x', false] } }, 15],
    [{}, 0],
  ])('%j has %i bytes', (value, size) => expect(sizeOf(value)).toBe(size));
});

describe('limits', () => {
  const nested = (levels: number): JsonObject => (levels === 0 ? { leaf: 1 } : { level: nested(levels - 1) });

  test('ten objects below the section are allowed, eleven are not', () => {
    expect(contentProblem('desired', nested(10))).toBeUndefined();
    expect(contentProblem('desired', nested(11))).toMatch(
      /^properties\.desired\.level\..+: nested too deep; at most 10 levels/,
    );
    expect(contentProblem('tags', { a: JSON.parse(`${'['.repeat(11)}${']'.repeat(11)}`) })).toMatch(
      /^tags\.a.+too deep/,
    );
    expect(contentProblem('tags', { a: JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) })).toMatch(/too deep/);
  });

  test.each(['a.b', 'a$', '$a', 'a b', 'a\tb', '\u0000', '\u0085', 'x'.repeat(1_025), 'ü'.repeat(513)])(
    'the key %j is refused',
    (key) => {
      expect(contentProblem('reported', { [key]: 1 })).toMatch(/^properties\.reported: /);
    },
  );

  test.each(['a', 'a-b', 'ü', '__proto__', 'x'.repeat(1_024), 'ü'.repeat(512)])('the key %j is allowed', (key) => {
    expect(contentProblem('reported', { [key]: 1 })).toBeUndefined();
  });

  test.each([4_503_599_627_370_495, -4_503_599_627_370_496, 0.1, -0.5, 1e-300])(
    'the number %d is allowed',
    (number) => {
      expect(contentProblem('desired', { number })).toBeUndefined();
    },
  );

  test.each([4_503_599_627_370_496, -4_503_599_627_370_497, 1e300, Number.POSITIVE_INFINITY])(
    'the number %d is refused',
    (number) => {
      expect(contentProblem('desired', { a: [{ number }] })).toContain('properties.desired.a[0].number: ');
    },
  );

  test('4096 bytes of text are allowed, 4097 are not', () => {
    expect(contentProblem('desired', { text: 'ü'.repeat(2_048) })).toBeUndefined();
    expect(contentProblem('desired', { text: `${'ü'.repeat(2_048)}x` })).toMatch(/text of 4097 bytes/);
    expect(contentProblem('desired', { text: `${'x'.repeat(4_096)}\n` })).toBeUndefined();
  });
});

test('what devices get is the content with $version and nothing else', () => {
  fc.assert(
    fc.property(content, fc.nat(), (value, version) => {
      expect(JSON.parse(deviceText(value, version))).toEqual(
        JSON.parse(JSON.stringify({ ...value, $version: version })),
      );
    }),
  );
});

test('a section read back from its text is the same', () => {
  fc.assert(
    fc.property(content, (value) => {
      const section = newSection(value, stampOf('t', 1));
      expect(sectionText(sectionFrom(sectionText(section)))).toBe(sectionText(section));
    }),
  );
});

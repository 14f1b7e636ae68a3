// Conditions over twins against a plain model: values are looked up in the whole shape and every rule of the language is written down a
// second time, one value at a time, without anything of the engine.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Asked } from './a-query.ts';

/** What a condition reads of a twin, as the model sees it. */
type Model = (twin: unknown) => unknown;
interface Written {
  readonly text: string;
  readonly value: Model;
}

const names = ['a', 'b', 'c', 'odd-key', '__proto__', 'constructor'];
const leaves = fc.oneof(
  fc.constantFrom<unknown>(true, false, 0, 1, -1, 2.5, 'a', 'b', 'ab', '', '1', ' 12 '),
  fc.integer({ min: -3, max: 3 }),
  fc.array(fc.constantFrom<unknown>(1, 'a', null), { maxLength: 2 }),
);
const { object: contents } = fc.letrec<{ object: object; value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaves, tie('object')),
  object: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
}));
const twins = fc.record({ tags: contents, desired: contents, reported: contents });

const own = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).includes(name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
const primitive = (value: unknown): boolean => value === null || ['boolean', 'number', 'string'].includes(typeof value);
const number = (value: number): unknown => (Number.isNaN(value) || Math.abs(value) === Infinity ? undefined : value);

const step = fc.constantFrom<readonly [string, string]>(
  ['.a', 'a'],
  ['.b', 'b'],
  ['.c', 'c'],
  ['.[[odd-key]]', 'odd-key'],
  ["['a']", 'a'],
  ['.__proto__', '__proto__'],
  ['.constructor', 'constructor'],
  ['.$version', '$version'],
  ['.iotEdge', 'iotEdge'],
  ['.primaryThumbprint', 'primaryThumbprint'],
);
const root = fc.constantFrom<readonly [string, readonly string[]]>(
  ['tags', ['tags']],
  ['TAGS', ['tags']],
  ['devices.tags', ['tags']],
  ['properties.desired', ['properties', 'desired']],
  ['Properties.reported', ['properties', 'reported']],
  ['deviceId', ['deviceId']],
  ['version', ['version']],
  ['capabilities', ['capabilities']],
  ['x509Thumbprint', ['x509Thumbprint']],
  ['missing', ['missing']],
);
const path: fc.Arbitrary<Written> = fc.tuple(root, fc.array(step, { maxLength: 3 })).map(([[start, into], steps]) => ({
  text: start + steps.map(([text]) => text).join(''),
  value: (twin: unknown) => [...into, ...steps.map(([, name]) => name)].reduce(own, twin),
}));
const literal: fc.Arbitrary<Written> = fc.oneof(
  fc.constantFrom<Written>(
    { text: 'true', value: () => true },
    { text: 'FALSE', value: () => false },
    { text: 'null', value: () => null },
    { text: 'undefined', value: () => undefined },
    { text: '0x2', value: () => 2 },
    { text: '[1, tags.a]', value: (twin: unknown) => [1, own(own(twin, 'tags'), 'a')] },
  ),
  fc.integer({ min: -3, max: 3 }).map((value) => ({ text: String(value), value: () => value })),
  fc.double({ min: -10, max: 10, noNaN: true }).map((value) => ({ text: String(value), value: () => value })),
  fc.constantFrom('a', 'b', 'ab', '', '1', "it's", 'back\\slash', 'ü').map((value) => ({
    text: `'${value.replace(/[\\']/g, '\\$&')}'`,
    value: () => value,
  })),
);

const kinds: Record<string, (value: unknown) => boolean> = {
  IS_NULL: (value) => value === null,
  IS_STRING: (value) => typeof value === 'string',
  IS_NUMBER: (value) => typeof value === 'number',
  IS_BOOL: (value) => value === true || value === false,
  IS_ARRAY: (value) => Array.isArray(value),
  IS_OBJECT: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  IS_PRIMITIVE: primitive,
};
const ofNumber: Record<string, (value: number) => number> = {
  ABS: (value) => (value < 0 ? 0 - value : value + 0),
  EXP: Math.exp,
  SQUARE: (value) => value ** 2,
  CEILING: (value) => -Math.floor(-value),
  FLOOR: (value) => -Math.ceil(-value),
  SIGN: (value) => (value > 0 ? 1 : value < 0 ? -1 : 0),
  SQRT: Math.sqrt,
};
const ofText: Record<string, (value: string) => unknown> = {
  LENGTH: (value) => value.split('').length,
  LOWER: (value) => value.toLowerCase(),
  UPPER: (value) => value.toUpperCase(),
};
const ofTexts: Record<string, (value: string, part: string) => unknown> = {
  STARTS_WITH: (value, part) => value.slice(0, part.length) === part,
  ENDS_WITH: (value, part) => part === '' || value.slice(-part.length) === part,
  CONTAINS: (value, part) => value.split(part).length > 1 || part === '',
  INDEX_OF: (value, part) => value.search(part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')),
  CONCAT: (value, part) => `${value}${part}`,
};
const one =
  <Kind>(functions: Record<string, (value: Kind) => unknown>, fits: (value: unknown) => boolean) =>
  (part: Written, name: string): Written => ({
    text: `${name}( ${part.text} )`,
    value: (twin: unknown) => {
      const value = part.value(twin);
      const result = fits(value) ? functions[name]?.(value as Kind) : undefined;
      return typeof result === 'number' ? number(result) : result;
    },
  });
const pick = (functions: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(functions));

const operators: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};
const comparisons: Record<string, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};
/** -1, 0 or 1 for two values of one kind; undefined for others. */
function order(left: unknown, right: unknown): number | undefined {
  if (typeof left !== typeof right || !['boolean', 'number', 'string'].includes(typeof left)) return undefined;
  const [one, other] = [left, right] as [number, number];
  return one < other ? -1 : one > other ? 1 : 0;
}

const ofTwo = (left: Written, right: Written, name: string): Written => ({
  text: `${name}(${left.text},${right.text})`,
  value: (twin) => {
    const [value, other] = [left.value(twin), right.value(twin)];
    return typeof value === 'string' && typeof other === 'string' ? ofTexts[name]?.(value, other) : undefined;
  },
});
const numberLiteral = fc
  .oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, -1.5, 1e3))
  .map<Written>((value) => ({ text: String(value), value: () => value }));
const textLiteral = fc
  .constantFrom('a', 'b', 'ab', 'AB', '', '1', "it's", 'back\\slash', 'ü')
  .map<Written>((value) => ({ text: `'${value.replace(/[\\']/g, '\\$&')}'`, value: () => value }));

const {
  condition,
  number: numbers,
  text: texts,
} = fc.letrec<Record<'any' | 'number' | 'text' | 'condition', Written>>((tie) => {
  const [any, numeric, textual, truth] = [tie('any'), tie('number'), tie('text'), tie('condition')];
  const pairOf = (part: fc.Arbitrary<Written>) => fc.tuple(part, part);
  const comparable = fc.oneof(pairOf(numeric), pairOf(textual), pairOf(truth), pairOf(any));
  return {
    any: fc.oneof({ depthSize: 'small' }, path, literal, numeric, textual, truth),
    number: fc.oneof(
      { depthSize: 'small' },
      numberLiteral,
      { arbitrary: path, weight: 1 },
      fc
        .tuple(numeric, pick(ofNumber))
        .map(([part, name]) => one(ofNumber, (it) => typeof it === 'number')(part, name)),
      fc.tuple(pairOf(numeric), pick(operators)).map<Written>(([[left, right], operator]) => ({
        text: `(${left.text}) ${operator} (${right.text})`,
        value: (twin) => {
          const [value, other] = [left.value(twin), right.value(twin)];
          if (typeof value !== 'number' || typeof other !== 'number') return undefined;
          return number(operators[operator]?.(value, other) ?? Number.NaN);
        },
      })),
      numeric.map<Written>(({ text, value }) => ({
        text: `-(${text})`,
        value: (twin) => {
          const inside = value(twin);
          return typeof inside === 'number' ? 0 - inside : undefined;
        },
      })),
      textual.map((part) => one(ofText, (it) => typeof it === 'string')(part, 'LENGTH')),
    ),
    text: fc.oneof(
      { depthSize: 'small' },
      textLiteral,
      { arbitrary: path, weight: 1 },
      fc
        .tuple(textual, fc.constantFrom('LOWER', 'UPPER'))
        .map(([part, name]) => one(ofText, (it) => typeof it === 'string')(part, name)),
      fc.tuple(pairOf(textual)).map(([[left, right]]) => ofTwo(left, right, 'CONCAT')),
    ),
    condition: fc.oneof(
      { depthSize: 'small' },
      path,
      literal,
      path.map<Written>(({ text, value }) => ({
        text: `IS_DEFINED(${text})`,
        value: (twin) => value(twin) !== undefined,
      })),
      fc.tuple(any, pick(kinds)).map(([part, name]) => one(kinds, () => true)(part, name)),
      fc.tuple(pairOf(textual), pick(ofTexts)).map(([[left, right], name]) => ofTwo(left, right, name)),
      fc.tuple(comparable, pick(comparisons)).map<Written>(([[left, right], operator]) => ({
        text: `(${left.text})${operator}(${right.text})`,
        value: (twin) => {
          const found = order(left.value(twin), right.value(twin));
          return found === undefined ? undefined : comparisons[operator]?.(found);
        },
      })),
      fc.tuple(comparable, fc.constantFrom('=', '!=', '<>')).map<Written>(([[left, right], operator]) => ({
        text: `(${left.text}) ${operator} (${right.text})`,
        value: (twin) => {
          const [value, other] = [left.value(twin), right.value(twin)];
          if (!primitive(value) || !primitive(other)) return undefined;
          return operator === '=' ? value === other : value !== other;
        },
      })),
      fc
        .tuple(any, fc.array(fc.constantFrom<unknown>(0, 1, -1, 'a', true, null), { maxLength: 3 }), fc.boolean())
        .map<Written>(([left, list, negated]) => ({
          text: `(${left.text}) ${negated ? 'NIN' : 'IN'} ${JSON.stringify(list)}`,
          value: (twin) => {
            const value = left.value(twin);
            if (!primitive(value)) return undefined;
            const there = list.some((entry) => entry === value);
            return negated ? !there : there;
          },
        })),
      truth.map<Written>(({ text, value }) => ({
        text: `NOT (${text})`,
        value: (twin) => {
          const inside = value(twin);
          return inside === true ? false : inside === false ? true : undefined;
        },
      })),
      pairOf(truth).map<Written>(([left, right]) => ({
        text: `(${left.text}) AND (${right.text})`,
        value: (twin) => {
          const both = [left.value(twin), right.value(twin)];
          return both.includes(false) ? false : both.every((value) => value === true) ? true : undefined;
        },
      })),
      pairOf(truth).map<Written>(([left, right]) => ({
        text: `(${left.text}) or (${right.text})`,
        value: (twin) => {
          const both = [left.value(twin), right.value(twin)];
          return both.includes(true) ? true : both.every((value) => value === false) ? false : undefined;
        },
      })),
    ),
  };
});

describe('whatever the twins and the condition', () => {
  test('exactly those are picked for which the plain rules make it true', () => {
    fc.assert(
      fc.property(
        fc.array(twins, { minLength: 1, maxLength: 4 }),
        fc.array(condition, { minLength: 8, maxLength: 8 }),
        (contents, conditions) => {
          const asked = new Asked(Object.fromEntries(contents.map((content, at) => [`d${at}`, content])));
          const shapes = contents.map((_, at) => asked.twin(`d${at}`));
          for (const { text, value } of conditions) {
            if (text.length > 8_000 || (text.match(/\w\(/g) ?? []).length > 100) continue;
            const wanted = shapes.flatMap((shape, at) => (value(shape) === true ? [`d${at}`] : []));
            expect(asked.select(text), text).toEqual(wanted);
            expect(asked.items(`SELECT * FROM devices WHERE ${text}`)).toEqual(wanted.map((id) => asked.twin(id)));
            // Its negation as a value: the condition itself is shown to be true, false or neither.
            const denied = shapes.flatMap((shape, at) => (value(shape) === false ? [`d${at}`] : []));
            expect(asked.select(`NOT (${text})`), text).toEqual(denied);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a calculated value equals what the plain rules make of it, and is nothing where they make nothing', () => {
    const values = fc.array(fc.oneof(numbers, texts), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(twins, values, (content, list) => {
        const asked = new Asked({ d: content });
        const twin = asked.twin('d');
        for (const { text, value } of list) {
          const wanted = value(twin);
          const kind = typeof wanted === 'number' ? 'IS_NUMBER' : typeof wanted === 'string' ? 'IS_STRING' : undefined;
          if (text.length > 4_000 || (text.match(/\w\(/g) ?? []).length > 90) continue;
          if (wanted === undefined) {
            expect(asked.select(`IS_PRIMITIVE(${text}) OR IS_ARRAY(${text}) OR IS_OBJECT(${text})`), text).toEqual([]);
          } else if (kind !== undefined) {
            const same = typeof wanted === 'number' ? String(wanted) : JSON.stringify(wanted);
            expect(asked.select(`${kind}(${text}) AND (${text}) = ${same}`), `${text} = ${same}`).toEqual(['d']);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('what a path shows is what the whole shape shows there', () => {
    fc.assert(
      fc.property(twins, path, (content, { text, value }) => {
        const asked = new Asked({ d: content });
        const [item] = asked.items(`SELECT ${text} AS it FROM devices`);
        expect((item as { it?: unknown }).it).toEqual(value(asked.twin('d')));
      }),
      { numRuns: 300 },
    );
  });

  test('groups are the rows counted by hand, and ORDER BY is a stable sort of them', () => {
    const row = fc.record({
      site: fc.constantFrom<unknown>('n', 's', 1, true, [1], undefined),
      n: fc.constantFrom<unknown>(1, 2, 3, 'x', undefined),
    });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 12 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        (rows, descending, size) => {
          const tags = rows.map((content) => JSON.parse(JSON.stringify(content)) as { site?: unknown; n?: unknown });
          const asked = new Asked(
            Object.fromEntries(tags.map((content, at) => [`d${String(at).padStart(2, '0')}`, { tags: content }])),
          );
          const groups = asked
            .pages('SELECT tags.site, COUNT() AS c, SUM(tags.n) AS s FROM devices GROUP BY tags.site', size)
            .flat();
          const keyOf = ({ site }: { site?: unknown }) => (Array.isArray(site) ? undefined : site);
          const wanted = [undefined, true, 1, 'n', 's'].flatMap((site) => {
            const mine = tags.filter((content) => keyOf(content) === site);
            const numbers = mine.map(({ n }) => n).filter((n): n is number => typeof n === 'number');
            const sum = numbers.length === 0 ? {} : { s: numbers.reduce((one, other) => one + other, 0) };
            return mine.length === 0 ? [] : [{ ...(site === undefined ? {} : { site }), c: mine.length, ...sum }];
          });
          expect(groups).toEqual(wanted);

          const place = (n: unknown): number => [undefined, 1, 2, 3, 'x'].indexOf(n as number);
          const sorted = asked
            .pages(`SELECT tags.n FROM devices ORDER BY tags.n ${descending ? 'DESC' : ''}`, size)
            .flat();
          const plain = tags.map(({ n }) => place(n)).sort((one, other) => (descending ? other - one : one - other));
          expect(sorted.map((item) => place((item as { n?: unknown }).n))).toEqual(plain);
        },
      ),
      { numRuns: 200 },
    );
  });
});

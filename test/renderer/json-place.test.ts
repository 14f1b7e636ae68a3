// The place where JSON goes wrong, held against the engine's own parser.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrongPlace } from '../../renderer/widgets/json-place.ts';

test('every JSON text is right, however it is indented', () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 0, max: 4 }), (text, indent) => {
      expect(wrongPlace(JSON.stringify(JSON.parse(text), null, indent))).toBeUndefined();
    }),
  );
});

test('it agrees with JSON.parse about any text made of JSON pieces', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '1',
    '-',
    '01',
    '1.5e3',
    'true',
    'nul',
    ' ',
    '\n',
    '"\\x"',
    "'a'",
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect(wrongPlace(text) === undefined).toBe(isJson);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['{"a": }', { line: 1, column: 7, expected: 'a value', found: '}' }],
  ['{"a": 1,}', { line: 1, column: 9, expected: 'a name in double quotes', found: '}' }],
  ['{\n  "a": 1\n  "b": 2\n}', { line: 3, column: 3, expected: 'a comma or }', found: '"b":' }],
  ['[1, 2', { line: 1, column: 6, expected: 'a comma or ]', found: 'the end of the text' }],
  ['true false', { line: 1, column: 6, expected: 'the end of the text', found: 'false' }],
])('says where and what: %s', (text, place) => {
  expect(wrongPlace(text)).toEqual(place);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepestJson, nestsTooDeep } from '../../../../simulators/hub/methods/nesting.ts';

const nested = (depth: number, inside = '') =>
  Buffer.from(`${'[{"a":'.repeat(depth / 2)}"${inside}"${'}]'.repeat(depth / 2)}`);

test('brackets count where they nest, not beside each other and not in texts', () => {
  expect(nestsTooDeep(nested(deepestJson))).toBe(false);
  expect(nestsTooDeep(nested(deepestJson + 2))).toBe(true);
  expect(nestsTooDeep(nested(deepestJson, '[{\\"['.repeat(1_000)))).toBe(false);
  expect(nestsTooDeep(Buffer.from(`[${'[],'.repeat(1_000)}0]`))).toBe(false);
});

test('no JSON value that fast-check makes is too deep, and no bytes at all make it fail', () => {
  fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => !nestsTooDeep(Buffer.from(text.padEnd(2_000)))));
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1_025, maxLength: 4_000 }),
      (bytes) => typeof nestsTooDeep(Buffer.from(bytes)) === 'boolean',
    ),
  );
});

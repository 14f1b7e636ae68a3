// Rules and templates of stubs, as properties: what is inside fits, what is changed does not, and a value keeps its type.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceActions } from '../../../simulators/devices/behaviours/behaviour.ts';
import { JsonText } from '../../../simulators/devices/behaviours/behaviour.ts';
import { Own } from '../../../simulators/devices/own.ts';
import { equal, hasAll, makeStubs, namePattern } from '../../../simulators/devices/stubs.ts';
import { deviceId, requestId } from '../../../simulators/vocabulary/ids.ts';
import { stubSchema } from '../../../simulators/vocabulary/specs.ts';

const json = fc.jsonValue({ maxDepth: 3 });
const copy = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

test('a payload has all of itself, in any order of its members', () => {
  fc.assert(
    fc.property(json, (value) => {
      const turned = JSON.parse(JSON.stringify(value), (_name, inner) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).reverse())
          : inner,
      );
      return hasAll(turned, copy(value)) && equal(turned, copy(value));
    }),
  );
});

test('more members than a rule asks for do no harm; a member it asks for and that is not there does', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), fc.dictionary(fc.string(), json), (wanted, more) => {
      const both = copy({ ...more, ...wanted });
      const [name] = Object.keys(copy(wanted));
      expect(hasAll(both, copy(wanted))).toBe(true);
      if (name === undefined) return;
      delete both[name];
      expect(hasAll(both, copy(wanted))).toBe(false);
    }),
  );
});

test('lists are equal or do not fit', () => {
  expect(hasAll([1, 2], [1])).toBe(false);
  expect(hasAll([{ a: 1, b: 2 }], [{ a: 1 }])).toBe(false);
  expect(hasAll({ list: [1, { a: 1 }] }, { list: [1, { a: 1 }] })).toBe(true);
});

test('a name fits a pattern exactly when the same regular expression says so', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 6 });
  const names = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  fc.assert(
    fc.property(letters, names, (pattern, name) => {
      const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      expect(namePattern(pattern)(name)).toBe(expression.test(name));
    }),
    { numRuns: 2_000 },
  );
});

/** The body that a stub with this body answers. */
async function bodyFor(body: unknown, payload: string, times = 1): Promise<unknown> {
  const stubs = makeStubs([stubSchema.parse({ body })]);
  const own = new Own();
  let answered: unknown;
  const device = {
    id: deviceId('pump-1'),
    twin: { desired: { rate: 5, deep: { list: [7] } }, desiredVersion: 2, reported: { on: true }, reportedVersion: 3 },
    isoNow: () => '2026-01-01T00:00:00.000Z',
    async reply(_status: number, value: unknown) {
      answered = value instanceof JsonText ? JSON.parse(value.text) : value;
    },
  } as Partial<DeviceActions> as DeviceActions;
  const request = { name: 'get', rid: requestId('1'), payload };
  for (let time = 0; time < times; time++) await stubs.answerTo(request, own)?.(request, device);
  return answered;
}

test('a text that is one placeholder takes the value with its type', async () => {
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      expect(await bodyFor({ got: '{payload.a}' }, JSON.stringify({ a: value }))).toEqual({ got: copy(value) });
    }),
  );
});

test('a body without placeholders leaves as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ noUnicodeString: true, maxDepth: 2 }), async (body) => {
      fc.pre(!JSON.stringify(body).includes('{payload'));
      expect(await bodyFor(body, '')).toEqual(copy(body));
    }),
  );
});

test('placeholders tell request, twin, count and time', async () => {
  const body = [
    '{deviceId} {method} #{count} at {time}',
    '{count}',
    '{desired.deep.list.0}',
    '{reported.on}',
    '{reported.off}',
    'rate={desired.rate} deep={desired.deep} none={payload.x}.',
    '{unknown} {}',
  ];
  expect(await bodyFor(body, '{}', 3)).toEqual([
    'pump-1 get #3 at 2026-01-01T00:00:00.000Z',
    3,
    7,
    true,
    null,
    'rate=5 deep={"list":[7]} none=.',
    '{unknown} {}',
  ]);
});

test('what only prototypes have is nothing', async () => {
  expect(await bodyFor(['{payload.constructor}', '{desired.__proto__}', '{payload.length}'], '"text"')).toEqual([
    null,
    null,
    null,
  ]);
});

// Twins over their store: versions, etags, what is told to the device and what is reported as a fact.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { etagText } from '../../../../simulators/hub/twins/members.ts';
import { openTwins } from '../../../../simulators/hub/twins/open-twins.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const id = deviceId('pump');

interface Body {
  readonly version: number;
  readonly etag: string;
  readonly tags: object;
  readonly properties: Record<'desired' | 'reported', { readonly $version: number }>;
}

function someTwins() {
  const clock = new VirtualClock();
  const store = openStore(undefined, clock.now());
  const facts: HubFact[] = [];
  const told: [string, number][] = [];
  const identity = {
    deviceId: id,
    generationId: '1',
    etag: 'MQ==',
    status: 'enabled',
    statusUpdatedTime: '',
    authentication: {
      type: 'sas',
      symmetricKey: { primaryKey: '', secondaryKey: '' },
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    },
    capabilities: { iotEdge: false },
  } as const;
  const options = {
    clock,
    store,
    emit: (fact: HubFact) => void facts.push(fact),
    find: (name: string) => (name === id ? identity : undefined),
    activity: () => ({ connected: false }),
    notify: (_: string, patch: string, version: number) => told.push([patch, version]) > 0,
  };
  const twins = openTwins(options);
  twins.create(id);
  const body = (from = twins): Body => {
    const got = from.get(id);
    if (got instanceof Refusal) throw new Error(got.message);
    return got.body as Body;
  };
  return { twins, facts, told, clock, store, body, reopened: () => openTwins(options) };
}

test('whatever is asked, versions grow by one with what is accepted and stay with what is refused', () => {
  const section = fc.oneof(
    fc.dictionary(
      fc.constantFrom('a', 'b', 'c.d', '$version'),
      fc.oneof(fc.integer(), fc.constant(null), fc.constant(1e300)),
      { maxKeys: 3 },
    ),
    fc.constant(null),
  );
  const step = fc.record({
    kind: fc.constantFrom('patch' as const, 'replace' as const, 'report' as const),
    body: fc.record({ tags: section, desired: section }, { requiredKeys: [] }),
    etag: fc.constantFrom('current', 'none', 'wrong'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const { twins, body, told, facts, reopened } = someTwins();
      for (const { kind, body: asked, etag } of steps) {
        const before = body();
        const toldBefore = told.length;
        const factsBefore = facts.length;
        const { tags, desired } = asked;
        const ifMatch = etag === 'none' ? undefined : etag === 'wrong' ? 'x' : before.etag;
        const outcome =
          kind === 'report'
            ? twins.report(id, JSON.stringify(tags ?? null))
            : twins[kind](
                id,
                {
                  ...(tags === undefined ? {} : { tags }),
                  ...(desired === undefined ? {} : { properties: { desired } }),
                },
                ifMatch,
              );
        const after = body();
        const news = facts.slice(factsBefore);
        if (outcome instanceof Refusal) {
          expect(after).toEqual(before);
          expect(told).toHaveLength(toldBefore);
          expect(news).toMatchObject([{ type: 'twin.refused', error: outcome.name }]);
          continue;
        }
        const changes = kind === 'report' ? 1 : Number(tags !== undefined) + Number(desired !== undefined);
        const wrote = kind !== 'report' && changes > 0;
        const hasDesired = kind !== 'report' && desired !== undefined;
        expect(after.version - before.version).toBe(changes > 0 ? 1 : 0);
        expect(after.etag === before.etag).toBe(!wrote);
        expect(after.properties.desired.$version - before.properties.desired.$version).toBe(hasDesired ? 1 : 0);
        expect(after.properties.reported.$version - before.properties.reported.$version).toBe(
          kind === 'report' ? 1 : 0,
        );
        expect(told.length - toldBefore).toBe(hasDesired ? 1 : 0);
        if (hasDesired) expect(told.at(-1)?.[1]).toBe(after.properties.desired.$version);
        expect(news.map((fact) => fact.type)).toEqual(Array(changes).fill('twin.patched'));
      }
      expect(JSON.stringify(body(reopened()))).toBe(JSON.stringify(body()));
    }),
    { numRuns: 300 },
  );
});

test('a device is told the patch as asked, unchanged values included, with the version in text and topic', () => {
  const { twins, told } = someTwins();
  twins.patch(id, { properties: { desired: { a: 1, b: { c: 2 } } } }, undefined);
  twins.patch(id, { properties: { desired: { a: 1 } } }, undefined);
  twins.replace(id, { properties: { desired: { b: {} } } }, undefined);
  twins.patch(id, { properties: { desired: {} } }, undefined);
  twins.patch(id, { tags: { site: 'north' } }, undefined);
  expect(told).toEqual([
    ['{"a":1,"b":{"c":2},"$version":2}', 2],
    ['{"a":1,"$version":3}', 3],
    ['{"b":{"c":null},"a":null,"$version":4}', 4],
    ['{"$version":5}', 5],
  ]);
});

test('a change that the store cannot keep changes nothing and is told to nobody', () => {
  const { twins, store, facts, told, body } = someTwins();
  const before = body();
  store.close();
  expect(() => twins.patch(id, { properties: { desired: { a: 1 } } }, undefined)).toThrow();
  expect(() => twins.report(id, '{"a":1}')).toThrow();
  expect([body(), facts, told]).toEqual([before, [], []]);
});

test('a device sees both sections with their versions and no metadata', () => {
  const { twins } = someTwins();
  twins.patch(id, { tags: { secret: 1 }, properties: { desired: { rate: 5 } } }, undefined);
  expect(twins.report(id, '{"rate":4,"$version":17,"$metadata":{"x":1}}')).toEqual({ version: 2 });
  expect(twins.deviceView(id)).toBe('{"desired":{"rate":5,"$version":2},"reported":{"rate":4,"$version":2}}');
});

test.each([
  ['{"a":', 'IotHubFormatError', 'The reported patch is not JSON.'],
  ['null', 'ArgumentInvalid', 'properties.reported: must be an object, not null. A whole section is emptied with PUT.'],
  ['[]', 'ArgumentInvalid', 'properties.reported: must be an object, not a list.'],
  ['{"a":1e999}', 'ArgumentInvalid', 'properties.reported.a: Infinity is out of range'],
])('the report %s is refused', (text, error, detail) => {
  const { twins, facts } = someTwins();
  const outcome = twins.report(id, text);
  expect(outcome).toMatchObject({ name: error, message: expect.stringContaining(detail) });
  expect(facts).toMatchObject([{ type: 'twin.refused', device: id, section: 'reported', error }]);
});

test('sections at their limit are accepted, a byte more is refused and what was there stays', () => {
  const { twins, body } = someTwins();
  const full = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`k${index}`, 'x'.repeat(4_094)]));
  expect(twins.report(id, JSON.stringify(full))).toEqual({ version: 2 });
  const more = twins.report(id, '{"k":""}');
  expect(more).toMatchObject({
    name: 'ArgumentInvalid',
    message: 'properties.reported: a size of 32769 bytes is too large; at most 32768 are allowed.',
  });
  expect(twins.report(id, '{"k0":null}')).toEqual({ version: 3 });
  expect(body().properties.reported.$version).toBe(3);
});

test('an unknown device has no twin to read or write', () => {
  const { twins } = someTwins();
  const nobody = deviceId('nobody');
  for (const outcome of [
    twins.get(nobody),
    twins.patch(nobody, {}, undefined),
    twins.replace(nobody, {}, undefined),
    twins.deviceView(nobody),
    twins.report(nobody, '{}'),
  ]) {
    expect(outcome).toMatchObject({ name: 'DeviceNotFound' });
  }
});

test('an etag is the base64 of an eight-byte counter', () => {
  expect([etagText(1), etagText(7)]).toEqual(['AAAAAAAAAAE=', 'AAAAAAAAAAc=']);
});

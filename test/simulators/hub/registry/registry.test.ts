// The registry over its store: what one change does to memory, store, twin, connection and facts.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { bareEtag, unmatched } from '../../../../simulators/hub/registry/if-match.ts';
import { openRegistry, type Registry } from '../../../../simulators/hub/registry/registry.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openTwins } from '../../../../simulators/hub/twins/twins.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function aRegistry() {
  const clock = new VirtualClock();
  const store = openStore(undefined, clock.now());
  const facts: HubFact[] = [];
  const closed: string[] = [];
  const emit = (fact: HubFact) => void facts.push(fact);
  const activity = () => ({ connected: true, changedAt: clock.now(), lastActivityAt: clock.now() });
  const twins = openTwins({ clock, emit, store, activity, find: (id) => registry.find(id), notify: () => false });
  const registry: Registry = openRegistry({
    clock,
    emit,
    store,
    randomBytes,
    twins,
    activity,
    close: (device, reason) => closed.push(`${device} ${reason}`),
  });
  return { clock, store, facts, closed, twins, registry };
}

test('a key that is given stays, a missing one is made', () => {
  const { registry } = aRegistry();
  const primaryKey = Buffer.from('a key of my own').toString('base64');
  registry.put('pump', { authentication: { symmetricKey: { primaryKey } } }, undefined);
  const { symmetricKey, type } = registry.find('pump')?.authentication ?? {};
  expect([type, symmetricKey?.primaryKey]).toEqual(['sas', primaryKey]);
  expect(Buffer.from(symmetricKey?.secondaryKey ?? '', 'base64')).toHaveLength(32);
});

test('an update without authentication keeps the keys, and with empty keys makes new ones', () => {
  const { registry } = aRegistry();
  registry.put('pump', {}, undefined);
  const keys = () => registry.find('pump')?.authentication.symmetricKey;
  const before = keys();
  registry.put('pump', { status: 'disabled' }, '*');
  expect(keys()).toEqual(before);
  registry.put('pump', { authentication: { type: 'sas', symmetricKey: { primaryKey: '', secondaryKey: '' } } }, '*');
  expect(keys()).not.toEqual(before);
});

test('X.509 identities keep their thumbprints and have no keys', () => {
  const { registry } = aRegistry();
  const print = 'ab'.repeat(20);
  registry.put(
    'pump',
    { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: print } } },
    undefined,
  );
  expect(registry.find('pump')?.authentication).toEqual({
    type: 'selfSigned',
    symmetricKey: { primaryKey: null, secondaryKey: null },
    x509Thumbprint: { primaryThumbprint: print.toUpperCase(), secondaryThumbprint: null },
  });
});

test('the status carries its own time, and disabling closes the connection', () => {
  const { registry, clock, closed } = aRegistry();
  registry.put('pump', {}, undefined);
  expect(registry.find('pump')?.statusUpdatedTime).toBe('0001-01-01T00:00:00');
  registry.put('pump', { status: 'disabled' }, '*');
  const since = new Date(clock.now()).toISOString();
  registry.put('pump', { status: 'disabled', statusReason: 'still' }, '*');
  expect(registry.find('pump')?.statusUpdatedTime).toBe(since);
  expect(closed).toEqual(['pump disabled', 'pump disabled']);
  expect(registry.statistics()).toEqual({ total: 1, enabled: 0, disabled: 1 });
  registry.delete('pump', undefined);
  expect(closed.at(-1)).toBe('pump deleted');
  expect(registry.statistics()).toEqual({ total: 0, enabled: 0, disabled: 0 });
});

test('a device made again is another generation with another twin', () => {
  const { registry, twins } = aRegistry();
  const id = deviceId('pump');
  registry.put(id, {}, undefined);
  const first = registry.find(id)?.generationId ?? '';
  twins.patch(id, { tags: { a: 1 } }, undefined);
  registry.delete(id, undefined);
  registry.put(id, {}, undefined);
  expect(BigInt(registry.find(id)?.generationId ?? 0)).toBeGreaterThan(BigInt(first));
  expect(twins.get(id)).toMatchObject({ body: { version: 2, tags: {} } });
});

test('facts name each change', () => {
  const { registry, facts } = aRegistry();
  registry.put('pump', {}, undefined);
  registry.put('pump', {}, '*');
  registry.put('pump', {}, undefined);
  registry.delete('pump', 'wrong');
  registry.delete('pump', '*');
  expect(facts.map((fact) => fact.type === 'identity.changed' && fact.change)).toEqual([
    'created',
    'updated',
    'deleted',
  ]);
});

test('a bulk request that the store cannot keep changes nothing and tells nobody', () => {
  const { registry, store, facts, closed, twins } = aRegistry();
  registry.put('there', {}, undefined);
  const before = [registry.get('there'), registry.ids(), registry.statistics(), facts.length];
  const { keepTwin } = store;
  store.keepTwin = (row) => {
    if (row.id === 'last') throw new Error('disk full');
    keepTwin.call(store, row);
  };
  const entries = [
    { id: 'there', importMode: 'update', status: 'disabled' },
    { id: 'new', importMode: 'create' },
    { id: 'last', importMode: 'create' },
  ];
  expect(() => registry.bulk(entries)).toThrow('disk full');
  expect([registry.get('there'), registry.ids(), registry.statistics(), facts.length]).toEqual(before);
  expect(closed).toEqual([]);
  expect(twins.get(deviceId('new'))).toMatchObject({ name: 'DeviceNotFound' });
  store.keepTwin = keepTwin;
  expect(registry.bulk(entries)).toMatchObject({ ok: true });
});

test.each([
  ['"abc"', 'abc'],
  ['abc', 'abc'],
  ['W/"abc"', 'abc'],
  ['w/"abc"', 'abc'],
  [' "abc" ', 'abc'],
  ['"*"', '*'],
  ['"', '"'],
])('the etag in %s is %s', (text, etag) => {
  expect(bareEtag(text)).toBe(etag);
  if (etag === 'abc') expect(unmatched(text, 'abc')).toBeUndefined();
  expect(unmatched(text, 'other')?.name).toBe(etag === '*' ? undefined : 'PreconditionFailed');
});

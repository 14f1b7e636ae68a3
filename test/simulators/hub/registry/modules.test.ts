// Modules: identities of their own under a device, which they follow in status and in death.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openRegistry, type Registry } from '../../../../simulators/hub/registry/registry.ts';
import { openStore, type Store } from '../../../../simulators/hub/store/store.ts';
import { openTwins } from '../../../../simulators/hub/twins/twins.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function aRegistry(store: Store = openStore(undefined, 0)) {
  const clock = new VirtualClock();
  const facts: HubFact[] = [];
  const closed: string[] = [];
  const emit = (fact: HubFact) => void facts.push(fact);
  const activity = () => ({ connected: false });
  const twins = openTwins({ clock, emit, store, activity, find: (id) => registry.find(id), notify: () => false });
  const registry: Registry = openRegistry({
    clock,
    emit,
    store,
    randomBytes,
    twins,
    activity,
    close: (id, reason) => closed.push(`${id} ${reason}`),
    waiting: () => 7,
  });
  return { store, facts, closed, twins, registry };
}

const nameOf = (outcome: unknown): string => (outcome instanceof Refusal ? outcome.name : 'done');

test('a module has keys, generation and etag of its own, and a twin under device/module', () => {
  const { registry, twins } = aRegistry();
  registry.put('gateway', {}, undefined);
  const keys = { primaryKey: '', secondaryKey: '' };
  const made = registry.put(
    'gateway/camera',
    { deviceId: 'gateway', moduleId: 'camera', managedBy: 'me', authentication: { type: 'sas', symmetricKey: keys } },
    undefined,
  );
  const device = registry.find('gateway');
  const module = registry.find('gateway/camera');
  expect(made).toEqual({
    moduleId: 'camera',
    managedBy: 'me',
    deviceId: 'gateway',
    generationId: module?.generationId,
    etag: module?.etag,
    connectionState: 'Disconnected',
    connectionStateUpdatedTime: '0001-01-01T00:00:00',
    lastActivityTime: '0001-01-01T00:00:00',
    cloudToDeviceMessageCount: 7,
    authentication: {
      type: 'sas',
      symmetricKey: { primaryKey: expect.stringMatching(/^.{43}=$/), secondaryKey: expect.stringMatching(/^.{43}=$/) },
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    },
  });
  expect(module?.generationId).not.toBe(device?.generationId);
  expect(module?.authentication.symmetricKey).not.toEqual(device?.authentication.symmetricKey);
  expect(nameOf(twins.get(deviceId('gateway/camera')))).toBe('done');
  expect([registry.size, registry.ids(), registry.moduleIds()]).toEqual([1, ['gateway'], ['gateway/camera']]);
  expect(registry.list(10)).toHaveLength(1);
});

test.each([
  ['of a device that is not there', 'nobody/m', {}, undefined, 'DeviceNotFound'],
  ['that is there', 'd/there', {}, undefined, 'ModuleAlreadyExistsOnDevice'],
  ['with another etag', 'd/there', {}, '"other"', 'PreconditionFailed'],
  ['to be updated that is not there', 'd/other', {}, '*', 'ModuleNotFound'],
  ['with a name of two parts', 'd/m/n', {}, undefined, 'ArgumentInvalid'],
  ['without a name', 'd/', {}, undefined, 'ArgumentInvalid'],
  ['named otherwise in the body', 'd/m', { moduleId: 'n' }, undefined, 'ArgumentInvalid'],
  ['of another device in the body', 'd/m', { deviceId: 'e' }, undefined, 'ArgumentInvalid'],
  ['with a manager that is a number', 'd/m', { managedBy: 1 }, undefined, 'ArgumentInvalid'],
])('a module %s is refused', (_, id, body, ifMatch, name) => {
  const { registry } = aRegistry();
  registry.put('d', {}, undefined);
  registry.put('d/there', {}, undefined);
  expect(nameOf(registry.put(id, body, ifMatch))).toBe(name);
});

test('a device has at most fifty modules, and room again when one is gone', () => {
  const { registry } = aRegistry();
  registry.put('d', {}, undefined);
  for (let index = 0; index < 50; index++) expect(nameOf(registry.put(`d/m${index}`, {}, undefined))).toBe('done');
  expect(registry.put('d/more', {}, undefined)).toMatchObject({ name: 'TooManyModulesOnDevice', number: 413003 });
  registry.delete('d/m7', undefined);
  expect(nameOf(registry.put('d/more', {}, undefined))).toBe('done');
  expect(registry.modulesOf('d')).toHaveLength(50);
});

test('modules follow the status of their device, and lose their connections with it', () => {
  const { registry, closed } = aRegistry();
  registry.put('d', {}, undefined);
  registry.put('d/m', {}, undefined);
  registry.put('d', { status: 'disabled' }, '*');
  expect(registry.find('d/m')?.status).toBe('disabled');
  expect(closed).toEqual(['d disabled', 'd/m disabled']);
  expect(registry.statistics()).toEqual({ total: 1, enabled: 0, disabled: 1 });
  registry.put('d/n', { status: 'enabled' }, undefined);
  expect(registry.find('d/n')?.status).toBe('disabled');
  registry.put('d', { status: 'enabled' }, '*');
  expect([registry.find('d/m')?.status, registry.find('d/n')?.status]).toEqual(['enabled', 'enabled']);
});

test('a device takes its modules and their twins with it; a neighbour whose name begins alike stays', () => {
  const { registry, closed, twins, facts, store } = aRegistry();
  for (const id of ['d', 'd/m', 'd/n', 'd2', 'd2/m']) registry.put(id, {}, undefined);
  expect(registry.delete('d', '"*"')).toBeUndefined();
  const gone = ['d/m', 'd/n', 'd'];
  expect(closed).toEqual(gone.map((id) => `${id} deleted`));
  const told = facts.flatMap((fact) =>
    fact.type === 'identity.changed' && fact.change === 'deleted' ? [fact.device] : [],
  );
  expect(told).toEqual(gone);
  expect(nameOf(twins.get(deviceId('d/m')))).toBe('DeviceNotFound');
  expect(registry.moduleIds()).toEqual(['d2/m']);
  expect(store.twins().map(({ id }) => id)).toEqual(['d2', 'd2/m']);
});

test('what the store kept is there again, modules with the status of their device', () => {
  const { registry, store } = aRegistry();
  for (const id of ['d', 'd/m']) registry.put(id, {}, undefined);
  registry.put('d', { status: 'disabled' }, '*');
  const again = aRegistry(store).registry;
  expect(again.find('d/m')).toEqual(registry.find('d/m'));
  expect(again.find('d/m')?.status).toBe('disabled');
  expect([again.ids(), again.moduleIds(), again.size]).toEqual([['d'], ['d/m'], 1]);
});

test('a device of IoT Edge has its two modules from the start, or from when it becomes one', () => {
  const { registry } = aRegistry();
  const edge = { capabilities: { iotEdge: true }, deviceScope: 'ms-azure-iot-edge://e-1', parentScopes: ['a', 'b'] };
  expect(registry.put('e', edge, undefined)).toMatchObject(edge);
  registry.put('late', {}, undefined);
  registry.put('late', { capabilities: { iotEdge: true } }, '*');
  registry.put('late', { capabilities: { iotEdge: true } }, '*');
  expect(registry.moduleIds()).toEqual(['e/$edgeAgent', 'e/$edgeHub', 'late/$edgeAgent', 'late/$edgeHub']);
});

test('bulk entries with a moduleId make, change and delete modules, whatever the case of their mode', () => {
  const { registry, twins } = aRegistry();
  const run = (...entries: object[]) => registry.bulk(entries) as { result: { errors: object[] }; ok: boolean };
  expect(
    run(
      { id: 'd', importMode: 'create' },
      { id: 'd', moduleId: 'm', importMode: 'Create', managedBy: 'me', tags: { a: 1 } },
      { id: 'd', moduleId: 'n', importMode: 'create' },
    ),
  ).toMatchObject({ ok: true });
  expect(registry.find('d/m')?.managedBy).toBe('me');
  expect(twins.get(deviceId('d/m'))).toMatchObject({ body: { tags: { a: 1 } } });
  const { etag } = registry.find('d/m') ?? {};
  expect(
    run(
      { id: 'd', moduleId: 'm', eTag: `"${etag}"`, importMode: 'UpdateIfMatchETag', managedBy: 'you' },
      { id: 'd', moduleId: 'n', importMode: 'DELETE' },
      { id: 'd', moduleId: '', importMode: 'updateTwin', tags: { b: 2 } },
    ).ok,
  ).toBe(true);
  expect([registry.find('d/m')?.managedBy, registry.moduleIds()]).toEqual(['you', ['d/m']]);
  const refused = run(
    { id: 'd', moduleId: 'm', importMode: 'create' },
    { id: 'd', moduleId: 'x', importMode: 'Delete' },
    { id: 'd', moduleId: 'm n', importMode: 'create' },
    { id: 'd/n', importMode: 'create' },
  );
  expect(refused.result.errors).toMatchObject([
    { deviceId: 'd', moduleId: 'm', errorCode: 'ModuleAlreadyExistsOnDevice', operation: 'create' },
    { deviceId: 'd', moduleId: 'x', errorCode: 'ModuleNotFound', operation: 'Delete' },
    { deviceId: 'd', moduleId: 'm n', errorCode: 'ArgumentInvalid' },
    { deviceId: 'd', moduleId: 'n', errorCode: 'ArgumentInvalid', errorStatus: expect.stringContaining("'d/n'") },
  ]);
  const twice = registry.bulk([{ id: 'd', moduleId: 'm' }, { id: 'd' }, { id: 'd', moduleId: 'm' }]);
  expect(twice).toMatchObject({ name: 'DeviceDefinedMultipleTimes', message: "Module 'd/m' is in the list twice." });
});

test('the two modules of IoT Edge do not count against the fifty', () => {
  const { registry } = aRegistry();
  registry.put('e', { capabilities: { iotEdge: true } }, undefined);
  for (let index = 0; index < 50; index++) expect(nameOf(registry.put(`e/m${index}`, {}, undefined))).toBe('done');
  expect(nameOf(registry.put('e/more', {}, undefined))).toBe('TooManyModulesOnDevice');
  expect(registry.modulesOf('e')).toHaveLength(52);
});

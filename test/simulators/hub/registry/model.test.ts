// Random changes to devices and modules, singly and in bulk, against a plain model; then the same again from what the store kept.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRegistry, type Registry } from '../../../../simulators/hub/registry/registry.ts';
import { openStore, type Store } from '../../../../simulators/hub/store/store.ts';
import { openTwins } from '../../../../simulators/hub/twins/twins.ts';
import { deviceId, partsOf } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

type Status = 'enabled' | 'disabled';
interface Change {
  readonly kind: 'create' | 'update' | 'delete';
  readonly id: string;
  readonly status: Status;
  readonly edge: boolean;
}

function open(store: Store) {
  const clock = new VirtualClock();
  const emit = () => {};
  const activity = () => ({ connected: false });
  const twins = openTwins({ clock, emit, store, activity, find: (id) => registry.find(id), notify: () => false });
  const registry: Registry = openRegistry({ clock, emit, store, randomBytes, twins, activity, close: () => {} });
  return { registry, twins };
}

/** Identity -> status; what the documents say, in the fewest words. */
class Model {
  readonly all = new Map<string, Status>();
  change({ kind, id, status, edge }: Change): string {
    const { device, module } = partsOf(id);
    const there = this.all.has(id);
    if (kind === 'create') {
      const owner = this.all.get(device);
      if (module !== undefined && owner === undefined) return 'DeviceNotFound';
      if (there) return module === undefined ? 'DeviceAlreadyExists' : 'ModuleAlreadyExistsOnDevice';
    } else if (!there) return module === undefined || !this.all.has(device) ? 'DeviceNotFound' : 'ModuleNotFound';
    if (kind === 'delete') {
      for (const other of [...this.all.keys()]) {
        if (other === id || (module === undefined && other.startsWith(`${id}/`))) this.all.delete(other);
      }
      return 'done';
    }
    this.all.set(id, module === undefined ? status : (this.all.get(device) ?? status));
    if (module === undefined) {
      for (const other of this.all.keys()) if (other.startsWith(`${id}/`)) this.all.set(other, status);
      if (edge) for (const name of ['$edgeAgent', '$edgeHub']) this.all.set(`${id}/${name}`, status);
    }
    return 'done';
  }
}

const bodyOf = ({ status, edge }: Change) => ({ status, capabilities: { iotEdge: edge } });

function single(registry: Registry, change: Change): string {
  const { kind, id } = change;
  const outcome =
    kind === 'delete'
      ? registry.delete(id, undefined)
      : registry.put(id, bodyOf(change), kind === 'create' ? undefined : '*');
  return outcome instanceof Refusal ? outcome.name : 'done';
}

function inBulk(registry: Registry, change: Change): string {
  const { device, module } = partsOf(change.id);
  const entry = { id: device, moduleId: module, importMode: change.kind, ...bodyOf(change) };
  const { result } = registry.bulk([entry]) as { result: { errors: readonly { errorCode: string }[] } };
  return result.errors[0]?.errorCode ?? 'done';
}

function seen({ registry, twins }: ReturnType<typeof open>) {
  const ids = [...registry.ids(), ...registry.moduleIds()];
  return {
    all: Object.fromEntries(ids.map((id) => [id, registry.find(id)?.status])),
    twins: ids.filter((id) => !(twins.get(deviceId(id)) instanceof Refusal)),
    statistics: registry.statistics(),
    modules: registry.ids().map((id) => (registry.modulesOf(id) as readonly object[]).length),
  };
}

function expected({ all }: Model): ReturnType<typeof seen> {
  const sorted = [...all.keys()].sort();
  const devices = sorted.filter((id) => !id.includes('/'));
  const ids = [...devices, ...sorted.filter((id) => id.includes('/'))];
  const disabled = devices.filter((id) => all.get(id) === 'disabled').length;
  return {
    all: Object.fromEntries(ids.map((id) => [id, all.get(id)])),
    twins: ids,
    statistics: { total: devices.length, enabled: devices.length - disabled, disabled },
    modules: devices.map((id) => sorted.filter((other) => other.startsWith(`${id}/`)).length),
  };
}

test('the registry does what the model does, and knows it again after a restart', () => {
  const change = fc.record<Change>({
    kind: fc.constantFrom('create', 'create', 'update', 'delete'),
    id: fc.constantFrom('a', 'a-', 'ab', 'a/m', 'a/n', 'a-/m', 'ab/m', 'ab/$edgeHub'),
    status: fc.constantFrom<Status>('enabled', 'disabled'),
    edge: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(change, fc.boolean()), { maxLength: 40 }), (changes) => {
      const store = openStore(undefined, 0);
      try {
        const hub = open(store);
        const model = new Model();
        for (const [one, bulk] of changes) {
          const outcome = bulk ? inBulk(hub.registry, one) : single(hub.registry, one);
          expect([one, outcome]).toEqual([one, model.change(one)]);
        }
        expect(seen(hub)).toEqual(expected(model));
        expect(seen(open(store))).toEqual(expected(model));
      } finally {
        store.close();
      }
    }),
    { numRuns: 150 },
  );
});

// Identities of a fleet: ids from the pattern, bulk registration, keys of what was there before.
import { describe, expect, test } from 'vitest';
import type { BulkEntry, Invoker, ServiceAnswer } from '../../../simulators/invoker/invoker.ts';
import { idsOf, provide, withdraw } from '../../../simulators/lab/identities.ts';
import { fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';

/** A registry that remembers, behind the two calls that identities needs. */
function aRegistry(existing: Record<string, string> = {}) {
  const keys = new Map(Object.entries(existing));
  const batches: number[] = [];
  const invoker: Pick<Invoker, 'bulk' | 'getDevice'> = {
    async bulk(entries: readonly BulkEntry[]): Promise<ServiceAnswer> {
      batches.push(entries.length);
      const errors = entries.flatMap((entry) => {
        if (entry.importMode === 'delete')
          return keys.delete(entry.id) ? [] : [{ deviceId: entry.id, errorCode: 'DeviceNotFound' }];
        if (keys.has(entry.id)) return [{ deviceId: entry.id, errorCode: 'DeviceAlreadyExists' }];
        keys.set(entry.id, (entry.authentication as { symmetricKey: { primaryKey: string } }).symmetricKey.primaryKey);
        return [];
      });
      return {
        status: errors.length === 0 ? 200 : 400,
        body: JSON.stringify({ isSuccessful: errors.length === 0, errors, warnings: [] }),
      };
    },
    async getDevice(id): Promise<ServiceAnswer> {
      return { status: 200, body: JSON.stringify({ authentication: { symmetricKey: { primaryKey: keys.get(id) } } }) };
    },
  };
  return { invoker: invoker as Invoker, keys, batches };
}
const spec = (count: number, id = 'pump-{index:000}') => fleetSpecSchema.parse({ name: 'pumps', count, id });

describe('ids of a fleet', () => {
  test.each([
    ['pump-{index:000}', 2, ['pump-001', 'pump-002']],
    ['{index}.pump', 2, ['1.pump', '2.pump']],
    ['only', 1, ['only']],
  ])('%j times %d gives %j', (pattern, count, ids) => {
    expect(idsOf(spec(count, pattern))).toEqual(ids);
  });

  test('are refused when one is no device id', () => {
    expect(() => idsOf(spec(2, 'pump {index}'))).toThrow("'pump 1' is no device id");
  });
});

describe('identities', () => {
  test('are registered a hundred at a time with keys that the same secret gives again', async () => {
    const registry = aRegistry();
    const ids = idsOf(spec(250));
    const first = await provide(registry.invoker, spec(250), ids, 'secret');
    expect(registry.batches).toEqual([100, 100, 50]);
    expect(new Set(first.map((each) => each.key)).size).toBe(250);
    expect(registry.keys.get('pump-250')).toBe(first[249]?.key);
    expect(await provide(aRegistry().invoker, spec(250), ids, 'secret')).toEqual(first);
  });

  test('that exist keep their own keys', async () => {
    const registry = aRegistry({ 'pump-002': 'c29tZXRoaW5nIGVsc2U=' });
    const keys = await provide(registry.invoker, spec(3), idsOf(spec(3)), 'secret');
    expect(keys[1]).toEqual({ id: 'pump-002', key: 'c29tZXRoaW5nIGVsc2U=' });
  });

  test('are taken away even when some are gone already', async () => {
    const registry = aRegistry({ 'pump-001': 'a2V5' });
    await withdraw(registry.invoker, idsOf(spec(3)));
    expect(registry.keys.size).toBe(0);
  });

  test('say which device the hub refused and why', async () => {
    const refusing = {
      bulk: async () => ({
        status: 400,
        body: JSON.stringify({ errors: [{ deviceId: 'pump-001', errorCode: 'TooManyDevices', errorStatus: 'full' }] }),
      }),
    } as unknown as Invoker;
    await expect(provide(refusing, spec(1), idsOf(spec(1)), 's')).rejects.toThrow(
      "registering fleet 'pumps': the hub refused 'pump-001' (TooManyDevices) full",
    );
  });
});

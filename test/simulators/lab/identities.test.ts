// Identities of a fleet: ids from the pattern, bulk registration, keys of what was there before.
import { randomBytes, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../simulators/certificates/issue.ts';
import type { BulkEntry, ServiceAnswer } from '../../../simulators/invoker/invoker.ts';
import {
  identitiesOf,
  idsOf,
  madeAmong,
  type Provision,
  provide,
  withdraw,
} from '../../../simulators/lab/identities.ts';
import { seeded } from '../../../simulators/random/random.ts';
import { type FleetSpec, type FleetSpecInput, fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A registry that remembers: identity -> what it authenticates by. */
function aRegistry(existing: Record<string, Authentication> = {}) {
  const identities = new Map(Object.entries(existing));
  const batches: number[] = [];
  const tags = new Map<string, object>();
  const failures: (ServiceAnswer | Error)[] = [];
  const nameOf = ({ id, moduleId }: BulkEntry) => (moduleId === undefined ? id : `${id}/${moduleId}`);
  const change = (entry: BulkEntry): string | undefined => {
    const name = nameOf(entry);
    if (entry.importMode === 'delete') {
      for (const other of identities.keys()) if (other.startsWith(`${name}/`)) identities.delete(other);
      return identities.delete(name) ? undefined : 'DeviceNotFound';
    }
    const module = entry.moduleId !== undefined;
    if (module && !identities.has(entry.id)) return 'DeviceNotFound';
    if (entry.importMode === 'create' && identities.has(name))
      return module ? 'ModuleAlreadyExistsOnDevice' : 'DeviceAlreadyExists';
    identities.set(name, entry.authentication as Authentication);
    if (entry.tags !== undefined) tags.set(name, entry.tags);
    return undefined;
  };
  const invoker: Provision['invoker'] = {
    async bulk(entries) {
      batches.push(entries.length);
      const failure = failures.shift();
      if (failure !== undefined && !(failure instanceof Error)) return failure;
      const errors = entries.flatMap((entry) => {
        const errorCode = change(entry);
        const { id: deviceId, moduleId } = entry;
        return errorCode === undefined
          ? []
          : [{ deviceId, ...(moduleId === undefined ? {} : { moduleId }), errorCode }];
      });
      if (failure !== undefined) throw failure; // done, and the answer lost
      const status = errors.length === 0 ? 200 : 400;
      return { status, body: JSON.stringify({ isSuccessful: errors.length === 0, errors, warnings: [] }) };
    },
    async getTwin(id) {
      return { status: 200, body: JSON.stringify({ tags: tags.get(id) ?? {} }) };
    },
    async getDevice(id) {
      const authentication = identities.get(id);
      if (authentication !== undefined) return { status: 200, body: JSON.stringify({ authentication }) };
      return { status: 404, body: '', problem: { name: 'DeviceNotFound', message: 'no such device' } };
    },
  };
  const clock = new VirtualClock();
  const provision = (changes: Partial<Provision> = {}): Provision => ({
    ...{ invoker, clock, random: seeded(1), randomBytes, secret: 'secret', adopt: 'any' as const },
    authority: () => makeAuthority({ now: clock.now(), randomBytes }),
    made: new Set(),
    unsure: new Map(),
    ...changes,
  });
  return { identities, batches, failures, clock, provision };
}

interface Authentication {
  readonly type?: string;
  readonly symmetricKey?: { readonly primaryKey?: string | null };
  readonly x509Thumbprint?: { readonly primaryThumbprint?: string | null };
}
const keyed = (primaryKey: string): Authentication => ({ type: 'sas', symmetricKey: { primaryKey } });
const spec = (count: number, changes: Partial<FleetSpecInput> = {}) =>
  fleetSpecSchema.parse({ name: 'pumps', count, id: 'pump-{index:000}', ...changes });
const provided = (of: FleetSpec, provision: Provision) => provide(of, identitiesOf(of), provision);

describe('ids of a fleet', () => {
  test.each([
    ['pump-{index:000}', 2, ['pump-001', 'pump-002']],
    ['{index}.pump', 2, ['1.pump', '2.pump']],
    ['only', 1, ['only']],
  ])('%j times %d gives %j', (id, count, ids) => {
    expect(idsOf(spec(count, { id }))).toEqual(ids);
  });

  test('are refused when one is no device id', () => {
    expect(() => idsOf(spec(2, { id: 'pump {index}' }))).toThrow("'pump 1' is no device id");
  });

  test('hold the modules of each device after it, with its number and protocol', () => {
    const identities = identitiesOf(spec(2, { modules: ['eye', '$edgeAgent'], protocol: { mqtt: 1, amqp: 1 } }));
    expect(identities.map(({ id, index, protocol }) => `${id} ${index} ${protocol}`)).toEqual([
      ...['pump-001 0 mqtt', 'pump-001/eye 0 mqtt', 'pump-001/$edgeAgent 0 mqtt'],
      ...['pump-002 1 amqp', 'pump-002/eye 1 amqp', 'pump-002/$edgeAgent 1 amqp'],
    ]);
  });
});

describe('identities', () => {
  test('are registered a hundred at a time with keys that the same secret gives again', async () => {
    const registry = aRegistry();
    const provision = registry.provision();
    const first = await provided(spec(250), provision);
    // They are on their way together, and the shortest may be ready first.
    expect([...registry.batches].sort((one, other) => other - one)).toEqual([100, 100, 50]);
    expect(new Set(first.map((each) => each.key)).size).toBe(250);
    expect(registry.identities.get('pump-250')?.symmetricKey?.primaryKey).toBe(first[249]?.key);
    expect(provision.made.size).toBe(250);
    expect(await provided(spec(250), aRegistry().provision())).toEqual(first);
  });

  test('that exist keep their own keys', async () => {
    const registry = aRegistry({ 'pump-002': keyed('c29tZXRoaW5nIGVsc2U=') });
    const keys = await provided(spec(3), registry.provision());
    expect(keys[1]).toEqual({ id: 'pump-002', key: 'c29tZXRoaW5nIGVsc2U=', index: 1 });
  });

  test('of modules come after their devices, each with a key of its own', async () => {
    const registry = aRegistry({ 'pump-001': keyed('a2V5'), 'pump-001/eye': keyed('ZXll') });
    const provision = registry.provision();
    const all = await provided(spec(2, { modules: ['eye'] }), provision);
    expect(all.map(({ id }) => id)).toEqual(['pump-001', 'pump-001/eye', 'pump-002', 'pump-002/eye']);
    expect(all.slice(0, 2).map(({ key }) => key)).toEqual(['a2V5', 'ZXll']);
    expect(registry.identities.get('pump-002/eye')?.symmetricKey?.primaryKey).toBe(all[3]?.key);
    expect([...provision.made]).toEqual(['pump-002']);
  });

  test('show certificates that are registered by thumbprint, and take the place of those of an earlier run', async () => {
    const registry = aRegistry({ 'pump-001': { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'AA' } } });
    const all = await provided(spec(2, { authentication: 'x509-self-signed' }), registry.provision());
    for (const { id, key, certificate } of all) {
      expect(key).toBe('');
      const { fingerprint256 } = new X509Certificate(certificate?.certificate ?? '');
      expect(registry.identities.get(id)).toMatchObject({
        type: 'selfSigned',
        x509Thumbprint: { primaryThumbprint: fingerprint256.replaceAll(':', '') },
      });
    }
  });

  test('of a CA are registered by it, and their certificates carry their ids', async () => {
    const registry = aRegistry();
    const [one] = await provided(spec(1, { authentication: 'x509-ca' }), registry.provision());
    expect(registry.identities.get('pump-001')).toEqual({ type: 'certificateAuthority' });
    expect(new X509Certificate(one?.certificate?.certificate ?? '').subject).toBe('CN=pump-001');
  });

  test('are taken away even when some are gone already', async () => {
    const registry = aRegistry({ 'pump-001': keyed('a2V5') });
    await withdraw(registry.provision(), idsOf(spec(3)));
    expect(registry.identities.size).toBe(0);
  });

  test('say which device the hub refused and why', async () => {
    const registry = aRegistry();
    const errors = [{ deviceId: 'pump-001', errorCode: 'TooManyDevices', errorStatus: 'full' }];
    registry.failures.push({ status: 400, body: JSON.stringify({ errors }) });
    await expect(provided(spec(1), registry.provision())).rejects.toThrow(
      "registering fleet 'pumps': the hub refused 'pump-001' (TooManyDevices) full",
    );
  });

  test('wait for a hub that says it is over its rate', async () => {
    const registry = aRegistry();
    const busy = { status: 429, body: '', problem: { name: 'ThrottlingException', message: 'slow down' } };
    registry.failures.push(busy, busy);
    const done = provided(spec(1), registry.provision());
    await registry.clock.advance(10_000);
    expect(await done).toHaveLength(1);
    expect(registry.batches).toHaveLength(3);
  });
});

describe('on a hub of somebody else', () => {
  test('an identity that is there already is neither used nor deleted', async () => {
    const registry = aRegistry({ 'pump-002': keyed('c29tZWJvZHkncw==') });
    const provision = registry.provision({ adopt: 'own' });
    await expect(provided(spec(3), provision)).rejects.toThrow("'pump-002' exists on the remote hub");
    await withdraw(provision, [...provision.made]);
    expect([...registry.identities.keys()]).toEqual(['pump-002']);
  });

  test('an identity that an earlier run made and left there is known by its key', async () => {
    const registry = aRegistry();
    const before = await provided(spec(2), registry.provision({ adopt: 'own' }));
    const provision = registry.provision({ adopt: 'own' });
    expect(await provided(spec(2), provision)).toEqual(before);
    expect(provision.made.size).toBe(2);
  });

  test('an identity with a certificate that an earlier run left there is known by its mark, and another is not', async () => {
    const fleet = spec(2, { authentication: 'x509-self-signed', modules: ['eye'] });
    const registry = aRegistry();
    await provided(fleet, registry.provision({ adopt: 'own' }));
    const provision = registry.provision({ adopt: 'own' });
    const [again] = await provided(fleet, provision);
    expect([...provision.made]).toEqual(['pump-001', 'pump-002']);
    const { fingerprint256 } = new X509Certificate(again?.certificate?.certificate ?? '');
    expect(registry.identities.get('pump-001')?.x509Thumbprint?.primaryThumbprint).toBe(
      fingerprint256.replaceAll(':', ''),
    );
    const stranger = registry.provision({ adopt: 'own', secret: 'of another hub' });
    await expect(provided(fleet, stranger)).rejects.toThrow("'pump-001' exists on the remote hub");
    expect(stranger.made.size).toBe(0);
  });

  test.each(['sas', 'x509-self-signed'] as const)('a call whose answer was lost is asked about: %s', async (kind) => {
    const registry = aRegistry({ 'pump-002': keyed('c29tZWJvZHkncw==') });
    registry.failures.push(new Error('the wire broke'));
    const provision = registry.provision({ adopt: 'own' });
    await expect(provided(spec(3, { authentication: kind }), provision)).rejects.toThrow('the wire broke');
    expect(provision.made.size).toBe(0);
    expect(registry.identities.size).toBe(3);
    const made = await madeAmong(provision, provision.unsure);
    expect(made.sort()).toEqual(['pump-001', 'pump-003']);
  });
});

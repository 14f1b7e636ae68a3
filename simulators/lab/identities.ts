// Gives a fleet its identities on a hub, through the public registry API, and takes them away again.
import { bulkSize } from '../invoker/bulk.ts';
import { withRetry } from '../invoker/retry.ts';
import { LabError } from '../vocabulary/errors.ts';
import { type DeviceId, deviceId, identityId, isDeviceId } from '../vocabulary/ids.ts';
import { protocolsOf } from '../vocabulary/protocols.ts';
import type { FleetSpec, LinkProtocol } from '../vocabulary/specs.ts';
import type { OrderedDevice } from './fleet-holder.ts';
import { derivedKey, type Proof, type ProofTools, proofOf } from './proofs.ts';
import {
  addressed,
  bulk,
  bulkAtOnce,
  chunks,
  hold,
  inLanes,
  isModule,
  type RegistryAsker,
  refused,
} from './registry-calls.ts';

const readsAtOnce = 32;

/** Ids of a fleet, in order: `{index}` and `{index:0000}` become 1, 2, 3, ... Throws LabError input.invalid when one is no device id. */
export function idsOf(spec: FleetSpec): DeviceId[] {
  return Array.from({ length: spec.count }, (_, index) => {
    const id = spec.id.replace(/\{index(?::(0+))?\}/g, (_match, zeros: string | undefined) =>
      String(index + 1).padStart(zeros?.length ?? 1, '0'),
    );
    if (!isDeviceId(id)) {
      throw new LabError(
        'input.invalid',
        `fleets.${spec.name}.id: '${id}' is no device id; use A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '`,
      );
    }
    return deviceId(id);
  });
}

/** One identity of a fleet: a device, or a module of one. */
export interface FleetIdentity {
  readonly id: DeviceId;
  /** Its device's number in the fleet, from 0. */
  readonly index: number;
  readonly protocol: LinkProtocol;
}

/** Every identity of a fleet: each device, followed by its modules. Throws as `idsOf` does. */
export function identitiesOf(spec: FleetSpec): FleetIdentity[] {
  const protocols = protocolsOf(spec.protocol, spec.count);
  return idsOf(spec).flatMap((device, index) => {
    const protocol = protocols[index] ?? 'mqtt';
    return [device, ...spec.modules.map((module) => identityId(device, module))].map((id) => ({ id, index, protocol }));
  });
}

export interface Provision extends ProofTools, RegistryAsker {
  /**
   * Whether an identity that was there before may be used: on the local hub, which is ours, with its own key or with its certificate replaced. On a
   * remote hub only one that is known for ours by its derived key, or by a mark in its tags that only the holder of the hub's key can have made;
   * anything else is somebody's device and must not be disturbed.
   */
  readonly adopt: 'any' | 'own';
  /** Filled with the devices this call created, also when it throws: what has to be deleted again. */
  readonly made: Set<DeviceId>;
  /** Devices of which it is not known, because a call broke off before its answer came; with what they would prove themselves by. */
  readonly unsure: Map<DeviceId, Proof>;
}

/** Registers what is missing, devices first, then their modules, and reads the keys of what was there. */
export async function provide(
  spec: FleetSpec,
  identities: readonly FleetIdentity[],
  provision: Provision,
): Promise<OrderedDevice[]> {
  const proofs = new Map<DeviceId, Proof>();
  const ids = identities.map(({ id }) => id);
  for (const level of [ids.filter((id) => !isModule(id)), ids.filter(isModule)]) {
    const present = await create(spec, level, proofs, provision);
    const keyed =
      spec.authentication === 'sas' || provision.adopt === 'own' ? await keysOf(present, spec, provision) : [];
    for (const [id, key] of keyed) proofs.set(id, { key, authentication: {} });
    const kept = new Set(keyed.map(([id]) => id));
    const others = present.filter((id) => !kept.has(id));
    await replaceProofs(others, proofs, provision);
  }
  return identities.map(({ id, index }) => {
    const { key = '', certificate } = proofs.get(id) ?? {};
    return { id, key, ...(certificate === undefined ? {} : { certificate }), index };
  });
}

/** Gives the ids that exist already. */
async function create(
  spec: FleetSpec,
  ids: readonly DeviceId[],
  proofs: Map<DeviceId, Proof>,
  provision: Provision,
): Promise<DeviceId[]> {
  const { made, unsure } = provision;
  const present: DeviceId[] = [];
  await inLanes(chunks(ids, bulkSize), bulkAtOnce, async (chunk) => {
    // Made as they are needed: thousands of keys at once would hold up the host for a tenth of a second.
    for (const id of chunk) proofs.set(id, await proofOf(spec.authentication, id, provision));
    const entries = chunk.map((id) => ({
      ...addressed(id),
      importMode: 'create' as const,
      status: 'enabled' as const,
      authentication: proofs.get(id)?.authentication ?? {},
      tags: { ...spec.tags, fleet: spec.name, ...markOf(spec, id, provision) },
      properties: { desired: spec.desired },
    }));
    const devices = chunk.filter((id) => !isModule(id));
    for (const id of devices) unsure.set(id, proofs.get(id) as Proof);
    const refusals = await bulk(provision, entries, `registering fleet '${spec.name}'`);
    const refusedIds = new Set(refusals.map(({ id }) => id));
    for (const id of devices) {
      unsure.delete(id);
      if (!refusedIds.has(id)) made.add(id);
    }
    hold(refusals, `registering fleet '${spec.name}'`, ['DeviceAlreadyExists', 'ModuleAlreadyExistsOnDevice']);
    present.push(...refusedIds);
  });
  return present;
}

/** Keys of identities that were there before; one that authenticated by a certificate until now has none. */
async function keysOf(
  present: readonly DeviceId[],
  spec: FleetSpec,
  provision: Provision,
): Promise<(readonly [DeviceId, string])[]> {
  const { adopt, made, secret } = provision;
  const keys: (readonly [DeviceId, string])[] = [];
  await inLanes(present, readsAtOnce, async (id) => {
    const answer = await withRetry(provision, () => provision.invoker.getDevice(id));
    if (answer.problem !== undefined) throw refused(`reading device '${id}'`, answer);
    const { authentication } = JSON.parse(answer.body) as {
      authentication?: { symmetricKey?: { primaryKey?: string | null } };
    };
    const key = authentication?.symmetricKey?.primaryKey;
    if (adopt === 'own') {
      const own = spec.authentication === 'sas' ? key === derivedKey(secret, id) : await isMarked(spec, id, provision);
      if (!own) {
        throw new LabError(
          'fleet.exists',
          `id: '${id}' exists on the remote hub and was not made by this fleet`,
          'Give the fleet another id pattern: identities of others are neither used nor deleted.',
        );
      }
      if (!isModule(id)) made.add(id);
    }
    if (typeof key === 'string' && key !== '') keys.push([id, key]);
  });
  return keys;
}

const markName = 'hubfleetMark';

/** A certificate is made anew at each start, so that it tells nothing about an identity an earlier run left on a remote hub: a tag does. */
const markOf = (spec: FleetSpec, id: DeviceId, { adopt, secret }: Provision): { readonly [markName]?: string } =>
  adopt === 'own' && spec.authentication !== 'sas' ? { [markName]: derivedKey(secret, `mark ${id}`) } : {};

async function isMarked(spec: FleetSpec, id: DeviceId, provision: Provision): Promise<boolean> {
  const answer = await withRetry(provision, () => provision.invoker.getTwin(id));
  if (answer.problem !== undefined) throw refused(`reading the twin of '${id}'`, answer);
  const { tags } = JSON.parse(answer.body) as { tags?: { readonly [markName]?: unknown } };
  return tags?.[markName] !== undefined && tags[markName] === markOf(spec, id, provision)[markName];
}

/** Of identities that were there before and may be used: what this run made takes the place of the last one's. */
async function replaceProofs(
  present: readonly DeviceId[],
  proofs: ReadonlyMap<DeviceId, Proof>,
  provision: RegistryAsker,
): Promise<void> {
  await inLanes(chunks(present, bulkSize), bulkAtOnce, async (chunk) => {
    const entries = chunk.map((id) => ({
      ...addressed(id),
      importMode: 'update' as const,
      status: 'enabled' as const,
      authentication: proofs.get(id)?.authentication ?? {},
    }));
    hold(await bulk(provision, entries, 'changing authentication'), 'changing authentication', []);
  });
}

/** Deletes devices, and with them their modules. Those that are gone already are passed over. */
export async function withdraw(asker: RegistryAsker, devices: readonly DeviceId[]): Promise<void> {
  await inLanes(chunks(devices, bulkSize), bulkAtOnce, async (chunk) => {
    const entries = chunk.map((id) => ({ id, importMode: 'delete' as const }));
    hold(await bulk(asker, entries, 'deleting identities'), 'deleting identities', ['DeviceNotFound']);
  });
}

/** Those of the unsure that were created after all: they prove themselves by what this fleet gave them. */
export async function madeAmong(asker: RegistryAsker, unsure: ReadonlyMap<DeviceId, Proof>): Promise<DeviceId[]> {
  const made: DeviceId[] = [];
  await inLanes([...unsure], readsAtOnce, async ([id, proof]) => {
    const answer = await withRetry(asker, () => asker.invoker.getDevice(id));
    if (answer.status === 404) return;
    if (answer.problem !== undefined) throw refused(`reading device '${id}'`, answer);
    const { authentication } = JSON.parse(answer.body) as { authentication?: { [part: string]: object | null } };
    const own = proof.authentication as { [part: string]: object | undefined };
    const { symmetricKey, x509Thumbprint } = authentication ?? {};
    if (sameFirst(symmetricKey, own.symmetricKey) || sameFirst(x509Thumbprint, own.x509Thumbprint)) made.push(id);
  });
  return made;
}

const sameFirst = (registered: object | null | undefined, own: object | undefined): boolean => {
  const [value] = Object.values(own ?? {}) as unknown[];
  return typeof value === 'string' && value !== '' && Object.values(registered ?? {}).includes(value);
};

// Gives a fleet its identities on a hub, through the public registry API, and takes them away again.
import { createHmac } from 'node:crypto';
import type { BulkEntry, Invoker, ServiceAnswer } from '../invoker/invoker.ts';
import { LabError } from '../vocabulary/errors.ts';
import { type DeviceId, deviceId, identityId, isDeviceId } from '../vocabulary/ids.ts';
import { protocolsOf } from '../vocabulary/protocols.ts';
import type { FleetSpec, LinkProtocol } from '../vocabulary/specs.ts';

export interface DeviceKey {
  readonly id: DeviceId;
  /** Base64. */
  readonly key: string;
}

/** The service takes at most this many entries in one call (reference 4.2). */
const bulkSize = 100;
const bulkAtOnce = 4;
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

/** Registers what is missing and reads the keys of what was there. `secret` derives the keys of new ones, so that none is ever drawn. */
export async function provide(
  invoker: Invoker,
  spec: FleetSpec,
  ids: readonly DeviceId[],
  secret: string,
): Promise<DeviceKey[]> {
  const derived = (id: string, which: string): string =>
    createHmac('sha256', secret).update(`${which} ${id}`).digest('base64');
  const present = new Set<string>();
  const keys = new Map<string, string>();
  await inLanes(chunks(ids, bulkSize), bulkAtOnce, async (chunk) => {
    const entries = chunk.map((id): BulkEntry => {
      const primaryKey = derived(id, 'primary');
      keys.set(id, primaryKey);
      return {
        id,
        importMode: 'create',
        status: 'enabled',
        authentication: { type: 'sas', symmetricKey: { primaryKey, secondaryKey: derived(id, 'secondary') } },
        tags: { ...spec.tags, fleet: spec.name },
        properties: { desired: spec.desired },
      };
    });
    for (const id of refusedIn(await invoker.bulk(entries), 'DeviceAlreadyExists', `registering fleet '${spec.name}'`))
      present.add(id);
  });

  await inLanes([...present], readsAtOnce, async (id) => {
    const answer = await invoker.getDevice(id);
    if (answer.problem !== undefined) throw refused(`reading device '${id}'`, answer);
    const { authentication } = JSON.parse(answer.body) as {
      authentication?: { symmetricKey?: { primaryKey?: string | null } };
    };
    const key = authentication?.symmetricKey?.primaryKey;
    if (typeof key !== 'string' || key === '') {
      throw new LabError(
        'hub.refused',
        `device '${id}' exists on the hub and has no symmetric key`,
        'Give the fleet another id pattern.',
      );
    }
    keys.set(id, key);
  });
  return ids.map((id) => ({ id, key: keys.get(id) as string }));
}

export async function withdraw(invoker: Invoker, ids: readonly DeviceId[]): Promise<void> {
  await inLanes(chunks(ids, bulkSize), bulkAtOnce, async (chunk) => {
    const entries = chunk.map((id): BulkEntry => ({ id, importMode: 'delete' }));
    refusedIn(await invoker.bulk(entries), 'DeviceNotFound', 'deleting identities');
  });
}

/** Ids a bulk call refused for the one reason that is harmless here; any other reason throws. */
function refusedIn(answer: ServiceAnswer, harmless: string, doing: string): string[] {
  let errors: { deviceId: string; errorCode: string; errorStatus?: string }[];
  try {
    const body = JSON.parse(answer.body) as { errors?: typeof errors };
    if (answer.problem !== undefined && body.errors === undefined) throw refused(doing, answer);
    errors = body.errors ?? [];
  } catch (error) {
    throw error instanceof LabError ? error : refused(doing, answer);
  }
  const serious = errors.find((each) => each.errorCode !== harmless);
  if (serious !== undefined) {
    throw new LabError(
      'hub.refused',
      `${doing}: the hub refused '${serious.deviceId}' (${serious.errorCode}) ${serious.errorStatus ?? ''}`.trim(),
    );
  }
  return errors.map((each) => each.deviceId);
}

const refused = (doing: string, { status, problem }: ServiceAnswer): LabError =>
  new LabError(
    'hub.refused',
    `${doing}: the hub answered ${status} ${problem?.name ?? ''}: ${problem?.message ?? ''}`,
    problem?.explanation?.fix,
  );

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, number) =>
    items.slice(number * size, (number + 1) * size),
  );
}

/** Works through all items with at most `lanes` at once. */
async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const next = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const item of { [Symbol.iterator]: () => next }) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
}

// Creates, changes and deletes identities, each together with its twin. Facts and closed connections follow once the store has it.
import type { Clock } from '../../clock/clock.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import { type DeviceId, deviceId, identityId, partsOf } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Connections } from '../connections/connections.ts';
import type { Store } from '../store/store.ts';
import type { TwinKeeper } from '../twins/open-twins.ts';
import type { Asked } from '../twins/twin-changes.ts';
import { runBulk } from './bulk.ts';
import { holdIdentities } from './identities.ts';
import {
  followed,
  idProblem,
  invalid,
  isBody,
  Problem,
  readDevice,
  readModule,
  type Settings,
  shapeOf,
  shown,
} from './identity.ts';
import { unmatched } from './if-match.ts';
import { isoText, neverText } from './moments.ts';
import { notFound } from './not-found.ts';
import type { Identity, Registry } from './registry.ts';

/** Most devices one answer lists, and one hub may hold (reference 4.2, 8); most modules of one device. */
const mostListed = 1_000;
const mostDevices = 1_000_000;
const mostModules = 50;
const keyBytes = 32;
/** .NET ticks at the Unix epoch: a generation id looks like the ticks of the moment it was given. */
const epochTicks = 621_355_968_000_000_000n;
/** The two modules that every device of IoT Edge has, and who looks after them. */
const edgeModules = ['$edgeAgent', '$edgeHub'] as const;
const edgeManager = 'IotEdge';
const isEdgeModule = (module: string | undefined): boolean => edgeModules.some((name) => name === module);

export interface RegistryOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly store: Store;
  readonly randomBytes: (count: number) => Buffer;
  readonly twins: TwinKeeper;
  readonly activity: Connections['activity'];
  /** Ends the live connection of a device or module, if there is one. */
  readonly close: (id: DeviceId, reason: 'disabled' | 'deleted') => void;
  /** How many cloud-to-device messages wait for an identity. */
  readonly waiting?: (id: DeviceId) => number;
}

/** The changes a registry is made of; single requests and bulk entries use the same. Ids are of devices or modules. */
export interface Changes {
  create(id: string, body: unknown, initial?: Asked): Identity | Refusal;
  update(id: string, body: unknown, ifMatch: string | undefined): Identity | Refusal;
  delete(id: string, ifMatch: string | undefined): Refusal | undefined;
}

export function openRegistry(options: RegistryOptions): Registry {
  const { clock, emit, store, randomBytes, twins, activity, close, waiting } = options;
  const identities = holdIdentities(store);
  const { find } = identities;
  let lastTicks = 0n;
  const newKey = () => randomBytes(keyBytes).toString('base64');

  function keep(id: DeviceId, identity: Identity): void {
    store.keepIdentity(id, JSON.stringify(identity));
    identities.hold(id, identity);
  }

  function tell(device: DeviceId, change: 'created' | 'updated' | 'deleted'): void {
    store.whenKept(() => emit({ type: 'identity.changed', at: clock.now(), device, change }));
  }

  /** Digits in base64, as the service's own identity etags are. */
  function newEtag(before?: string): string {
    for (;;) {
      const etag = Buffer.from(String(100_000_000 + (randomBytes(4).readUInt32BE() % 900_000_000))).toString('base64');
      if (etag !== before) return etag;
    }
  }

  function newGeneration(): string {
    const ticks = epochTicks + BigInt(Math.floor(clock.now() * 1e3)) * 10n;
    lastTicks = ticks > lastTicks ? ticks : lastTicks + 1n;
    return String(lastTicks);
  }

  /** What stands in the way of a new identity; for a module, its device when nothing does. */
  function placeFor(id: string): { readonly device?: Identity } | Refusal {
    const { device, module } = partsOf(id);
    const problem = idProblem(device) ?? (module === undefined ? undefined : idProblem(module, 'moduleId'));
    if (problem !== undefined) return problem;
    if (module === undefined) {
      if (find(id)) return refuse('DeviceAlreadyExists', `A device with ID '${id}' is already registered.`);
      return identities.deviceCount < mostDevices
        ? {}
        : refuse('TooManyDevices', `The hub holds ${mostDevices} devices already; more are not allowed.`);
    }
    const owner = find(device);
    if (owner === undefined) return notFound(deviceId(id), find);
    if (find(id)) return refuse('ModuleAlreadyExistsOnDevice', `Device '${device}' has a module '${module}' already.`);
    const counted = identities.modulesOf(device).filter((other) => !isEdgeModule(partsOf(other).module));
    return counted.length < mostModules
      ? { device: owner }
      : refuse('TooManyModulesOnDevice', `Device '${device}' has ${mostModules} modules already, the most allowed.`);
  }

  function made(id: string, settings: Settings, initial?: Asked): Identity {
    const identity = identityOf(id, newGeneration(), newEtag(), neverText, settings);
    const own = deviceId(id);
    store.transaction(() => {
      keep(own, identity);
      twins.create(own, initial);
      tell(own, 'created');
      ensureEdgeModules(identity);
    });
    return identity;
  }

  function ensureEdgeModules(device: Identity): void {
    if (!device.capabilities.iotEdge) return;
    for (const name of edgeModules) {
      const id = identityId(device.deviceId, name);
      if (find(id) !== undefined) continue;
      const settings = readModule({ managedBy: edgeManager }, undefined, device, newKey);
      if (!(settings instanceof Problem)) made(id, settings);
    }
  }

  const changes: Changes = {
    create(id, given, initial) {
      const place = placeFor(id);
      if (place instanceof Refusal) return place;
      const body = bodyOf(id, given);
      if (body instanceof Refusal) return body;
      const { device } = place;
      const settings = device ? readModule(body, undefined, device, newKey) : readDevice(body, undefined, newKey);
      return settings instanceof Problem ? settings.refusal : made(id, settings, initial);
    },

    update(id, given, ifMatch) {
      const before = find(id);
      if (before === undefined) return notFound(deviceId(id), find);
      const body = bodyOf(id, given);
      if (body instanceof Refusal) return body;
      const stale = unmatched(ifMatch, before.etag);
      if (stale !== undefined) return stale;
      const settings =
        before.moduleId === undefined ? readDevice(body, before, newKey) : readModule(body, before, before, newKey);
      if (settings instanceof Problem) return settings.refusal;
      const since = settings.status === before.status ? before.statusUpdatedTime : isoText(clock.now());
      const identity = identityOf(id, before.generationId, newEtag(before.etag), since, settings);
      const own = deviceId(id);
      store.transaction(() => {
        keep(own, identity);
        tell(own, 'updated');
        const modules = identity.moduleId === undefined ? identities.modulesOf(id) : [];
        for (const module of modules) {
          const kept = find(module);
          if (kept && kept.status !== identity.status) {
            keep(deviceId(module), Object.freeze({ ...kept, ...followed(identity) }));
          }
        }
        ensureEdgeModules(identity);
        if (identity.status === 'disabled') {
          store.whenKept(() => {
            for (const each of [own, ...modules]) close(deviceId(each), 'disabled');
          });
        }
      });
      return identity;
    },

    delete(id, ifMatch) {
      const before = find(id);
      if (before === undefined) return notFound(deviceId(id), find);
      const stale = unmatched(ifMatch, before.etag);
      if (stale !== undefined) return stale;
      store.transaction(() => {
        const modules = before.moduleId === undefined ? identities.modulesOf(id) : [];
        for (const each of [...modules, id].map(deviceId)) {
          store.dropDevice(each);
          identities.hold(each, undefined);
          twins.remove(each);
          tell(each, 'deleted');
          store.whenKept(() => close(each, 'deleted'));
        }
      });
      return undefined;
    },
  };

  function shaped(identity: Identity): object {
    const id = identityId(identity.deviceId, identity.moduleId);
    return shapeOf(identity, activity(id), waiting?.(id) ?? 0);
  }

  function shapes(ids: readonly string[]): readonly object[] {
    return ids.flatMap((id) => {
      const identity = find(id);
      return identity === undefined ? [] : [shaped(identity)];
    });
  }

  return {
    find,
    get size() {
      return identities.deviceCount;
    },
    get(id) {
      const identity = find(id);
      return identity === undefined ? notFound(deviceId(id), find) : shaped(identity);
    },
    list: (top) => shapes(identities.devices.slice(0, Math.min(top, mostListed))),
    ids: () => identities.devices,
    moduleIds: () => identities.modules,
    modulesOf: (device) =>
      find(device) === undefined || device.includes('/')
        ? notFound(deviceId(device), find)
        : shapes(identities.modulesOf(device)),
    put(id, body, ifMatch) {
      const outcome = ifMatch === undefined ? changes.create(id, body) : changes.update(id, body, ifMatch);
      return outcome instanceof Refusal ? outcome : shaped(outcome);
    },
    delete: changes.delete,
    bulk: (body) => runBulk(body, { changes, twins, store }),
    statistics() {
      const { disabled } = identities;
      const total = identities.deviceCount;
      return { total, enabled: total - disabled, disabled };
    },
  };
}

/** The body, when it is one and names nobody but the identity of the request. */
function bodyOf(id: string, body: unknown): Readonly<Record<string, unknown>> | Refusal {
  if (!isBody(body)) return invalid('The request body must be a JSON object.');
  const { device, module } = partsOf(id);
  return (
    misnamed('deviceId', body.deviceId ?? body.id, device) ?? misnamed('moduleId', body.moduleId, module ?? '') ?? body
  );
}

const misnamed = (field: string, named: unknown, expected: string): Refusal | undefined =>
  named === undefined || named === null || named === expected
    ? undefined
    : invalid(
        `${field}: ${typeof named === 'string' ? `'${named.slice(0, 140)}'` : shown(named)} in the body is not the '${expected}' of the request.`,
      );

function identityOf(
  id: string,
  generationId: string,
  etag: string,
  statusUpdatedTime: string,
  settings: Settings,
): Identity {
  const { device, module } = partsOf(id);
  const named = { deviceId: deviceId(device), ...(module === undefined ? {} : { moduleId: module }) };
  return Object.freeze({ ...named, generationId, etag, statusUpdatedTime, ...settings });
}

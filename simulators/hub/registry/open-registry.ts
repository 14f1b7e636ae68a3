// Creates, changes and deletes identities, each together with its twin. Facts and closed connections follow once the store has it.
import type { Clock } from '../../clock/clock.ts';
import type { Emit, HubFact } from '../../vocabulary/facts.ts';
import { type DeviceId, deviceId } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Connections } from '../connections/connections.ts';
import type { Store } from '../store/store.ts';
import type { TwinKeeper } from '../twins/open-twins.ts';
import type { Asked } from '../twins/twin-changes.ts';
import { runBulk } from './bulk.ts';
import { deviceShape, idProblem, invalid, isBody, Problem, readSettings, type Settings, shown } from './identity.ts';
import { unmatched } from './if-match.ts';
import { isoText, neverText } from './moments.ts';
import type { Identity, Registry } from './registry.ts';

/** Most devices one answer lists, and one hub may hold (reference 4.2, 8). */
const mostListed = 1_000;
const mostDevices = 1_000_000;
const keyBytes = 32;
/** .NET ticks at the Unix epoch: a generation id looks like the ticks of the moment it was given. */
const epochTicks = 621_355_968_000_000_000n;

export interface RegistryOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly store: Store;
  readonly randomBytes: (count: number) => Buffer;
  readonly twins: TwinKeeper;
  readonly activity: Connections['activity'];
  /** Ends a device's live connection, if there is one. */
  readonly close: (device: DeviceId, reason: 'disabled' | 'deleted') => void;
}

/** The changes a registry is made of; single requests and bulk entries use the same. */
export interface Changes {
  create(id: string, body: unknown, initial?: Asked): Identity | Refusal;
  update(id: string, body: unknown, ifMatch: string | undefined): Identity | Refusal;
  delete(id: string, ifMatch: string | undefined): Refusal | undefined;
}

export function openRegistry(options: RegistryOptions): Registry {
  const { clock, emit, store, randomBytes, twins, activity, close } = options;
  const identities = new Map<string, Identity>();
  let disabled = 0;
  /** All ids in order; made when asked for and dropped when one comes or goes. */
  let ordered: readonly string[] | undefined;
  let lastTicks = 0n;
  const newKey = () => randomBytes(keyBytes).toString('base64');

  for (const json of store.identities()) {
    const identity = Object.freeze(JSON.parse(json) as Identity);
    set(identity.deviceId, identity);
  }

  function set(id: string, identity: Identity | undefined): void {
    const before = identities.get(id);
    if (before?.status === 'disabled') disabled -= 1;
    if (identity?.status === 'disabled') disabled += 1;
    if ((before === undefined) !== (identity === undefined)) ordered = undefined;
    if (identity === undefined) identities.delete(id);
    else identities.set(id, identity);
  }

  function hold(id: string, identity: Identity | undefined): void {
    const before = identities.get(id);
    store.ifNotKept(() => set(id, before));
    set(id, identity);
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

  function bodyOf(id: string, body: unknown): Readonly<Record<string, unknown>> | Refusal {
    if (!isBody(body)) return invalid('The request body must be a JSON object.');
    const named = body.deviceId ?? body.id;
    return named !== undefined && named !== null && named !== id
      ? invalid(
          `deviceId: ${typeof named === 'string' ? `'${named.slice(0, 140)}'` : shown(named)} in the body is not the '${id}' of the request.`,
        )
      : body;
  }

  const changes: Changes = {
    create(id, given, initial) {
      const problem = idProblem(id);
      if (problem !== undefined) return problem;
      const body = bodyOf(id, given);
      if (body instanceof Refusal) return body;
      if (identities.has(id)) return refuse('DeviceAlreadyExists', `A device with ID '${id}' is already registered.`);
      if (identities.size >= mostDevices) {
        return refuse('TooManyDevices', `The hub holds ${mostDevices} devices already; more are not allowed.`);
      }
      const settings = readSettings(body, undefined, newKey);
      if (settings instanceof Problem) return settings.refusal;
      const identity = identityOf(id, newGeneration(), newEtag(), neverText, settings);
      store.transaction(() => {
        store.keepIdentity(id, JSON.stringify(identity));
        hold(id, identity);
        twins.create(identity.deviceId, initial);
        tell(identity.deviceId, 'created');
      });
      return identity;
    },

    update(id, given, ifMatch) {
      const before = identities.get(id);
      if (before === undefined) return unknown(id);
      const body = bodyOf(id, given);
      if (body instanceof Refusal) return body;
      const stale = unmatched(ifMatch, before.etag);
      if (stale !== undefined) return stale;
      const settings = readSettings(body, before, newKey);
      if (settings instanceof Problem) return settings.refusal;
      const since = settings.status === before.status ? before.statusUpdatedTime : isoText(clock.now());
      const identity = identityOf(id, before.generationId, newEtag(before.etag), since, settings);
      store.keepIdentity(id, JSON.stringify(identity));
      hold(id, identity);
      tell(identity.deviceId, 'updated');
      if (identity.status === 'disabled') store.whenKept(() => close(identity.deviceId, 'disabled'));
      return identity;
    },

    delete(id, ifMatch) {
      const before = identities.get(id);
      if (before === undefined) return unknown(id);
      const stale = unmatched(ifMatch, before.etag);
      if (stale !== undefined) return stale;
      store.dropDevice(id);
      hold(id, undefined);
      twins.remove(before.deviceId);
      tell(before.deviceId, 'deleted');
      store.whenKept(() => close(before.deviceId, 'deleted'));
      return undefined;
    },
  };

  const shapeOf = (identity: Identity): object => deviceShape(identity, activity(identity.deviceId));

  return {
    find: (id) => identities.get(id),
    get size() {
      return identities.size;
    },
    get(id) {
      const identity = identities.get(id);
      return identity === undefined ? unknown(id) : shapeOf(identity);
    },
    list(top) {
      return this.ids()
        .slice(0, Math.min(top, mostListed))
        .flatMap((id) => {
          const identity = identities.get(id);
          return identity === undefined ? [] : [shapeOf(identity)];
        });
    },
    moduleIds: () => [],
    ids() {
      ordered ??= [...identities.keys()].sort(byCodeUnits);
      return ordered;
    },
    put(id, body, ifMatch) {
      const outcome = ifMatch === undefined ? changes.create(id, body) : changes.update(id, body, ifMatch);
      return outcome instanceof Refusal ? outcome : shapeOf(outcome);
    },
    delete: changes.delete,
    bulk: (body) => runBulk(body, { changes, twins, store }),
    statistics: () => ({ total: identities.size, enabled: identities.size - disabled, disabled }),
  };
}

const identityOf = (
  id: string,
  generationId: string,
  etag: string,
  statusUpdatedTime: string,
  settings: Settings,
): Identity => Object.freeze({ deviceId: deviceId(id), generationId, etag, statusUpdatedTime, ...settings });

const unknown = (id: string): Refusal => refuse('DeviceNotFound', `Device '${id}' is not registered.`);

const byCodeUnits = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

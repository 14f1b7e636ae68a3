// The twins being looked at, as the service sees them: read through the public API, again whenever a fact says one changed.
import type { Clock } from '../clock/clock.ts';
import { driftOf, isTree, type Tree } from '../vocabulary/drift.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import { type Instant, seconds } from '../vocabulary/units.ts';
import type { TwinView } from '../vocabulary/views.ts';
import type { FleetHub } from './hubs.ts';

interface Watched {
  view: TwinView | null;
  problem: string | undefined;
  stale: boolean;
  reading: boolean;
  lookedAt: Instant;
  readAt: Instant;
}

/** A twin nobody looked at for this long is dropped. */
const attention = seconds(30);
/** A remote hub tells no facts: its twins are read again this often while they are looked at. */
const rereadRemote = seconds(5);

export class TwinReader {
  readonly #watched = new Map<DeviceId, Watched>();

  constructor(
    private readonly hubOf: (device: DeviceId) => Pick<FleetHub, 'invoker' | 'local'>,
    private readonly clock: Clock,
  ) {}

  /** What is known now; reading goes on in the background. */
  look(device: DeviceId): { readonly view: TwinView | null; readonly problem: string | undefined } {
    const now = this.clock.now();
    for (const [id, other] of this.#watched) if (now - other.lookedAt > attention) this.#watched.delete(id);
    let watched = this.#watched.get(device);
    if (watched === undefined) {
      watched = { view: null, problem: undefined, stale: true, reading: false, lookedAt: now, readAt: now };
      this.#watched.set(device, watched);
    }
    watched.lookedAt = now;
    if (now - watched.readAt > rereadRemote && !this.hubOf(device).local) watched.stale = true;
    if (watched.stale && !watched.reading) void this.#read(device, watched);
    return watched;
  }

  record(fact: Fact): void {
    if (fact.type === 'twin.patched' || fact.type === 'identity.changed') this.changed(fact.device);
  }

  changed(device: DeviceId): void {
    const watched = this.#watched.get(device);
    if (watched !== undefined) watched.stale = true;
  }

  async #read(device: DeviceId, watched: Watched): Promise<void> {
    watched.reading = true;
    watched.readAt = this.clock.now();
    watched.stale = false;
    try {
      const answer = await this.hubOf(device).invoker.getTwin(device);
      watched.problem = answer.problem?.message;
      watched.view = answer.problem === undefined ? twinView(JSON.parse(answer.body) as Tree) : null;
    } catch (error) {
      watched.problem = error instanceof Error ? error.message : String(error);
    } finally {
      watched.reading = false;
    }
  }
}

/** The Twin shape of the service (reference 4.3) as the window shows it. */
export function twinView(twin: Tree): TwinView {
  const properties = tree(twin.properties);
  const desired = section(tree(properties.desired));
  const reported = section(tree(properties.reported));
  const thumbprint = tree(twin.x509Thumbprint).primaryThumbprint;
  return {
    etag: String(twin.etag ?? ''),
    version: Number(twin.version ?? 0),
    ...(typeof twin.authenticationType === 'string' ? { authenticationType: twin.authenticationType } : {}),
    ...(typeof thumbprint === 'string' && thumbprint !== '' ? { thumbprint } : {}),
    tags: tree(twin.tags),
    desired: desired.values,
    desiredVersion: desired.version,
    reported: reported.values,
    reportedVersion: reported.version,
    drift: driftOf(desired.values, reported.values),
    changed: { desired: desired.changed, reported: reported.changed },
  };
}

function section(raw: Tree): { values: Tree; version: number; changed: Record<string, string> } {
  const { $metadata, $version, ...values } = raw;
  const changed: Record<string, string> = {};
  const walk = (metadata: Tree, path: string): void => {
    for (const [key, value] of Object.entries(metadata)) {
      if (key.startsWith('$')) continue;
      const here = path === '' ? key : `${path}.${key}`;
      const at = tree(value).$lastUpdated;
      if (typeof at === 'string') changed[here] = at;
      walk(tree(value), here);
    }
  };
  walk(tree($metadata), '');
  return { values, version: Number($version ?? 0), changed };
}

const tree = (value: unknown): Tree => (isTree(value) ? value : {});

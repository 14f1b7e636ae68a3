// The twins of a hub's devices and modules: kept, told to devices and reported as facts, in this order.
import type { Clock } from '../../clock/clock.ts';
import { type Emit, excerpt, type HubFact } from '../../vocabulary/facts.ts';
import type { DeviceId } from '../../vocabulary/ids.ts';
import { type FaultHooks, type NotificationPassage, noFaults, struckBy } from '../../vocabulary/passages.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Connections } from '../connections/connections.ts';
import { stopped } from '../failed.ts';
import { unmatched } from '../registry/if-match.ts';
import { isoText } from '../registry/moments.ts';
import { notFound } from '../registry/not-found.ts';
import type { Identity } from '../registry/registry.ts';
import type { Store, TwinRow } from '../store/store.ts';
import { sizeProblem } from './limits.ts';
import { etagText, KnownTwin, twinMembers, twinShape } from './members.ts';
import {
  bared,
  deviceText,
  type JsonObject,
  merged,
  newSection,
  nothing,
  sectionFrom,
  sectionText,
} from './sections.ts';
import {
  type Asked,
  Broken,
  broken,
  type Changed,
  patched,
  readSection,
  readTwinBody,
  replaced,
  reported,
  stampOf,
  type Twin,
} from './twin-changes.ts';
import type { NotifyDesired, Struck, Twins } from './twins.ts';

export interface TwinsOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly store: Store;
  readonly find: (id: string) => Identity | undefined;
  readonly activity: Connections['activity'];
  readonly notify: NotifyDesired;
  /** Whether `notify` would reach the device now. @default always */
  readonly listens?: ((id: DeviceId) => boolean) | undefined;
  /** @default nothing is wrong, ever */
  readonly faults?: FaultHooks | undefined;
  /** Cloud-to-device messages that wait for an identity; none without it. */
  readonly waiting?: (id: DeviceId) => number;
}

/** Twins with the part only the registry uses: they come and go with identities. */
export interface TwinKeeper extends Twins {
  /** What a twin would be created with, checked; `create` takes it. */
  checkInitial(body: unknown): Asked | Refusal;
  create(id: DeviceId, initial?: Asked): void;
  /** Forgets it; the store drops it with the identity. */
  remove(id: DeviceId): void;
  /** What devices ask for from now on, or a fault held until now, is refused. */
  stop(): void;
}

export function openTwins(options: TwinsOptions): TwinKeeper {
  const { clock, emit, store, find, activity, notify, waiting = () => 0 } = options;
  const { listens = () => true, faults = noFaults } = options;
  const members = twinMembers({ activity, waiting });
  const twins = new Map<string, Twin>(store.twins().map((row) => [row.id, twinFrom(row)]));
  const at = () => isoText(clock.now());
  let stopping = false;

  function hold(id: string, twin: Twin | undefined): void {
    const before = twins.get(id);
    store.ifNotKept(() => set(id, before));
    set(id, twin);
  }

  function set(id: string, twin: Twin | undefined): void {
    if (twin === undefined) twins.delete(id);
    else twins.set(id, twin);
  }

  function refused(device: DeviceId, { section, refusal }: Broken, struck?: Struck): Refusal {
    const { name: error, message: detail } = refusal;
    emit({ type: 'twin.refused', at: clock.now(), device, section, error, detail, ...struck });
    return refusal;
  }

  function change(
    id: DeviceId,
    body: unknown,
    ifMatch: string | undefined,
    apply: (twin: Twin, asked: Asked, at: string) => Changed | Broken,
  ): ReturnType<Twins['patch']> {
    const twin = twins.get(id);
    if (twin === undefined) return notFound(id, find);
    const asked = readTwinBody(body);
    if (asked instanceof Broken) return refused(id, asked);
    const stale = unmatched(ifMatch, etagText(twin.etag));
    if (stale !== undefined) return refused(id, new Broken(asked.desired ? 'desired' : 'tags', stale));
    const outcome = apply(twin, asked, at());
    if (outcome instanceof Broken) return refused(id, outcome);
    if (outcome.changes.length > 0) {
      store.keepTwin(rowOf(id, outcome.twin));
      hold(id, outcome.twin);
    }
    store.whenKept(() => tell(id, outcome, asked.reportedToo));
    return bodyOf(id, outcome.twin);
  }

  function tell(device: DeviceId, { changes }: Changed, reportedToo: boolean): void {
    for (const { section, version, patch } of changes) {
      const text = section === 'tags' ? JSON.stringify(patch) : deviceText(patch, version);
      const delivered = section === 'desired' ? inform(device, text, version) : undefined;
      const shown = excerpt(text, Buffer.byteLength(text));
      emit({ type: 'twin.patched', at: clock.now(), device, section, version, patch: shown, ...delivered });
    }
    if (reportedToo) {
      const text = 'properties.reported in a service request is ignored; only the device writes what it reported.';
      emit({ type: 'hint.given', at: clock.now(), device, text });
    }
  }

  /** Tells a device. A notification that a fault holds is not delivered as the fact is made; no other fact follows when it is. */
  function inform(device: DeviceId, text: string, version: number): { readonly delivered: boolean } {
    const through = faults.at('notification', device);
    let delivered = false;
    let passage: NotificationPassage | undefined;
    // To whom nothing would be sent, nothing can be lost.
    if (through === undefined || !listens(device)) delivered = notify(device, text, version);
    else {
      passage = {
        device,
        touches: undefined,
        pass() {
          delivered = notify(device, text, version);
        },
        lose() {},
      };
      through(passage);
    }
    faults.noteEvent?.('desired', device);
    return { delivered, ...(passage && struckBy(passage)) };
  }

  function bodyOf(id: DeviceId, twin: Twin): { readonly body: object; readonly etag: string } | Refusal {
    if (find(id) === undefined) return notFound(id, find);
    const body = twinShape(new KnownTwin(id, twin, find), members);
    return { body, etag: etagText(twin.etag) };
  }

  return {
    members,
    known(id) {
      const twin = twins.get(id);
      return twin === undefined ? undefined : new KnownTwin(id, twin, find);
    },

    get(id) {
      const twin = twins.get(id);
      return twin === undefined ? notFound(id, find) : bodyOf(id, twin);
    },

    patch: (id, body, ifMatch) => change(id, body, ifMatch, patched),
    replace: (id, body, ifMatch) => change(id, body, ifMatch, replaced),

    deviceView(id) {
      if (stopping) return stopped;
      const twin = twins.get(id);
      if (twin === undefined) return notFound(id, find);
      const { desired, reported } = twin;
      return `{"desired":${deviceText(desired.content, desired.version)},"reported":${deviceText(reported.content, reported.version)}}`;
    },

    report(id, text, struck) {
      if (stopping) return stopped;
      const twin = twins.get(id);
      if (twin === undefined) return notFound(id, find);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        const refusal = refuse('IotHubFormatError', 'The reported patch is not JSON.');
        return refused(id, new Broken('reported', refusal), struck);
      }
      const patch = readSection('reported', value);
      if (patch instanceof Broken) return refused(id, patch, struck);
      const outcome = reported(twin, patch, at());
      if (outcome instanceof Broken) return refused(id, outcome, struck);
      store.keepReported(id, outcome.twin.version, sectionText(outcome.twin.reported));
      hold(id, outcome.twin);
      const { version } = outcome.twin.reported;
      const shown = excerpt(text, Buffer.byteLength(text));
      emit({
        type: 'twin.patched',
        at: clock.now(),
        device: id,
        section: 'reported',
        version,
        patch: shown,
        ...struck,
      });
      return { version };
    },

    checkInitial(body) {
      const asked = readTwinBody(body);
      if (asked instanceof Broken) return asked.refusal;
      for (const section of ['tags', 'desired'] as const) {
        const problem = sizeProblem(section, merged(nothing, asked[section] ?? nothing));
        if (problem !== undefined) return broken(section, problem).refusal;
      }
      return asked;
    },

    create(id, initial) {
      const now = at();
      const twin: Twin = {
        version: 2,
        etag: 1,
        tags: merged(nothing, initial?.tags ?? nothing),
        desired: newSection(merged(nothing, initial?.desired ?? nothing), stampOf(now, 1)),
        reported: newSection(nothing, stampOf(now)),
      };
      store.keepTwin(rowOf(id, twin));
      hold(id, twin);
    },

    remove: (id) => hold(id, undefined),

    stop() {
      stopping = true;
    },
  };
}

const rowOf = (id: string, { version, etag, tags, desired, reported }: Twin): TwinRow => ({
  id,
  version,
  etag,
  tags: JSON.stringify(tags),
  desired: sectionText(desired),
  reported: sectionText(reported),
});

const twinFrom = ({ version, etag, tags, desired, reported }: TwinRow): Twin => ({
  version,
  etag,
  tags: bared(JSON.parse(tags)) as JsonObject,
  desired: sectionFrom(desired),
  reported: sectionFrom(reported),
});

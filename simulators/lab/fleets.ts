// The fleets of a lab: registered on their hub, spread over the threads, started, stopped and taken away.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Emit, LabFact } from '../vocabulary/facts.ts';
import type { DeviceId, FleetName } from '../vocabulary/ids.ts';
import type { FleetSpec } from '../vocabulary/specs.ts';
import type { FleetSummary } from '../vocabulary/views.ts';
import type { Crew } from './crew.ts';
import { type FleetHub, type Hubs, withoutSecret } from './hubs.ts';
import { identitiesOf, idsOf, madeAmong, type Provision, provide, withdraw } from './identities.ts';
import type { FleetChange } from './lab.ts';
import type { Roster } from './roster.ts';

interface Fleet {
  /** Without the connection string of a remote hub. */
  spec: FleetSpec;
  readonly hub: FleetHub;
  /** Devices whose identities go when the fleet goes: all of them on the local hub, on a remote one those this fleet made. */
  readonly owned: Set<DeviceId>;
  readonly unsure: Provision['unsure'];
  /** Ends the registering when the fleet is removed before it is through; settled once nothing more is made. */
  readonly abort: AbortController;
  registering: Promise<unknown>;
  removing?: Promise<void> | undefined;
  state: FleetSummary['state'];
  /** Stopped while it was still being registered: its devices do not dial when they are. */
  off: boolean;
  problem?: string;
}

export interface FleetsOptions {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly hubs: Hubs;
  readonly roster: Roster;
  readonly note: Emit<LabFact>;
}

/** Making and deleting identities on a hub that is not ours needs a word of its own. */
export interface Confirmation {
  readonly confirmRemote?: boolean | undefined;
}

export class Fleets {
  readonly #fleets = new Map<FleetName, Fleet>();

  constructor(private readonly options: FleetsOptions) {}

  /**
   * Rejects when the hub refuses; the fleet then stays visible as failed, with the reason, until it is removed. What it had made on a remote hub
   * is deleted again.
   */
  async add(asked: FleetSpec, { confirmRemote = false }: Confirmation = {}): Promise<void> {
    const { clock, crew, hubs, roster, note } = this.options;
    if (this.#fleets.has(asked.name))
      throw new LabError(
        'fleet.exists',
        `name: a fleet named '${asked.name}' is there already`,
        'Choose another name.',
      );
    const identities = identitiesOf(asked);
    const taken = identities.find(({ id }) => roster.get(id) !== undefined);
    if (taken !== undefined) {
      throw new LabError(
        'fleet.exists',
        `id: device '${taken.id}' belongs to fleet '${roster.get(taken.id)?.fleet}' already`,
        'Give this fleet another id pattern.',
      );
    }
    const spec = withoutSecret(asked);
    if (spec.hub !== 'local' && !confirmRemote) {
      throw new LabError(
        'remote.unconfirmed',
        `fleet '${spec.name}' makes ${identities.length} identities on ${spec.hub}, which is not this lab's own hub`,
        'Confirm with confirmRemote.',
      );
    }
    const hub = hubs.open(asked);
    const owned = new Set<DeviceId>(hub.local ? idsOf(spec) : []);
    const fleet: Fleet = {
      ...{ spec, hub, owned, unsure: new Map() },
      ...{ abort: new AbortController(), registering: Promise.resolve() },
      ...{ state: 'provisioning' as const, off: false },
    };
    this.#fleets.set(spec.name, fleet);
    const address = attempt(() => hub.address(spec));
    // What is shown is how they really dial: a local hub without plain doors is spoken to over TLS all the same.
    roster.add(address instanceof Error ? spec : { ...spec, tls: address.tls }, identities, clock.now());
    note({ type: 'fleet.added', at: clock.now(), fleet: spec.name, count: spec.count });
    try {
      if (address instanceof Error) throw address;
      const registering = provide(spec, identities, {
        ...{ clock, randomBytes, invoker: hub.invoker, random: hub.random, secret: hub.secret },
        authority: () => hub.authority(),
        adopt: hub.local ? 'any' : 'own',
        made: owned,
        unsure: fleet.unsure,
        signal: fleet.abort.signal,
      });
      fleet.registering = registering;
      const devices = await registering;
      const authority = spec.authentication === 'x509-ca' ? { authority: await hub.authority() } : {};
      if (fleet.abort.signal.aborted) return;
      await crew.addFleet({ spec, hub: address, devices, off: fleet.off, ...authority });
      fleet.state = fleet.off ? 'stopped' : 'running';
    } catch (error) {
      if (fleet.abort.signal.aborted) return; // removed meanwhile, and cleaned up there
      fleet.state = 'failed';
      fleet.problem = error instanceof Error ? error.message : String(error);
      if (!hub.local) await this.#cleanUp(fleet).catch((left: Error) => this.#tellLeft(fleet, left));
      throw error;
    }
  }

  /** Stops the devices, deletes their identities, and forgets the fleet. */
  async remove(name: FleetName, { confirmRemote = false }: Confirmation = {}): Promise<void> {
    const fleet = this.find(name);
    if (!fleet.hub.local && !confirmRemote && fleet.owned.size + fleet.unsure.size > 0) {
      throw new LabError(
        'remote.unconfirmed',
        `removing fleet '${name}' deletes the ${fleet.owned.size} devices it made on ${fleet.hub.hostName}`,
        'Confirm with confirmRemote.',
      );
    }
    fleet.removing ??= this.#takeAway(fleet).finally(() => {
      fleet.removing = undefined;
    });
    await fleet.removing;
  }

  /** Rejects when the hub refuses or cannot be reached; the fleet then stays, without its devices, so that it can be tried again. */
  async #takeAway(fleet: Fleet): Promise<void> {
    const { clock, crew, hubs, roster, note } = this.options;
    const { name } = fleet.spec;
    fleet.abort.abort();
    await fleet.registering.catch(() => {});
    await crew.removeFleet(name);
    try {
      await this.#cleanUp(fleet);
    } catch (error) {
      fleet.state = 'failed';
      fleet.problem = `its identities could not be deleted: ${error instanceof Error ? error.message : String(error)}`;
      throw error;
    }
    this.#fleets.delete(name);
    roster.remove(name);
    note({ type: 'fleet.removed', at: clock.now(), fleet: name });
    await hubs.close(name);
  }

  /** The devices go on with other settings; their links stay as they are. */
  async change(name: FleetName, change: FleetChange): Promise<void> {
    const fleet = this.find(name);
    const { telemetry, ...rest } = { ...fleet.spec, ...change };
    fleet.spec = telemetry ? { ...rest, telemetry } : rest;
    this.options.roster.change(name, fleet.spec);
    await this.options.crew.tell('changeFleet', { fleet: name, change });
  }

  start(name: FleetName): void {
    const fleet = this.find(name);
    fleet.off = false;
    if (fleet.state === 'stopped') fleet.state = 'running';
    void this.options.crew.tell('startFleet', name);
  }

  stop(name: FleetName): void {
    const fleet = this.find(name);
    fleet.off = true;
    if (fleet.state === 'running') fleet.state = 'stopped';
    void this.options.crew.tell('stopFleet', name);
  }

  find(name: FleetName): Fleet {
    const fleet = this.#fleets.get(name);
    if (fleet === undefined) throw new LabError('fleet.unknown', `there is no fleet named '${name}'`);
    return fleet;
  }

  /** Fleets on the local hub. One on a remote hub cannot be brought back from its spec: that would take a key, and a confirmation. */
  specs(): FleetSpec[] {
    return [...this.#fleets.values()].filter(({ hub }) => hub.local).map(({ spec }) => spec);
  }

  summaries(): FleetSummary[] {
    return [...this.#fleets.values()].map(({ spec, state, problem }) => ({
      name: spec.name,
      spec,
      identities: spec.count * (1 + spec.modules.length),
      online: this.options.roster.online(spec.name),
      state,
      ...(problem === undefined ? {} : { problem }),
    }));
  }

  /** Ends every registering under way. What it had made on a remote hub by then is deleted again, where the hub lets it. */
  async endAll(): Promise<void> {
    const registering = [...this.#fleets.values()].filter(({ state }) => state === 'provisioning');
    for (const { abort } of registering) abort.abort();
    await Promise.allSettled(registering.map((fleet) => fleet.registering));
    await Promise.allSettled(registering.filter(({ hub }) => !hub.local).map((fleet) => this.#cleanUp(fleet)));
  }

  /** Deletes what the fleet made, and nothing else. */
  async #cleanUp(fleet: Fleet): Promise<void> {
    const { hub, owned, unsure } = fleet;
    const asker = { clock: this.options.clock, random: hub.random, invoker: hub.invoker };
    if (unsure.size > 0) {
      for (const id of await madeAmong(asker, unsure)) owned.add(id);
      unsure.clear();
    }
    await withdraw(asker, [...owned]);
    owned.clear();
  }

  #tellLeft(fleet: Fleet, error: Error): void {
    const { owned, unsure, hub } = fleet;
    fleet.problem = `${fleet.problem}; up to ${owned.size + unsure.size} devices are left on ${hub.hostName}: ${error.message}`;
  }
}

function attempt<Value>(make: () => Value): Value | Error {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

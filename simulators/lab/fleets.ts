// The fleets of a lab: registered on the hub, spread over the threads, started, stopped and taken away.
import type { Clock } from '../clock/clock.ts';
import type { Invoker } from '../invoker/invoker.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Emit, LabFact } from '../vocabulary/facts.ts';
import type { DeviceId, FleetName } from '../vocabulary/ids.ts';
import type { FleetSpec } from '../vocabulary/specs.ts';
import type { FleetSummary } from '../vocabulary/views.ts';
import type { Crew } from './crew.ts';
import { localAddress } from './dialling.ts';
import { identitiesOf, idsOf, provide, withdraw } from './identities.ts';
import type { Roster } from './roster.ts';

interface Fleet {
  readonly spec: FleetSpec;
  readonly ids: readonly DeviceId[];
  state: FleetSummary['state'];
  problem?: string;
}

export interface FleetsOptions {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly invoker: Invoker;
  readonly roster: Roster;
  readonly note: Emit<LabFact>;
}

export class Fleets {
  readonly #fleets = new Map<FleetName, Fleet>();

  constructor(private readonly options: FleetsOptions) {}

  /** Rejects when the hub refuses; the fleet then stays visible as failed, with the reason, until it is removed. */
  async add(spec: FleetSpec): Promise<void> {
    const { clock, crew, invoker, roster, note } = this.options;
    if (this.#fleets.has(spec.name))
      throw new LabError('fleet.exists', `name: a fleet named '${spec.name}' is there already`, 'Choose another name.');
    const ids = idsOf(spec);
    const taken = ids.find((id) => roster.get(id) !== undefined);
    if (taken !== undefined) {
      throw new LabError(
        'fleet.exists',
        `id: device '${taken}' belongs to fleet '${roster.get(taken)?.fleet}' already`,
        'Give this fleet another id pattern.',
      );
    }
    const fleet: Fleet = { spec, ids, state: 'provisioning' };
    this.#fleets.set(spec.name, fleet);
    roster.add(spec, identitiesOf(spec), clock.now());
    note({ type: 'fleet.added', at: clock.now(), fleet: spec.name, count: spec.count });
    try {
      const keys = await provide(invoker, spec, ids, crew.hub.connectionStrings.iothubowner as string);
      if (this.#fleets.get(spec.name) !== fleet) return; // removed meanwhile
      await crew.addFleet({
        spec,
        hub: localAddress(spec, crew.hub),
        devices: keys.map((key, index) => ({ ...key, index })),
      });
      fleet.state = 'running';
    } catch (error) {
      fleet.state = 'failed';
      fleet.problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  async remove(name: FleetName): Promise<void> {
    const { clock, crew, invoker, roster, note } = this.options;
    const fleet = this.find(name);
    this.#fleets.delete(name);
    await crew.tell('removeFleet', name);
    roster.remove(name);
    note({ type: 'fleet.removed', at: clock.now(), fleet: name });
    await withdraw(invoker, fleet.ids);
  }

  start(name: FleetName): void {
    const fleet = this.find(name);
    if (fleet.state === 'stopped') fleet.state = 'running';
    void this.options.crew.tell('startFleet', name);
  }

  stop(name: FleetName): void {
    const fleet = this.find(name);
    if (fleet.state === 'running') fleet.state = 'stopped';
    void this.options.crew.tell('stopFleet', name);
  }

  find(name: FleetName): Fleet {
    const fleet = this.#fleets.get(name);
    if (fleet === undefined) throw new LabError('fleet.unknown', `there is no fleet named '${name}'`);
    return fleet;
  }

  specs(): FleetSpec[] {
    return [...this.#fleets.values()].map((fleet) => fleet.spec);
  }

  summaries(): FleetSummary[] {
    return [...this.#fleets.values()].map(({ spec, state, problem }) => ({
      name: spec.name,
      spec,
      online: this.options.roster.online(spec.name),
      state,
      ...(problem === undefined ? {} : { problem }),
    }));
  }
}

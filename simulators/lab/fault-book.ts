// The faults that are on, as the host knows them: their specs, whom they touch, and how many replies they touched (from facts).
import { touches } from '../faults/target.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId, FaultName, FleetName } from '../vocabulary/ids.ts';
import type { FaultSpec } from '../vocabulary/specs.ts';
import type { FaultSummary } from '../vocabulary/views.ts';
import type { Roster } from './roster.ts';

interface Noted {
  readonly spec: FaultSpec;
  touched: number;
  /** Devices it is on, counted for one generation of the roster. */
  devices: number;
  generation: number;
}

export class FaultBook {
  readonly #noted = new Map<FaultName, Noted>();

  constructor(
    private readonly roster: Roster,
    private readonly seed: number,
  ) {}

  add(spec: FaultSpec): void {
    if (this.#noted.has(spec.name)) {
      throw new LabError(
        'fault.exists',
        `a fault named '${spec.name}' is on already`,
        'Change it, lift it, or give this one another name.',
      );
    }
    this.#noted.set(spec.name, { spec, touched: 0, devices: 0, generation: -1 });
  }

  change(spec: FaultSpec): void {
    this.#noted.set(spec.name, { spec, touched: this.#find(spec.name).touched, devices: 0, generation: -1 });
  }

  lift(name: FaultName): void {
    this.#find(name);
    this.#noted.delete(name);
  }

  names(): FaultName[] {
    return [...this.#noted.keys()];
  }

  specs(): FaultSpec[] {
    return [...this.#noted.values()].map((noted) => noted.spec);
  }

  readonly of = (device: DeviceId, fleet: FleetName): FaultName[] => {
    const names: FaultName[] = [];
    for (const { spec } of this.#noted.values()) if (touches(spec, device, fleet, this.seed)) names.push(spec.name);
    return names;
  };

  record(fact: Fact): void {
    if (fact.type !== 'method.handled') return;
    for (const name of fact.faults) {
      const noted = this.#noted.get(name);
      if (noted !== undefined) noted.touched += 1;
    }
  }

  summaries(): FaultSummary[] {
    return [...this.#noted.values()].map((noted) => {
      if (noted.generation !== this.roster.generation) {
        noted.generation = this.roster.generation;
        noted.devices = 0;
        for (const entry of this.roster.all())
          if (touches(noted.spec, entry.id, entry.fleet, this.seed)) noted.devices += 1;
      }
      return { spec: noted.spec, devices: noted.devices, touched: noted.touched };
    });
  }

  #find(name: FaultName): Noted {
    const noted = this.#noted.get(name);
    if (noted === undefined) throw new LabError('fault.unknown', `no fault named '${name}' is on`);
    return noted;
  }
}

// The faults that are on, as the host shows them: whom they touch, and how many replies they touched so far (from facts).
// The threads hold the same set and act on it; shares are a pure rule of the spec, so all of them pick the same devices.
import type { Clock } from '../clock/clock.ts';
import { FaultSet } from '../faults/faults.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId, FaultName, FleetName } from '../vocabulary/ids.ts';
import type { FaultSpec } from '../vocabulary/specs.ts';
import type { FaultSummary } from '../vocabulary/views.ts';
import type { Roster } from './roster.ts';

export class FaultBook {
  readonly #faults: FaultSet;
  readonly #touched = new Map<FaultName, number>();
  /** Devices per fault, counted once for each generation of the roster. */
  #devices = new Map<FaultName, number>();
  #generation = -1;

  constructor(
    private readonly roster: Roster,
    options: { readonly clock: Clock; readonly seed: number },
  ) {
    this.#faults = new FaultSet(options);
  }

  /** Throws LabError fault.exists. */
  add(spec: FaultSpec): void {
    this.#faults.add(spec);
    this.#touched.set(spec.name, 0);
    this.#generation = -1;
  }

  /** Keeps the count of touched replies. Throws LabError fault.unknown. */
  change(spec: FaultSpec): void {
    this.#faults.change(spec);
    this.#generation = -1;
  }

  /** Throws LabError fault.unknown. */
  lift(name: FaultName): void {
    this.#faults.lift(name);
    this.#touched.delete(name);
  }

  specs(): readonly FaultSpec[] {
    return this.#faults.specs();
  }

  readonly of = (device: DeviceId, fleet: FleetName): readonly FaultName[] => this.#faults.namesOn(device, fleet);

  record(fact: Fact): void {
    if (fact.type !== 'method.handled') return;
    for (const name of fact.faults) {
      const touched = this.#touched.get(name);
      if (touched !== undefined) this.#touched.set(name, touched + 1);
    }
  }

  summaries(): FaultSummary[] {
    if (this.#generation !== this.roster.generation) {
      this.#generation = this.roster.generation;
      const devices = [...this.roster.all()].map((entry) => [entry.id, entry.fleet] as const);
      this.#devices = new Map(this.specs().map(({ name }) => [name, this.#faults.devicesOf(name, devices)]));
    }
    return this.specs().map((spec) => ({
      spec,
      devices: this.#devices.get(spec.name) ?? 0,
      touched: this.#touched.get(spec.name) ?? 0,
    }));
  }
}

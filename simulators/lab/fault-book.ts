// The faults there are, as the host shows them: whom they touch, and how often they struck so far (from facts).
// The threads hold the same set and act on it; shares are a pure rule of the spec, so all of them pick the same devices.
import type { Clock } from '../clock/clock.ts';
import { FaultSet } from '../faults/faults.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId, FaultName, FleetName } from '../vocabulary/ids.ts';
import { type FaultSpec, faultSpecSchema } from '../vocabulary/specs.ts';
import type { FaultSummary } from '../vocabulary/views.ts';
import type { FaultAim, TargetCount } from './lab.ts';
import type { Roster } from './roster.ts';

/** Devices that a count names. */
const mostNamed = 20;

export interface FaultBookOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** The devices whose twins meet a condition on tags (FaultTargets). Rejects when it cannot be read. */
  readonly meeting: (condition: string) => Promise<readonly DeviceId[]>;
}

export class FaultBook {
  readonly #faults: FaultSet;
  readonly #strikes = new Map<FaultName, number>();
  /** Devices per fault, counted once for each generation of the roster. */
  #devices = new Map<FaultName, number>();
  #generation = -1;

  constructor(
    private readonly roster: Roster,
    private readonly options: FaultBookOptions,
  ) {
    this.#faults = new FaultSet({ ...options, fleetOf: (device) => roster.get(device)?.fleet });
  }

  /** Throws LabError fault.exists. */
  add(spec: FaultSpec): void {
    this.#faults.add(spec);
    this.#strikes.set(spec.name, 0);
    this.#generation = -1;
  }

  /** Keeps the count of strikes. Throws LabError fault.unknown. */
  change(spec: FaultSpec): void {
    this.#faults.change(spec);
    this.#generation = -1;
  }

  /** Throws LabError fault.unknown. */
  lift(name: FaultName): void {
    this.#faults.lift(name);
    this.#strikes.delete(name);
  }
  liftAll(): void {
    this.#faults.liftAll();
    this.#strikes.clear();
  }

  /** The devices that meet the condition on tags of a fault. Throws LabError fault.unknown. */
  retarget(name: FaultName, devices: readonly DeviceId[]): void {
    this.#faults.retarget(name, devices);
    this.#generation = -1;
  }

  /** Whom a fault like this would be on. */
  async count({ name, on, seed }: FaultAim): Promise<TargetCount> {
    const trial = new FaultSet({ ...this.options, fleetOf: (device) => this.roster.get(device)?.fleet });
    trial.add(faultSpecSchema.parse({ name, on, seed, settings: { kind: 'reply.never' } }));
    if (on.tags !== undefined) trial.retarget(name, await this.options.meeting(on.tags));
    const hit: DeviceId[] = [];
    for (const { id, fleet } of this.roster.all()) if (trial.namesOn(id, fleet).length > 0) hit.push(id);
    return { devices: hit.length, total: this.roster.size, some: hit.sort().slice(0, mostNamed) };
  }

  specs(): readonly FaultSpec[] {
    return this.#faults.specs();
  }

  readonly of = (device: DeviceId, fleet: FleetName): readonly FaultName[] => this.#faults.namesOn(device, fleet);

  record(fact: Fact): void {
    if (fact.type !== 'fault.counted') return;
    const strikes = this.#strikes.get(fact.fault);
    if (strikes !== undefined) this.#strikes.set(fact.fault, strikes + fact.strikes);
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
      strikes: this.#strikes.get(spec.name) ?? 0,
    }));
  }
}

// The faults that are on: named, removable, stacked in the order in which they were added. A stage where none is on costs one look-up.
// The order: a passage goes through the faults on its device in the order in which they were added, a changed one in its old place; each sees what
// those before it made of the passage, and one that keeps it for good ends its way. What is on its way meets the faults there were when it set
// out, without those lifted or changed since.
import type { Cancel, Clock } from '../clock/clock.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Emit, FaultFact } from '../vocabulary/facts.ts';
import type { FaultSpec } from '../vocabulary/fault-specs.ts';
import type { DeviceId, FaultName, FleetName } from '../vocabulary/ids.ts';
import type { DeviceEvent, DeviceGrip, FaultHooks, HubGrip, Passages, Stage } from '../vocabulary/passages.ts';
import type { Millis } from '../vocabulary/units.ts';
import { ActiveFault, type ActiveFaultOptions } from './active-fault.ts';
import { remember } from './remembered.ts';

/** How long strikes are gathered before a fact tells their number. */
const counting: Millis = 250;

export interface FaultSetOptions {
  readonly clock: Clock;
  /** For faults that name none of their own. */
  readonly seed: number;
  readonly emit?: Emit<FaultFact>;
  /** The fleet a device is of; undefined for one that is not ours. */
  readonly fleetOf: (device: DeviceId) => FleetName | undefined;
  /** The devices of ours that faults may take hold of; asked only when a fault comes on that does. Left out: none. */
  readonly devices?: () => Iterable<OwnDevice>;
}

/** A device of ours; its grip is asked for only by a fault that is on it and takes hold of devices. */
export interface OwnDevice {
  readonly id: DeviceId;
  readonly grip: DeviceGrip;
}

type Chain = (passage: Passages[Stage]) => void;

export class FaultSet implements FaultHooks {
  readonly #options: FaultSetOptions;
  readonly #active: ActiveFaultOptions;
  readonly #faults = new Map<FaultName, ActiveFault>();
  /** Of those that are on, by stage; no entry where there is none. */
  #stages: { [S in Stage]?: readonly ActiveFault[] } = {};
  /** The way through a stage for a device that came by since the last change. */
  #chains: { [S in Stage]?: Map<DeviceId | undefined, Chain | undefined> } = {};
  #hubGrip: HubGrip | undefined;
  readonly #strikes = new Map<FaultName, number>();
  #telling: Cancel | undefined;
  noteEvent: FaultHooks['noteEvent'];

  constructor(options: FaultSetOptions) {
    this.#options = options;
    const { clock, seed, emit = () => {} } = options;
    this.#active = { clock, seed, emit, counted: (name) => this.#count(name) };
  }

  get size(): number {
    return this.#faults.size;
  }

  specs(): readonly FaultSpec[] {
    return [...this.#faults.values()].map((fault) => fault.spec);
  }

  /** Puts a fault on top of the others. Throws `fault.exists`. */
  add(spec: FaultSpec): void {
    if (this.#faults.has(spec.name)) {
      throw new LabError(
        'fault.exists',
        `name: there is a fault ${spec.name} already`,
        'Change it, or take another name.',
      );
    }
    this.#begin(new ActiveFault(spec, this.#active, undefined));
  }

  /**
   * Other settings, target or schedule in the same place of the stack; its turns, times and draws begin anew. What it held goes on at once. Throws
   * `fault.unknown`.
   */
  change(spec: FaultSpec): void {
    const old = this.#find(spec.name);
    const { picked } = old;
    old.retire();
    const sameTags = old.spec.on.tags === spec.on.tags;
    this.#begin(new ActiveFault(spec, this.#active, sameTags ? picked : undefined), old);
  }

  /** Says which devices meet the condition `on.tags` of a fault. Throws `fault.unknown`. */
  retarget(name: FaultName, devices: Iterable<DeviceId>): void {
    const fault = this.#find(name);
    const before = fault.picked;
    fault.picked = new Set(devices);
    this.#rebuild();
    for (const device of before ?? []) if (!fault.picked.has(device)) fault.letGo(device);
    this.#gripAll(fault);
  }

  /** What it held goes on at once (through the faults after it). Throws `fault.unknown`. */
  lift(name: FaultName): void {
    const fault = this.#find(name);
    this.#faults.delete(name);
    this.#end([fault]);
  }

  /** Gives how many were lifted. */
  liftAll(): number {
    const all = [...this.#faults.values()];
    this.#faults.clear();
    this.#end(all);
    return all.length;
  }

  at<S extends Stage>(stage: S, device: DeviceId | undefined): ((passage: Passages[S]) => void) | undefined {
    const faults = this.#stages[stage];
    if (faults === undefined) return undefined;
    let chains = this.#chains[stage];
    if (chains === undefined) {
      chains = new Map();
      this.#chains[stage] = chains;
    }
    let chain = chains.get(device);
    if (chain === undefined && !chains.has(device)) {
      const fleet = device === undefined ? undefined : this.#options.fleetOf(device);
      chain = chainOf(
        stage,
        faults.filter((fault) => fault.isOn(device, fleet)),
      );
      remember(chains, device, chain);
    }
    return chain as ((passage: Passages[S]) => void) | undefined;
  }

  /** A device of ours came. */
  attach(device: OwnDevice): void {
    for (const fault of this.#faults.values()) this.#grip(fault, device);
  }
  /** The device is gone, and so is what faults know of it. */
  detach(device: DeviceId): void {
    for (const fault of this.#faults.values()) fault.forget(device);
    for (const chains of Object.values(this.#chains)) chains?.delete(device);
  }
  attachHub(grip: HubGrip): void {
    this.#hubGrip = grip;
    for (const fault of this.#faults.values()) fault.gripHub(grip);
  }

  /** Devices came or went, or changed their fleet: who is hit is found anew. */
  forgetTargets(): void {
    this.#chains = {};
  }

  namesOn(device: DeviceId, fleet: FleetName): readonly FaultName[] {
    if (this.#faults.size === 0) return [];
    return [...this.#faults.values()]
      .filter((fault) => fault.spec.enabled && fault.isOn(device, fleet))
      .map((fault) => fault.name);
  }

  /** How many of these devices a fault is on. Throws `fault.unknown`. */
  devicesOf(name: FaultName, devices: Iterable<readonly [DeviceId, FleetName]>): number {
    const fault = this.#find(name);
    let count = 0;
    for (const [device, fleet] of devices) if (fault.isOn(device, fleet)) count += 1;
    return count;
  }

  /** Tells the strikes that no fact told yet. */
  tellStrikes(): void {
    this.#telling?.();
    this.#telling = undefined;
    const { clock, emit } = this.#options;
    const at = clock.now();
    for (const [fault, strikes] of this.#strikes) emit?.({ type: 'fault.counted', at, fault, strikes });
    this.#strikes.clear();
  }

  #count(name: FaultName): void {
    this.#strikes.set(name, (this.#strikes.get(name) ?? 0) + 1);
    this.#telling ??= this.#options.clock.after(counting, () => this.tellStrikes());
  }

  #begin(fault: ActiveFault, old?: ActiveFault): void {
    this.#faults.set(fault.name, fault);
    this.#rebuild();
    old?.flush();
    this.#gripAll(fault);
    if (this.#hubGrip) fault.gripHub(this.#hubGrip);
  }

  #gripAll(fault: ActiveFault): void {
    if (fault.steps.on === undefined) return;
    for (const device of this.#options.devices?.() ?? []) this.#grip(fault, device);
  }

  #grip(fault: ActiveFault, device: OwnDevice): void {
    if (fault.steps.on === undefined || !fault.isOn(device.id, this.#options.fleetOf(device.id))) return;
    fault.grip(device.grip);
  }

  #find(name: FaultName): ActiveFault {
    const fault = this.#faults.get(name);
    if (!fault) {
      const names = [...this.#faults.keys()].join(', ') || 'none';
      throw new LabError('fault.unknown', `name: there is no fault ${name}; there are: ${names}`);
    }
    return fault;
  }

  // All retire before any lets go, or lifting everything would hand what one held to another that is lifted next.
  #end(faults: readonly ActiveFault[]): void {
    this.#rebuild();
    for (const fault of faults) fault.retire();
    for (const fault of faults) fault.flush();
    if (this.#strikes.size > 0) this.tellStrikes();
  }

  #rebuild(): void {
    const stages: { [S in Stage]?: ActiveFault[] } = {};
    let wanted: ActiveFault[] | undefined;
    for (const fault of this.#faults.values()) {
      for (const step of Object.keys(fault.steps)) {
        if (step === 'on' || step === 'onHub' || step === 'concerns' || step === 'release') continue;
        const stage = step as Stage;
        if (!fault.strikesAt(stage)) continue;
        stages[stage] ??= [];
        stages[stage].push(fault);
      }
      if (fault.wantsEvents) {
        wanted ??= [];
        wanted.push(fault);
      }
    }
    this.#stages = stages;
    this.#chains = {};
    this.noteEvent = wanted && noting(wanted, this.#options.fleetOf);
  }
}

const noting =
  (faults: readonly ActiveFault[], fleetOf: FaultSetOptions['fleetOf']) =>
  (event: DeviceEvent, device: DeviceId, method?: string): void => {
    const fleet = fleetOf(device);
    for (const fault of faults) fault.note(event, device, fleet, method);
  };

function chainOf(stage: Stage, faults: readonly ActiveFault[]): Chain | undefined {
  if (faults.length === 0) return undefined;
  return (passage) => {
    const { pass } = passage;
    let next = 0;
    passage.pass = () => {
      const fault = faults[next++];
      if (fault) fault.take(stage, passage as never);
      else {
        passage.pass = pass;
        passage.pass();
      }
    };
    passage.pass();
  };
}

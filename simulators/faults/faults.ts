// The faults that are on: named, removable, stacked on a device in the order they were added. No fault on costs a reply one comparison.
import type { Clock } from '../clock/clock.ts';
import { hashOf, inShare, seeded } from '../random/random.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { DeviceId, FaultName, FleetName } from '../vocabulary/ids.ts';
import type { FaultKind, FaultSettings, FaultSpec, Target } from '../vocabulary/specs.ts';
import type { FaultMaker, FaultTools, ReplyStep } from './fault.ts';
import { replyDelay } from './reply-delay.ts';
import { replyNever } from './reply-never.ts';

/** Every fault by its kind. A new one is a file here, a line below and a spec in vocabulary/specs.ts. */
export const faultMakers = { 'reply.delay': replyDelay, 'reply.never': replyNever } satisfies {
  [Kind in FaultKind]: FaultMaker<Extract<FaultSettings, { kind: Kind }>>;
};

type Done = (touchedBy: readonly FaultName[]) => void;

/** All faults on one device, as one. Fits `ReplyFault` of simulators/devices, which this folder does not import. */
export interface FaultChain {
  readonly names: readonly FaultName[];
  /** Calls `send` now or later, or `silent`; one of them, once, with the names of the faults that touched this reply. */
  reply(request: unknown, send: Done, silent: Done): void;
}

/** One fault that is on. Its share and its draws depend on (seed, name, device id) alone. */
class ActiveFault {
  readonly name: FaultName;
  readonly #target: Target;
  readonly #shareSeed: number;
  readonly #step: ReplyStep;
  #released = false;

  constructor(
    readonly spec: FaultSpec,
    clock: Clock,
    labSeed: number,
    /** Replies it touched; kept when the fault is changed. */
    public touched = 0,
  ) {
    this.name = spec.name;
    this.#target = spec.on;
    const seed = spec.seed ?? labSeed;
    // The name is part of it: two faults of one seed pick their devices independently, not one inside the other.
    this.#shareSeed = hashOf(`share ${spec.name}`, seed);
    const make = faultMakers[spec.settings.kind] as (settings: FaultSettings, tools: FaultTools) => ReplyStep;
    this.#step = make(spec.settings, { clock, random: seeded(seed).fork(`fault ${spec.name}`) });
  }

  isOn(device: DeviceId, fleet: FleetName): boolean {
    const { device: only, fleet: onlyFleet, share } = this.#target;
    if (only !== undefined && only !== device) return false;
    if (onlyFleet !== undefined && onlyFleet !== fleet) return false;
    return share >= 1 || inShare(device, share, this.#shareSeed);
  }

  take(device: DeviceId, touch: (name: FaultName) => void, pass: () => void, drop: () => void): void {
    if (this.#released) {
      pass();
      return;
    }
    this.touched += 1;
    touch(this.name);
    this.#step.take(device, pass, drop);
  }

  /** After this it touches no reply any more, but holds what it held until `flush`. */
  retire(): void {
    this.#released = true;
  }
  flush(): void {
    this.#step.release();
  }
}

export class FaultSet {
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #faults = new Map<FaultName, ActiveFault>();
  /** Emptied at each change; holds only devices that replied since. */
  readonly #chains = new Map<DeviceId, FaultChain | undefined>();

  /** @param options.seed for faults that name none of their own. */
  constructor(options: { readonly clock: Clock; readonly seed: number }) {
    this.#clock = options.clock;
    this.#seed = options.seed;
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
    this.#faults.set(spec.name, new ActiveFault(spec, this.#clock, this.#seed));
    this.#chains.clear();
  }

  /** Other settings or target in the same place of the stack. Replies it held leave at once. Throws `fault.unknown`. */
  change(spec: FaultSpec): void {
    const old = this.#find(spec.name);
    this.#faults.set(spec.name, new ActiveFault(spec, this.#clock, this.#seed, old.touched));
    this.#retire([old]);
  }

  /** Replies it held leave at once (through the faults after it). Throws `fault.unknown`. */
  lift(name: FaultName): void {
    const fault = this.#find(name);
    this.#faults.delete(name);
    this.#retire([fault]);
  }

  /** Gives how many were lifted. */
  liftAll(): number {
    const all = [...this.#faults.values()];
    this.#faults.clear();
    this.#retire(all);
    return all.length;
  }

  /** The faults on this device's replies as one, or undefined when there are none. */
  forDevice(device: DeviceId, fleet: FleetName): FaultChain | undefined {
    if (this.#faults.size === 0) return undefined;
    if (this.#chains.has(device)) return this.#chains.get(device);
    const chain = chainOf(device, this.#on(device, fleet));
    this.#chains.set(device, chain);
    return chain;
  }

  namesOn(device: DeviceId, fleet: FleetName): readonly FaultName[] {
    return this.#faults.size === 0 ? [] : this.#on(device, fleet).map((fault) => fault.name);
  }

  /** How many of these devices a fault is on. Throws `fault.unknown`. */
  devicesOf(name: FaultName, devices: Iterable<readonly [DeviceId, FleetName]>): number {
    const fault = this.#find(name);
    let count = 0;
    for (const [device, fleet] of devices) if (fault.isOn(device, fleet)) count += 1;
    return count;
  }

  /** How many replies a fault touched since it was added. Throws `fault.unknown`. */
  touchedBy(name: FaultName): number {
    return this.#find(name).touched;
  }

  #on(device: DeviceId, fleet: FleetName): readonly ActiveFault[] {
    return [...this.#faults.values()].filter((fault) => fault.isOn(device, fleet));
  }

  #find(name: FaultName): ActiveFault {
    const fault = this.#faults.get(name);
    if (!fault) {
      const names = [...this.#faults.keys()].join(', ') || 'none';
      throw new LabError('fault.unknown', `name: there is no fault ${name}; there are: ${names}`);
    }
    return fault;
  }

  // All retire before any lets go, or lifting everything would hand held replies to a fault that is lifted next.
  #retire(faults: readonly ActiveFault[]): void {
    this.#chains.clear();
    for (const fault of faults) fault.retire();
    for (const fault of faults) fault.flush();
  }
}

function chainOf(device: DeviceId, faults: readonly ActiveFault[]): FaultChain | undefined {
  if (faults.length === 0) return undefined;
  return {
    names: faults.map((fault) => fault.name),
    reply(_request, send, silent) {
      const touchedBy: FaultName[] = [];
      const touch = (name: FaultName) => touchedBy.push(name);
      const from = (index: number): void => {
        const fault = faults[index];
        if (fault) {
          fault.take(
            device,
            touch,
            () => from(index + 1),
            () => silent(touchedBy),
          );
        } else send(touchedBy);
      };
      from(0);
    },
  };
}

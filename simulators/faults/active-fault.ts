// One fault that is on: whom it touches, when it strikes, how often it did. What it does is its kind's affair (fault.ts). Shares and draws depend on
// (seed, name, device id) alone, so every thread that holds the same spec picks the same devices and draws the same numbers for each.
import type { Clock } from '../clock/clock.ts';
import { hashOf, inShare, type Random, seeded } from '../random/random.ts';
import type { Emit, FaultFact, FaultTouch } from '../vocabulary/facts.ts';
import type { FaultSpec, Target } from '../vocabulary/fault-specs.ts';
import type { DeviceId, FaultName, FleetName } from '../vocabulary/ids.ts';
import {
  type DeviceEvent,
  type DeviceGrip,
  type HubGrip,
  legOf,
  type Passages,
  type Stage,
} from '../vocabulary/passages.ts';
import { type Instant, type Millis, seconds } from '../vocabulary/units.ts';
import type { FaultSteps } from './fault.ts';
import { makeFault } from './kinds.ts';
import { remember } from './remembered.ts';
import { nobody, Schedule } from './schedule.ts';

/** Between two facts that tell of the same fault on the same device. */
const telling: Millis = seconds(1);

export interface ActiveFaultOptions {
  readonly clock: Clock;
  /** For a fault that names no seed of its own. */
  readonly seed: number;
  readonly emit: Emit<FaultFact>;
  /** It struck once more. */
  readonly counted: (name: FaultName) => void;
}

export class ActiveFault {
  readonly name: FaultName;
  readonly steps: FaultSteps;
  readonly #target: Target;
  readonly #shareSeed: number;
  readonly #options: ActiveFaultOptions;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #randoms = new Map<DeviceId | undefined, Random>();
  readonly #told = new Map<DeviceId, Instant>();
  #grips: Map<DeviceId, () => void> | undefined;
  #hubGrip: (() => void) | undefined;
  #retired = false;

  /** @param picked the devices whose twins meet `on.tags`; undefined while that is not known: none. */
  constructor(
    readonly spec: FaultSpec,
    options: ActiveFaultOptions,
    public picked: ReadonlySet<DeviceId> | undefined,
  ) {
    this.name = spec.name;
    this.#options = options;
    this.#target = spec.on;
    const { clock } = options;
    const seed = spec.seed ?? options.seed;
    // The name is part of it: two faults of one seed pick their devices independently, not one inside the other.
    this.#shareSeed = hashOf(`share ${spec.name}`, seed);
    this.#random = seeded(seed).fork(`fault ${spec.name}`);
    this.#schedule = new Schedule(spec.when, { clock, random: this.#random.fork('when'), since: clock.now() });
    this.steps = makeFault(spec.settings, {
      name: spec.name,
      clock,
      randomOf: (device) => this.#randomOf(device),
      due: (device, what) => this.#dueOutside(device, what),
      tell: (device, what) => this.#tell(device, what),
      within: (device) => !this.#retired && this.#schedule.within(device),
      watch: (device, run) => this.#schedule.watch(device, run),
      struck: () => options.counted(this.name),
    });
  }

  get wantsEvents(): boolean {
    return this.spec.enabled && this.#schedule.wantsEvents;
  }

  note(event: DeviceEvent, device: DeviceId, fleet: FleetName | undefined, method: string | undefined): void {
    // What takes hold of the hub keeps to the times of nobody, whichever of its devices brings them on.
    if (this.isOn(device, fleet)) this.#schedule.note(event, this.steps.onHub ? nobody : device, method);
  }

  strikesAt(stage: Stage): boolean {
    return this.spec.enabled && this.steps[stage] !== undefined;
  }

  /** Whom it is meant for. What concerns no device is touched by a fault that is meant for all. */
  isOn(device: DeviceId | undefined, fleet: FleetName | undefined): boolean {
    const { device: only, fleet: onlyFleet, tags, share } = this.#target;
    if (device === undefined) return only === undefined && onlyFleet === undefined && tags === undefined && share >= 1;
    if (only !== undefined && only !== device) return false;
    if (onlyFleet !== undefined && onlyFleet !== fleet) return false;
    if (tags !== undefined && this.picked?.has(device) !== true) return false;
    return share >= 1 || inShare(device, share, this.#shareSeed);
  }

  /** Leads a passage through this fault, or past it when it is not its turn. */
  take<S extends Stage>(stage: S, passage: Passages[S]): void {
    const step = this.steps[stage] as ((passage: Passages[S]) => void) | undefined;
    const concerns = this.steps.concerns?.[stage] as ((passage: Passages[S]) => boolean) | undefined;
    if (this.#retired || step === undefined || concerns?.(passage) === false || !this.#schedule.due(passage.device)) {
      passage.pass();
      return;
    }
    this.#options.counted(this.name);
    // Outside a call the leg says nothing, but the fault is named all the same.
    const { kind } = this.spec.settings;
    const touch: FaultTouch = { fault: this.name, kind, leg: legOf[stage] ?? 'inDevice' };
    passage.touches ??= [];
    passage.touches.push(touch);
    const { clock } = this.#options;
    const began = clock.now();
    const next = passage.pass;
    let atOnce = true;
    let passed = false;
    passage.pass = () => {
      passed = true;
      passage.pass = next;
      if (atOnce) {
        next();
        return;
      }
      // The real clock tells microseconds: what passed at once was not held up by the one or two that this took.
      touch.held = Math.round((clock.now() - began) * 1_000) / 1_000;
      // In a timer's turn nobody else would catch what goes wrong further on, and the thread would end.
      this.#guarded(passage.device, next);
    };
    try {
      step(passage);
    } catch (error) {
      // Further on it would have gone wrong without the fault, too: whoever made the passage knows what to do.
      if (passed) throw error;
      this.#failed(passage.device, error);
      passage.pass();
    } finally {
      atOnce = false;
    }
  }

  /** A device came that it is on. */
  grip(grip: DeviceGrip): void {
    if (this.#retired || !this.spec.enabled || this.steps.on === undefined) return;
    this.#grips ??= new Map();
    if (this.#grips.has(grip.device)) return;
    const undo = this.#guarded(grip.device, () => this.steps.on?.(grip));
    if (undo !== undefined) this.#grips.set(grip.device, undo);
  }
  letGo(device: DeviceId): void {
    const undo = this.#grips?.get(device);
    this.#grips?.delete(device);
    undo?.();
  }
  /** The device is gone: of its turns, draws and events nothing is kept. */
  forget(device: DeviceId): void {
    this.letGo(device);
    this.#randoms.delete(device);
    this.#told.delete(device);
    this.#schedule.forget(device);
  }
  gripHub(grip: HubGrip): void {
    if (!this.#retired && this.spec.enabled) this.#hubGrip ??= this.steps.onHub?.(grip);
  }

  /** After this it touches nothing any more, but holds what it held until `flush`. */
  retire(): void {
    this.#retired = true;
  }
  flush(): void {
    // Taken first: what is let go may come back to this fault, and no undo runs twice.
    const grips = this.#grips;
    const hubGrip = this.#hubGrip;
    this.#grips = undefined;
    this.#hubGrip = undefined;
    for (const undo of grips?.values() ?? []) undo();
    hubGrip?.();
    this.steps.release?.();
  }

  #guarded<Given>(device: DeviceId | undefined, run: () => Given): Given | undefined {
    try {
      return run();
    } catch (error) {
      this.#failed(device, error);
      return undefined;
    }
  }

  #failed(device: DeviceId | undefined, error: unknown): void {
    const { clock, emit } = this.#options;
    const detail = error instanceof Error ? error.message : String(error);
    emit({
      type: 'fault.failed',
      at: clock.now(),
      fault: this.name,
      ...(device === undefined ? {} : { device }),
      detail,
    });
  }

  #dueOutside(device: DeviceId, what: string): boolean {
    if (this.#retired || !this.#schedule.due(device)) return false;
    this.#options.counted(this.name);
    this.#tell(device, what);
    return true;
  }

  #tell(device: DeviceId, what: string): void {
    const { clock, emit } = this.#options;
    const now = clock.now();
    const told = this.#told.get(device);
    if (told !== undefined && now - told < telling) return;
    this.#told.set(device, now);
    const { kind } = this.spec.settings;
    emit({ type: 'fault.struck', at: now, fault: this.name, kind, device, what });
  }

  #randomOf(device: DeviceId | undefined): Random {
    let random = this.#randoms.get(device);
    if (random === undefined) {
      random = this.#random.fork(device ?? nobody);
      remember(this.#randoms, device, random);
    }
    return random;
  }
}

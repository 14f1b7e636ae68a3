// Which devices a fault's condition on tags picks: asked of the local hub when the fault is set, and again when tags or identities change there.
// A burst of changes makes one question. Tags of a remote hub are not known here: its devices meet no condition.
import type { Cancel, Clock } from '../clock/clock.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { FaultSpec } from '../vocabulary/fault-specs.ts';
import type { DeviceId, FaultName } from '../vocabulary/ids.ts';
import { type Millis, seconds } from '../vocabulary/units.ts';

/** Changes are gathered for this long; a question over many devices is asked so rarely that it takes at most a fifth of the time. */
const gathering: Millis = 250;
const timesItsOwn = 4;
/** After a hub that did not answer: what was picked before stays picked meanwhile. */
const pause: Millis = seconds(5);

export interface FaultTargetsOptions {
  readonly clock: Clock;
  /** Up to 50,000 devices (not modules: those have twins of their own) whose twins meet a condition, by the local hub. Throws its refusal as LabError. */
  readonly query: (text: string) => Promise<readonly DeviceId[]>;
  /** Other devices meet the condition of a fault than before. */
  readonly changed: (fault: FaultName, devices: readonly DeviceId[]) => void;
}

interface Watched {
  readonly condition: string;
  devices: readonly DeviceId[];
}

const beforeCondition = 'SELECT deviceId FROM devices WHERE ';

export class FaultTargets {
  readonly #options: FaultTargetsOptions;
  readonly #watched = new Map<FaultName, Watched>();
  /** Changes that facts told of so far: what was asked before the last of them may be old. */
  #changes = 0;
  #timer: Cancel | undefined;
  #looking = false;
  #took: Millis = 0;
  #closed = false;

  constructor(options: FaultTargetsOptions) {
    this.#options = options;
  }

  /** The devices that meet a condition now. Throws LabError with the hub's sentence when it cannot be read. */
  async meeting(condition: string): Promise<readonly DeviceId[]> {
    try {
      return await this.#options.query(`${beforeCondition}${condition}`);
    } catch (error) {
      throw error instanceof LabError ? new LabError(error.code, inCondition(error.message), error.hint, error) : error;
    }
  }

  /**
   * Asks, then does what `begin` does with the devices, then keeps watching for this fault. A fault without a condition begins at once, with
   * undefined. Throws what `meeting` or `begin` throw, and watches nothing then.
   */
  async begin(
    { name, on: { tags } }: FaultSpec,
    begin: (devices: readonly DeviceId[] | undefined) => void,
  ): Promise<void> {
    if (tags === undefined) {
      begin(undefined);
      this.#watched.delete(name);
      return;
    }
    const asked = this.#changes;
    const devices = await this.meeting(tags);
    begin(devices);
    this.#watched.set(name, { condition: tags, devices });
    if (this.#changes !== asked) this.#lookIn(gathering);
  }

  end(name: FaultName): void {
    this.#watched.delete(name);
  }

  record(fact: Fact): void {
    const tells =
      (fact.type === 'twin.patched' && fact.section === 'tags') ||
      fact.type === 'identity.changed' ||
      fact.type === 'fleet.added';
    if (!tells) return;
    this.#changes += 1;
    if (this.#watched.size > 0) this.#lookIn(Math.max(gathering, timesItsOwn * this.#took));
  }

  /** Asks no more. */
  close(): void {
    this.#closed = true;
    this.#timer?.();
  }

  #lookIn(ms: Millis): void {
    if (this.#closed || this.#looking) return;
    this.#timer ??= this.#options.clock.after(ms, () => {
      this.#timer = undefined;
      void this.#lookAgain();
    });
  }

  async #lookAgain(): Promise<void> {
    this.#looking = true;
    const { clock } = this.#options;
    const begun = clock.now();
    const asked = this.#changes;
    let failed = false;
    for (const [name, watched] of this.#watched) {
      try {
        const devices = await this.meeting(watched.condition);
        // Lifted or changed meanwhile, the fault has no use for it; nor has a lab that closed.
        if (this.#closed || this.#watched.get(name) !== watched || sameDevices(devices, watched.devices)) continue;
        watched.devices = devices;
        this.#options.changed(name, devices);
      } catch {
        failed = true;
      }
    }
    this.#looking = false;
    this.#took = clock.now() - begun;
    if (failed) this.#lookIn(pause);
    else if (this.#changes !== asked) this.#lookIn(Math.max(gathering, timesItsOwn * this.#took));
  }
}

function sameDevices(some: readonly DeviceId[], others: readonly DeviceId[]): boolean {
  if (some.length !== others.length) return false;
  const all = new Set(some);
  return others.every((device) => all.has(device));
}

/** Our hub names the place in the whole query; the user wrote only its end. */
const inCondition = (sentence: string): string =>
  `on.tags: ${sentence.replace(
    /query, line 1, column (\d+)/,
    (_, column: string) => `column ${Math.max(1, Number(column) - beforeCondition.length)}`,
  )}`;

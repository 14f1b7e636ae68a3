// A device in the hands of faults that are on it: who keeps it off, and what happens when they let go. Made for a device only when a fault asks.
import type { LinkState } from '../vocabulary/facts.ts';
import type { DeviceId, FaultName } from '../vocabulary/ids.ts';
import type { DeviceGrip, Flow, LinkGrip } from '../vocabulary/passages.ts';
import type { Millis } from '../vocabulary/units.ts';
import { EachFlow } from './flow/each-flow.ts';

/** What a grip does to its device. */
export interface Grippable extends LinkGrip {
  readonly id: DeviceId;
  readonly state: LinkState;
  /** Of the connection it has or is making. */
  readonly flow: Flow | undefined;
  /** Drops a link that is up, or about to be, and lets the device wait without dialling. False when there is none. */
  cut(by: FaultName, detail: string): boolean;
  /** A device that waits dials after `wait`, as if it had never failed. */
  dialAgain(wait: Millis): void;
}

/** A fault that keeps the device off. */
export interface Keeper {
  readonly by: FaultName;
  readonly detail: string;
}

export class Gripped implements DeviceGrip {
  readonly #device: Grippable;
  readonly #keepers = new Set<Keeper>();
  /** The device's flows, for faults on bytes. */
  readonly flows: EachFlow;
  /** It would have dialled, were it not for a keeper. */
  #heldBack = false;

  constructor(device: Grippable) {
    this.#device = device;
    this.flows = new EachFlow(device);
  }

  get device(): DeviceId {
    return this.#device.id;
  }
  get state(): LinkState {
    return this.#device.state;
  }

  drop(by: FaultName, detail: string): void {
    this.#device.drop(by, detail);
  }

  reset(by: FaultName, detail: string): void {
    this.#device.reset(by, detail);
  }

  keepOff(by: FaultName, detail: string): () => void {
    const keeper = { by, detail };
    this.#keepers.add(keeper);
    if (this.#device.cut(by, detail)) this.#heldBack = true;
    return () => {
      if (!this.#keepers.delete(keeper) || this.#keepers.size > 0 || !this.#heldBack) return;
      this.#heldBack = false;
      this.#device.dialAgain(0);
    };
  }

  redial(by: FaultName, wait: Millis, detail: string): void {
    if (this.#device.state !== 'online' || !this.#device.cut(by, detail)) return;
    if (this.#keepers.size > 0) this.#heldBack = true;
    else this.#device.dialAgain(wait);
  }

  eachFlow(run: (flow: Flow) => () => void): () => void {
    return this.flows.each(run);
  }

  /** Asked by the device before it dials: who keeps it from doing so. */
  heldBackBy(): Keeper | undefined {
    const [keeper] = this.#keepers;
    if (keeper) this.#heldBack = true;
    return keeper;
  }
}

// When a fault strikes: all conditions of its `when` together, counted and drawn for each device by itself.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import type { When } from '../vocabulary/fault-specs.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { DeviceEvent } from '../vocabulary/passages.ts';
import type { Instant, Millis } from '../vocabulary/units.ts';
import { remember } from './remembered.ts';

/** What is remembered of one device, and only where a condition asks for it. */
interface Turns {
  /** Times it could have struck, and times it did. */
  chances: number;
  strikes: number;
  random: Random | undefined;
}

/** From when (included) to when (excluded) after an event; those of one device do not overlap, oldest first. */
interface Window {
  readonly from: Instant;
  to: Instant;
}

/** Somebody who wants to know when the times begin and cease to hold for a device. */
interface Watch {
  readonly run: (holds: boolean) => void;
  holds: boolean;
  cancel: Cancel | undefined;
}

export class Schedule {
  readonly #when: When;
  readonly #clock: Clock;
  readonly #random: Random;
  /** `from` and `until` count from here. */
  readonly #since: Instant;
  /** Every occasion, without exception: nothing is remembered. */
  readonly #always: boolean;
  readonly #turns = new Map<DeviceId, Turns>();
  readonly #windows = new Map<DeviceId, Window[]>();
  readonly #watches = new Map<DeviceId, Set<Watch>>();

  constructor(when: When, options: { readonly clock: Clock; readonly random: Random; readonly since: Instant }) {
    this.#when = when;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#since = options.since;
    this.#always = when.probability >= 1 && when.every === 1 && when.first === undefined && !this.#timed;
  }

  get wantsEvents(): boolean {
    return this.#when.after !== undefined;
  }
  get #timed(): boolean {
    const { from, until, after } = this.#when;
    return from !== undefined || until !== undefined || after !== undefined;
  }

  note(event: DeviceEvent, device: DeviceId, method: string | undefined): void {
    const { after } = this.#when;
    if (after === undefined || after.event !== event) return;
    if (after.event === 'called' && after.method !== undefined && after.method !== method) return;
    this.#open(device, after);
    for (const watch of this.#watches.get(device) ?? []) this.#look(device, watch);
  }

  /** Windows still to come count too: an event each second with a delay of five must not put the window off for ever. */
  #open(device: DeviceId, { delay, lasting }: NonNullable<When['after']>): void {
    const now = this.#clock.now();
    const from = now + delay;
    const to = from + lasting;
    const windows = (this.#windows.get(device) ?? []).filter((window) => window.to > now);
    const last = windows.at(-1);
    if (last !== undefined && last.to >= from) last.to = to;
    else windows.push({ from, to });
    remember(this.#windows, device, windows);
  }

  forget(device: DeviceId): void {
    this.#turns.delete(device);
    this.#windows.delete(device);
  }

  /** Runs `run` at each moment the times begin (true) or cease (false) to hold for a device, and at once if they hold now. */
  watch(device: DeviceId, run: (holds: boolean) => void): Cancel {
    if (!this.#timed) {
      run(true);
      return () => {};
    }
    const watch: Watch = { run, holds: false, cancel: undefined };
    let watches = this.#watches.get(device);
    if (watches === undefined) {
      watches = new Set();
      this.#watches.set(device, watches);
    }
    watches.add(watch);
    this.#look(device, watch);
    return () => {
      watch.cancel?.();
      watches.delete(watch);
      if (watches.size === 0 && this.#watches.get(device) === watches) this.#watches.delete(device);
    };
  }

  /** Timed anew at each look, since an event moves its window. */
  #look(device: DeviceId, watch: Watch): void {
    watch.cancel?.();
    const wait = this.#nextTurn(device);
    watch.cancel = wait === undefined ? undefined : this.#clock.after(wait, () => this.#look(device, watch));
    const holds = this.within(device);
    if (holds === watch.holds) return;
    watch.holds = holds;
    watch.run(holds);
  }

  /** How long until the times may begin or cease to hold; undefined: never again by themselves. */
  #nextTurn(device: DeviceId): Millis | undefined {
    const { from = 0, until, after } = this.#when;
    const now = this.#clock.now();
    const turns = [this.#since + from];
    if (until !== undefined) turns.push(this.#since + until);
    if (after !== undefined) for (const window of this.#windows.get(device) ?? []) turns.push(window.from, window.to);
    const ahead = turns.filter((turn) => turn > now);
    return ahead.length === 0 ? undefined : Math.ceil(Math.min(...ahead) - now);
  }

  /** Whether the times hold now: nothing is counted. */
  within(device: DeviceId | undefined): boolean {
    if (!this.#timed) return true;
    const { from = 0, until, after } = this.#when;
    const now = this.#clock.now();
    const age = now - this.#since;
    if (age < from || (until !== undefined && age >= until)) return false;
    if (after === undefined) return true;
    const windows = device === undefined ? undefined : this.#windows.get(device);
    return windows?.some((window) => now >= window.from && now < window.to) ?? false;
  }

  /** Whether it strikes now; counts the chance, and the strike. What concerns no device has turns of its own. */
  due(device: DeviceId | undefined): boolean {
    if (this.#always) return true;
    if (!this.within(device)) return false;
    const { probability, every, first } = this.#when;
    if (probability >= 1 && every === 1 && first === undefined) return true;
    const turns = this.#turnsOf(device ?? nobody);
    if (first !== undefined && turns.strikes >= first) return false;
    turns.chances += 1;
    if (turns.chances % every !== 0) return false;
    if (probability < 1) {
      turns.random ??= this.#random.fork(device ?? nobody);
      if (turns.random.next() >= probability) return false;
    }
    turns.strikes += 1;
    return true;
  }

  #turnsOf(device: DeviceId): Turns {
    let turns = this.#turns.get(device);
    if (turns === undefined) {
      turns = { chances: 0, strikes: 0, random: undefined };
      remember(this.#turns, device, turns);
    }
    return turns;
  }
}

/** Stands for what concerns no device. */
export const nobody = '' as DeviceId;

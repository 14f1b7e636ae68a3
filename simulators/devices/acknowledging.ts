// A device's word on its desired properties: reported as they came, or as {value, ac, ad, av}. In the order in which they came, one report at a
// time; what comes meanwhile is joined. What could not be said because the link was gone is said when the twin was read again.
import type { Cancel, Clock } from '../clock/clock.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { FaultHooks } from '../vocabulary/passages.ts';
import type { AcknowledgeSpec } from '../vocabulary/specs.ts';
import type { Instant } from '../vocabulary/units.ts';
import { type JsonObject, type TwinDocument, TwinFailed } from './links/connection.ts';
import { isObject } from './links/twin-json.ts';
import { textOf } from './program.ts';
import { hasAll } from './stubs.ts';

/** What acknowledging needs of its device. */
export interface Acknowledging {
  readonly id: DeviceId;
  readonly clock: Clock;
  readonly faults: FaultHooks;
  /** Undefined while it acknowledges nothing. */
  readonly acknowledge: AcknowledgeSpec | undefined;
  readonly twin: TwinDocument;
  report(patch: JsonObject): Promise<void>;
  complain(detail: string): void;
}

/** A desired patch that is to be acknowledged. */
interface Due {
  patch: JsonObject;
  version: number;
  readonly at: Instant;
}

export class Acknowledger {
  readonly #owner: Acknowledging;
  readonly #due: Due[] = [];
  #reporting = false;
  #timer: Cancel | undefined;
  /** The newest version taken up; 0 for none. */
  #taken = 0;

  constructor(owner: Acknowledging) {
    this.#owner = owner;
  }

  came(patch: JsonObject, version: number): void {
    const { acknowledge, clock } = this.#owner;
    if (acknowledge === undefined) return;
    this.#taken = version;
    const last = this.#due.at(-1);
    // What is being reported right now stays as it is.
    const open = last !== undefined && !(this.#reporting && this.#due.length === 1);
    const joined = open ? join(last.patch, patch) : undefined;
    if (last !== undefined && joined !== undefined) {
      last.patch = joined;
      last.version = version;
    } else this.#due.push({ patch, version, at: clock.now() + acknowledge.after });
    this.#plan();
  }

  /** The twin was read: what changed while the device was away is taken up. @param before the desired properties as it knew them. */
  wasRead(before: JsonObject): void {
    const { acknowledge, twin } = this.#owner;
    if (acknowledge === undefined) return;
    if (twin.desiredVersion > this.#taken) {
      const changes = this.#taken === 0 ? unsaid(twin, acknowledge.how) : changesOf(before, twin.desired);
      if (Object.keys(changes).length > 0) this.came(changes, twin.desiredVersion);
      this.#taken = twin.desiredVersion;
    }
    this.#plan();
  }

  /** Takes up anew all that it never said: another policy is on. */
  beginAnew(): void {
    this.#taken = 0;
    this.wasRead({});
  }

  /** The device is off or dark. */
  pause(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  #plan(): void {
    const [first] = this.#due;
    if (first === undefined || this.#reporting || this.#timer !== undefined) return;
    const { clock } = this.#owner;
    const wait = first.at - clock.now();
    if (wait <= 0) void this.#report(first);
    else {
      this.#timer = clock.after(wait, () => {
        this.#timer = undefined;
        void this.#report(first);
      });
    }
  }

  async #report(due: Due): Promise<void> {
    const { acknowledge } = this.#owner;
    if (acknowledge === undefined) return;
    this.#reporting = true;
    let again = false;
    try {
      await this.#owner.report(this.#worded(due, acknowledge));
    } catch (error) {
      // Without a link it waits until the twin is read again; what the hub refuses it would refuse again.
      again = error instanceof TwinFailed && error.status === 0;
      if (!again) this.#owner.complain(`acknowledging desired properties: ${textOf(error)}`);
    } finally {
      this.#reporting = false;
    }
    if (again) return;
    this.#due.shift();
    this.#plan();
  }

  #worded({ patch, version }: Due, { how, code, description }: AcknowledgeSpec): JsonObject {
    // It names no version: nothing that a fault could change.
    if (how === 'echo') return patch;
    const { id: device, faults } = this.#owner;
    const passage = { device, version, touches: undefined, pass: () => {} };
    faults.at('acknowledgement', device)?.(passage);
    const more = { ac: code, ...(description === undefined ? {} : { ad: description }), av: passage.version };
    return worded(patch, (value) => ({ value, ...more }));
  }
}

/** Each property in the words of `one`; null deletes. A component (`__t: 'c'`, IoT Plug and Play) is not a property: its members are. */
const worded = (patch: JsonObject, one: (value: unknown) => JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(patch).map(([name, value]) => {
      if (value === null || name === '__t') return [name, value];
      return [name, isComponent(value) ? worded(value, one) : one(value)];
    }),
  );

const isComponent = (value: unknown): value is JsonObject => isObject(value) && value.__t === 'c';

/** What is desired and not reported yet. */
function unsaid({ desired, reported }: Pick<TwinDocument, 'desired' | 'reported'>, how: AcknowledgeSpec['how']) {
  const said = (value: unknown, wanted: unknown): boolean => {
    if (how === 'echo') return hasAll(value, wanted);
    if (!isObject(value)) return false;
    if (!isComponent(wanted)) return Object.hasOwn(value, 'value') && hasAll(value.value, wanted);
    return Object.keys(wanted).every((name) => name === '__t' || said(value[name], wanted[name]));
  };
  return Object.fromEntries(Object.entries(desired).filter(([name, wanted]) => !said(reported[name], wanted)));
}

/** The patch that makes one of the other. */
export function changesOf(before: JsonObject, after: JsonObject): JsonObject {
  const changes: Record<string, unknown> = {};
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) changes[name] = null;
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (isObject(value) && isObject(old)) {
      const inner = changesOf(old, value);
      if (Object.keys(inner).length > 0) changes[name] = inner;
    } else if (JSON.stringify(value) !== JSON.stringify(old)) changes[name] = value;
  }
  return changes;
}

/** One patch that does what both do, one after the other; undefined where none can: an object in place of what was no object replaces it whole. */
export function join(first: JsonObject, second: JsonObject): JsonObject | undefined {
  const joined: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const old = Object.hasOwn(first, name) ? first[name] : undefined;
    if (isObject(value) && old !== undefined) {
      const inner = isObject(old) ? join(old, value) : undefined;
      if (inner === undefined) return undefined;
      joined[name] = inner;
    } else joined[name] = value;
  }
  return joined;
}

// A device's copy of its twin: read once the device is online, then kept up with the patches that come. Says when desired and reported begin or
// cease to differ.
import type { Clock } from '../clock/clock.ts';
import { driftOf } from '../vocabulary/drift.ts';
import type { Emit, FleetFact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { JsonObject, TwinDocument } from './links/connection.ts';
import { merge, nothing } from './links/twin-json.ts';

export interface TwinOwner {
  readonly id: DeviceId;
  readonly clock: Clock;
  readonly emit: Emit<FleetFact>;
  /** A patch that was news. */
  desiredCame(patch: JsonObject, version: number): void;
  /** The whole twin. @param before the desired properties as they were known. */
  desiredRead(before: JsonObject): void;
}

interface EarlyPatch {
  readonly patch: JsonObject;
  readonly version: number;
}

export class DeviceTwin {
  readonly #owner: TwinOwner;
  #desired: JsonObject = nothing;
  #desiredVersion = 0;
  #reported: JsonObject = nothing;
  #reportedVersion = 0;
  #drifting = false;
  /** Desired patches that came while the twin was still being read; undefined when it is not. */
  #early: EarlyPatch[] | undefined;

  constructor(owner: TwinOwner) {
    this.#owner = owner;
  }

  snapshot(): TwinDocument {
    return {
      desired: this.#desired,
      desiredVersion: this.#desiredVersion,
      reported: this.#reported,
      reportedVersion: this.#reportedVersion,
    };
  }

  /** Patches wait from here on until the twin `wasRead`, or nobody reads it any more. */
  beginsReading(): void {
    this.#early = [];
  }

  stopsReading(): void {
    this.#early = undefined;
  }

  /** @param twin undefined when it could not be read: what was known before stays. */
  wasRead(twin: TwinDocument | undefined): void {
    const before = this.#desired;
    if (twin) {
      this.#desired = twin.desired;
      this.#desiredVersion = twin.desiredVersion;
      this.#reported = twin.reported;
      this.#reportedVersion = twin.reportedVersion;
    }
    const early = this.#early;
    this.#early = undefined;
    this.#noteDrift();
    if (twin) this.#owner.desiredRead(before);
    for (const { patch, version } of early ?? []) this.#apply(patch, version);
  }

  desiredPatched(patch: JsonObject, version: number): void {
    if (this.#early) this.#early.push({ patch, version });
    else this.#apply(patch, version);
  }

  reported(patch: JsonObject, version: number): void {
    this.#reported = merge(this.#reported, patch);
    this.#reportedVersion = Math.max(version, this.#reportedVersion);
    this.#noteDrift();
  }

  /** What the device knows already is dropped: patches up to the version it read (reference 2.8). */
  #apply(patch: JsonObject, version: number): void {
    if (version <= this.#desiredVersion) return;
    this.#desired = merge(this.#desired, patch);
    this.#desiredVersion = version;
    this.#noteDrift();
    this.#owner.desiredCame(patch, version);
  }

  #noteDrift(): void {
    const drift = driftOf(this.#desired, this.#reported).length > 0;
    if (drift === this.#drifting) return;
    this.#drifting = drift;
    const { id: device, clock, emit } = this.#owner;
    emit({ type: 'twin.drifted', at: clock.now(), device, drift });
  }
}

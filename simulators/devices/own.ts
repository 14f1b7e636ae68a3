// What one device has of its own beside link and twin: what it remembers, draws and counts. Made when first needed, so that an idle device has none.
import type { Random } from '../random/random.ts';
import { type TelemetrySpec, telemetrySchema } from '../vocabulary/specs.ts';
import type { Millis } from '../vocabulary/units.ts';

export class Own {
  /** Of its behaviours. Survives a reboot and a stop, not the device. */
  readonly memory: Record<string, unknown> = {};
  /** How often each stub's rule fitted; found anew when the stubs change. */
  fits: { readonly of: object; readonly counts: number[] } | undefined;
  #random: Random | undefined;
  #interval: Millis | undefined;
  #telemetry: { readonly of: TelemetrySpec | undefined; readonly spec: TelemetrySpec } | undefined;

  draw(random: Random): number {
    this.#random ??= random.fork('behaviour');
    return this.#random.next();
  }

  set interval(interval: Millis | undefined) {
    this.#interval = interval;
    this.#telemetry = undefined;
  }

  /** What it sends: its fleet's telemetry at its own interval. A fleet that sends none lends it the usual template. */
  telemetry(fleet: TelemetrySpec | undefined): TelemetrySpec | undefined {
    if (this.#interval === undefined) return fleet;
    if (this.#telemetry === undefined || this.#telemetry.of !== fleet) {
      usual ??= telemetrySchema.parse({ intervalMs: 10_000 });
      this.#telemetry = { of: fleet, spec: { ...(fleet ?? usual), intervalMs: this.#interval } };
    }
    return this.#telemetry.spec;
  }
}

let usual: TelemetrySpec | undefined;

// Devices that a fault does not let in. A client asks for several links at once, or one after the other; all it asks before it has heard of the
// first refusal is one attempt, and the fault is asked once for it.
import type { Protocol } from '../../../vocabulary/facts.ts';
import type { DeviceId } from '../../../vocabulary/ids.ts';
import type { FaultHooks } from '../../../vocabulary/passages.ts';
import { FaultRefusal } from './errors.ts';
import type { EngineLink, EngineSession } from './rhea-parts.ts';

interface Attempt {
  readonly refusal: FaultRefusal;
  /** Refused links whose end the peer has not confirmed. */
  readonly links: Set<EngineLink>;
}

export class TurnedAway {
  readonly #faults: FaultHooks | undefined;
  readonly #protocol: Protocol;
  readonly #attempts = new Map<DeviceId, Attempt>();

  constructor(faults: FaultHooks | undefined, protocol: Protocol) {
    this.#faults = faults;
    this.#protocol = protocol;
  }

  /** Undefined when the device may come in. */
  refuse(device: DeviceId, link: EngineLink): FaultRefusal | undefined {
    const going = this.#attempts.get(device);
    if (going !== undefined) {
      going.links.add(link);
      return going.refusal;
    }
    let refusal: FaultRefusal | undefined;
    this.#faults?.at(
      'admission',
      device,
    )?.({
      device,
      protocol: this.#protocol,
      touches: undefined,
      pass() {},
      refuse(by, { condition }, detail) {
        refusal = new FaultRefusal(by, condition, detail);
      },
    });
    if (refusal === undefined) return undefined;
    this.#attempts.set(device, { refusal, links: new Set([link]) });
    return refusal;
  }

  /** The peer confirmed the end of a link. */
  closed(link: EngineLink): void {
    for (const [device, { links }] of this.#attempts) {
      if (links.delete(link) && links.size === 0) this.#attempts.delete(device);
    }
  }
  ended(session: EngineSession): void {
    for (const { links } of [...this.#attempts.values()]) {
      for (const link of [...links]) if (link.session === session) this.closed(link);
    }
  }
}

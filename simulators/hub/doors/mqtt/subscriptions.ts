// What one device subscribed to, and the sessions that outlive a connection (CleanSession=0) while the hub runs (reference 2.2).
import type { DeviceId } from '../../../vocabulary/ids.ts';
import type { Connections } from '../../connections/connections.ts';
import { type Feed, feedOf } from './topics.ts';

/** At most so many per device, and so many in one SUBSCRIBE. */
const mostSubscriptions = 5;
/** SUBACK: this filter was refused. */
const refused = 0x80;

export class Subscriptions {
  readonly #feeds = new Map<Feed, 0 | 1>();

  has(feed: Feed): boolean {
    return this.#feeds.has(feed);
  }

  /** Whether cloud-to-device messages can reach the device by any topic. */
  get messages(): boolean {
    return this.#feeds.has('messages') || this.#feeds.has('everything') || this.#feeds.has('inputs');
  }

  /** The QoS of a message for an input, or of one for the identity itself; undefined when nothing was asked for that brings it. */
  messageQos(input: boolean): 0 | 1 | undefined {
    const own = this.#feeds.get(input ? 'inputs' : 'messages');
    const all = this.#feeds.get('everything');
    return own === 1 || all === 1 ? 1 : (own ?? all); // [MQTT 3.1.1, 3.3.5] the highest of those that overlap
  }

  /** What a SUBACK says to each filter of one SUBSCRIBE; `refused` names the first few that were. */
  addAll(
    filters: readonly { readonly topic: string; readonly qos: number }[],
    identity: DeviceId,
  ): { readonly granted: number[]; readonly refused: readonly string[] } {
    const granted = filters.map(({ topic, qos }, index) =>
      index < mostSubscriptions ? this.#add(topic, qos, identity) : refused,
    );
    const bad = filters.filter((_, index) => granted[index] === refused).slice(0, mostSubscriptions);
    return { granted, refused: bad.map(({ topic }) => topic) };
  }

  /** The QoS granted (2 is granted as 1), or `refused`. Asking again for what is there is granted again. */
  #add(filter: string, qos: number, identity: DeviceId): number {
    const feed = feedOf(filter, identity);
    if (feed === undefined) return refused;
    if (!this.#feeds.has(feed) && this.#feeds.size >= mostSubscriptions) return refused;
    const granted = qos === 0 ? 0 : 1;
    this.#feeds.set(feed, granted);
    return granted;
  }

  remove(filter: string, identity: DeviceId): void {
    const feed = feedOf(filter, identity);
    if (feed !== undefined) this.#feeds.delete(feed);
  }
}

/** Messages remembered as delivered and not acknowledged: as many as may wait for one identity. */
const mostUnacknowledged = 50;

/** What the hub keeps for an identity that connects without CleanSession. */
export class Session {
  readonly subscriptions = new Subscriptions();
  #packetIds: Map<number, number> | undefined;
  #last = 0;

  constructor(readonly generation: string) {}

  /** The packet id a message had when it was sent before and not acknowledged: it is sent with that one again (MQTT 3.1.1, 4.4). */
  packetIdOf(sequence: number): number | undefined {
    return this.#packetIds?.get(sequence);
  }

  /** A packet id that is in no use, remembered for this message until `forget`. */
  newPacketId(sequence: number): number {
    this.#packetIds ??= new Map();
    const used = this.#packetIds;
    // One that expired or was purged meanwhile would stay for ever.
    for (const oldest of used.keys()) if (used.size >= mostUnacknowledged) used.delete(oldest);
    const ids = new Set(used.values());
    do this.#last = (this.#last % 65_535) + 1;
    while (ids.has(this.#last));
    used.set(sequence, this.#last);
    return this.#last;
  }

  forget(sequence: number): void {
    this.#packetIds?.delete(sequence);
  }
}

export interface Opened {
  readonly session: Session;
  /** For CONNACK: whether an earlier session goes on. */
  readonly present: boolean;
}

export class Sessions {
  readonly #kept = new Map<DeviceId, Session>();

  /** A clean session forgets an earlier one and is itself not kept; nor is one kept of an identity deleted and made again (`generation`). */
  open(identity: DeviceId, generation: string, clean: boolean): Opened {
    const kept = this.#kept.get(identity);
    if (clean) this.#kept.delete(identity);
    else if (kept?.generation === generation) return { session: kept, present: true };
    const session = new Session(generation);
    if (!clean) this.#kept.set(identity, session);
    return { session, present: false };
  }

  forget(identity: DeviceId): void {
    this.#kept.delete(identity);
  }
}

const byHub = new WeakMap<Connections, Sessions>();

/** A session belongs to the hub, not to a listener: a device may come back through another door. */
export function sessionsOf(connections: Connections): Sessions {
  let sessions = byHub.get(connections);
  if (sessions === undefined) {
    const made = new Sessions();
    sessions = made;
    byHub.set(connections, made);
    connections.observe({ listening() {}, lost() {}, forgotten: (device) => made.forget(device) });
  }
  return sessions;
}

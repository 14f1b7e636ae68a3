// What one device subscribed to, and the sessions that outlive a connection (CleanSession=0) while the hub runs (reference 2.2).
import type { DeviceId } from '../../../vocabulary/ids.ts';
import type { Connections } from '../../connections/connections.ts';
import { type Feed, feedOf } from './topics.ts';

/** At most so many per device, and so many in one SUBSCRIBE. */
export const mostSubscriptions = 5;
/** SUBACK: this filter was refused. */
export const refused = 0x80;

export class Subscriptions {
  readonly #feeds = new Set<Feed>();

  has(feed: Feed): boolean {
    return this.#feeds.has(feed);
  }

  /** The QoS granted (2 is granted as 1), or `refused`. Asking again for what is there is granted again. */
  add(filter: string, qos: number, device: DeviceId): number {
    const feed = feedOf(filter, device);
    if (feed === undefined) return refused;
    if (!this.#feeds.has(feed) && this.#feeds.size >= mostSubscriptions) return refused;
    this.#feeds.add(feed);
    return Math.min(qos, 1);
  }

  remove(filter: string, device: DeviceId): void {
    const feed = feedOf(filter, device);
    if (feed !== undefined) this.#feeds.delete(feed);
  }
}

export interface Opened {
  readonly subscriptions: Subscriptions;
  /** For CONNACK: whether an earlier session goes on. */
  readonly present: boolean;
}

export class Sessions {
  readonly #kept = new Map<DeviceId, { readonly generation: string; readonly subscriptions: Subscriptions }>();

  /** A clean session forgets an earlier one and is itself not kept; nor is one kept of an identity deleted and made again (`generation`). */
  open(device: DeviceId, generation: string, clean: boolean): Opened {
    const kept = this.#kept.get(device);
    if (clean) this.#kept.delete(device);
    else if (kept?.generation === generation) return { subscriptions: kept.subscriptions, present: true };
    const subscriptions = new Subscriptions();
    if (!clean) this.#kept.set(device, { generation, subscriptions });
    return { subscriptions, present: false };
  }
}

const byHub = new WeakMap<Connections, Sessions>();

/** A session belongs to the hub, not to a listener: a device may come back through another door. */
export function sessionsOf(connections: Connections): Sessions {
  let sessions = byHub.get(connections);
  if (sessions === undefined) {
    sessions = new Sessions();
    byHub.set(connections, sessions);
  }
  return sessions;
}

// What is known of every virtual device, from facts alone: its link, its calls, its drift. The source of the fleet table.
import type { Fact, LinkState } from '../vocabulary/facts.ts';
import type { DeviceId, FleetName } from '../vocabulary/ids.ts';
import type { FleetSpec, LinkProtocol } from '../vocabulary/specs.ts';
import type { Instant, Millis } from '../vocabulary/units.ts';
import type { FleetIdentity } from './identities.ts';

/** Durations kept per device for its p95: enough for a rank, small enough for fifty thousand devices. */
const durationsKept = 64;

export class RosterEntry {
  state: LinkState = 'off';
  detail: string | undefined;
  since: Instant;
  connects = 0;
  inFlight = 0;
  calls = 0;
  failures = 0;
  drift = false;
  /** Messages it sent that the hub took, those it could not send, and those it got. */
  telemetrySent = 0;
  telemetryFailed = 0;
  messagesTaken = 0;
  lastMethod: { name: string; at: Instant; httpStatus?: number; deviceStatus?: number } | undefined;
  #durations: Millis[] | undefined;
  #place = 0;

  constructor(
    readonly id: DeviceId,
    readonly fleet: FleetName,
    public spec: FleetSpec,
    readonly protocol: LinkProtocol,
    since: Instant,
  ) {
    this.since = since;
  }

  took(duration: Millis): void {
    this.#durations ??= [];
    this.#durations[this.#place] = duration;
    this.#place = (this.#place + 1) % durationsKept;
  }

  /** Of the last 64 answered calls; null before the first. */
  p95(): Millis | null {
    if (this.#durations === undefined) return null;
    const sorted = [...this.#durations].sort((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null;
  }
}

export class Roster {
  readonly #entries = new Map<DeviceId, RosterEntry>();
  readonly states: Record<LinkState, number> = { off: 0, waiting: 0, connecting: 0, online: 0, dark: 0, failed: 0 };
  readonly #online = new Map<FleetName, number>();
  /** Calls begun and not ended, of all devices, ours or not. */
  inFlight = 0;
  readonly #pending = new Set<number>();
  /** Grows whenever an entry comes or goes: views that keep an order start over. */
  generation = 0;

  get size(): number {
    return this.#entries.size;
  }
  get(id: DeviceId): RosterEntry | undefined {
    return this.#entries.get(id);
  }
  all(): Iterable<RosterEntry> {
    return this.#entries.values();
  }
  ids(): Iterable<DeviceId> {
    return this.#entries.keys();
  }
  ofFleet(fleet: FleetName): RosterEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.fleet === fleet);
  }
  online(fleet: FleetName): number {
    return this.#online.get(fleet) ?? 0;
  }

  add(spec: FleetSpec, identities: readonly FleetIdentity[], at: Instant): void {
    for (const { id, protocol } of identities)
      this.#entries.set(id, new RosterEntry(id, spec.name, spec, protocol, at));
    this.states.off += identities.length;
    this.generation += 1;
  }

  /** Its devices stay; what is said of them changes. */
  change(fleet: FleetName, spec: FleetSpec): void {
    for (const entry of this.ofFleet(fleet)) entry.spec = { ...spec, tls: entry.spec.tls };
    this.generation += 1;
  }

  remove(fleet: FleetName): void {
    for (const entry of this.ofFleet(fleet)) {
      this.states[entry.state] -= 1;
      this.#entries.delete(entry.id);
    }
    this.#online.delete(fleet);
    this.generation += 1;
  }

  record(fact: Fact): void {
    switch (fact.type) {
      case 'link.changed':
        this.#move(fact);
        break;
      case 'invocation.begun': {
        this.#pending.add(fact.call);
        this.inFlight = this.#pending.size;
        const entry = this.#entries.get(fact.device);
        if (entry === undefined) return;
        entry.inFlight += 1;
        entry.lastMethod = { name: fact.method, at: fact.at };
        break;
      }
      case 'invocation.ended':
        this.#end(fact);
        break;
      // Counted here and not rows of the journal: there a message is one row already, the hub's own.
      case 'telemetry.sent': {
        const entry = this.#entries.get(fact.device);
        if (entry === undefined) return;
        if (fact.outcome === 'taken') entry.telemetrySent += 1;
        else entry.telemetryFailed += 1;
        break;
      }
      case 'message.taken': {
        const entry = this.#entries.get(fact.device);
        if (entry !== undefined) entry.messagesTaken += 1;
        break;
      }
      case 'twin.drifted': {
        const entry = this.#entries.get(fact.device);
        if (entry !== undefined) entry.drift = fact.drift;
        break;
      }
    }
  }

  #move(fact: Extract<Fact, { type: 'link.changed' }>): void {
    const entry = this.#entries.get(fact.device);
    if (entry === undefined || (entry.state === fact.state && entry.detail === fact.detail)) return;
    const online = Number(fact.state === 'online') - Number(entry.state === 'online');
    if (online !== 0) this.#online.set(entry.fleet, this.online(entry.fleet) + online);
    if (fact.state === 'online') entry.connects += 1;
    this.states[entry.state] -= 1;
    this.states[fact.state] += 1;
    entry.state = fact.state;
    entry.detail = fact.detail;
    entry.since = fact.at;
  }

  #end(fact: Extract<Fact, { type: 'invocation.ended' }>): void {
    const wasPending = this.#pending.delete(fact.call);
    this.inFlight = this.#pending.size;
    const entry = this.#entries.get(fact.device);
    if (entry === undefined) return;
    if (wasPending) entry.inFlight -= 1;
    entry.calls += 1;
    if (fact.httpStatus !== 200) entry.failures += 1;
    else entry.took(fact.at - fact.begunAt);
    entry.lastMethod = {
      name: fact.method,
      at: fact.begunAt,
      httpStatus: fact.httpStatus,
      ...(fact.deviceStatus === undefined ? {} : { deviceStatus: fact.deviceStatus }),
    };
  }
}

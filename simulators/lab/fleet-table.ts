// The device table: which devices match a filter, in which order, and the rows a window shows of them.

import type { LinkState } from '../vocabulary/facts.ts';
import { type DeviceId, type FaultName, type FleetName, partsOf } from '../vocabulary/ids.ts';
import { allOf, containing, type SearchTerm, wildcard } from '../vocabulary/search-terms.ts';
import { type DeviceRow, type FleetView, wallLetters } from '../vocabulary/views.ts';
import { usesTls } from './dialling.ts';
import type { FleetQuery } from './lab.ts';
import type { Roster, RosterEntry } from './roster.ts';

/** The faults on a device now, in the order they were added. */
export type FaultsOf = (id: DeviceId, fleet: FleetName) => readonly FaultName[];

const stateOrder: readonly LinkState[] = ['failed', 'dark', 'waiting', 'connecting', 'off', 'online'];

const sortKeys: Record<FleetQuery['sort'], (entry: RosterEntry) => number | string> = {
  id: (entry) => entry.id,
  state: (entry) => stateOrder.indexOf(entry.state),
  protocol: (entry) => `${entry.protocol} ${entry.spec.authentication}`,
  messages: (entry) => entry.telemetrySent + entry.messagesTaken,
  lastMethod: (entry) => entry.lastMethod?.at ?? 0,
  p95: (entry) => entry.p95() ?? -1,
  calls: (entry) => entry.calls,
  failures: (entry) => entry.failures,
};

type Grouping = (entry: RosterEntry) => string;
const groupings: Readonly<Record<NonNullable<FleetQuery['group']>, Grouping | undefined>> = {
  none: undefined,
  fleet: (entry) => entry.fleet,
  protocol: (entry) => entry.protocol,
};

type Test = (entry: RosterEntry) => boolean;

export function fleetView(roster: Roster, faultsOf: FaultsOf, query: FleetQuery): FleetView {
  const test = parseFleetFilter(query.filter, faultsOf);
  const matching = [...roster.all()].filter(test);
  const group = groupings[query.group ?? 'none'];
  sort(matching, query, group);
  const from = Math.min(query.from, matching.length);
  const rows = matching.slice(from, from + query.count).map((entry) => rowOf(entry, faultsOf));
  return {
    total: roster.size,
    matching: matching.length,
    from,
    rows,
    ...(group === undefined ? {} : { groups: groupsOf(matching, group) }),
    ...(query.wall
      ? {
          wall: {
            ids: matching.map((entry) => entry.id),
            states: matching.map((entry) => wallLetters[entry.state]).join(''),
            busy: matching.map((entry) => (entry.inFlight > 0 ? '1' : '0')).join(''),
            faulted: matching.map((entry) => (faultsOf(entry.id, entry.fleet).length > 0 ? '1' : '0')).join(''),
          },
        }
      : {}),
  };
}

function sort(entries: RosterEntry[], query: FleetQuery, group: Grouping | undefined): void {
  const direction = query.descending ? -1 : 1;
  const keyed = entries.map((entry) => ({ entry, group: group?.(entry) ?? '', key: sortKeys[query.sort](entry) }));
  keyed.sort((one, other) => {
    if (one.group !== other.group) return one.group < other.group ? -1 : 1;
    if (one.key !== other.key) return one.key < other.key ? -direction : direction;
    return one.entry.id < other.entry.id ? -1 : 1;
  });
  keyed.forEach(({ entry }, place) => {
    entries[place] = entry;
  });
}

function groupsOf(sorted: readonly RosterEntry[], group: Grouping): NonNullable<FleetView['groups']> {
  const groups: { name: string; from: number; count: number; online: number }[] = [];
  sorted.forEach((entry, place) => {
    const name = group(entry);
    let last = groups.at(-1);
    if (last?.name !== name) {
      last = { name, from: place, count: 0, online: 0 };
      groups.push(last);
    }
    last.count += 1;
    if (entry.state === 'online') last.online += 1;
  });
  return groups;
}

export function rowOf(entry: RosterEntry, faultsOf: FaultsOf): DeviceRow {
  return {
    id: entry.id,
    fleet: entry.fleet,
    state: entry.state,
    ...(entry.detail === undefined ? {} : { detail: entry.detail }),
    since: entry.since,
    protocol: entry.protocol,
    tls: usesTls(entry.spec),
    authentication: entry.spec.authentication,
    ...(entry.spec.hub === 'local' ? {} : { remote: entry.spec.hub }),
    behaviour: entry.spec.behaviour.kind,
    telemetry: { sent: entry.telemetrySent, failed: entry.telemetryFailed },
    messages: entry.messagesTaken,
    inFlight: entry.inFlight,
    calls: entry.calls,
    failures: entry.failures,
    ...(entry.lastMethod === undefined ? {} : { lastMethod: entry.lastMethod }),
    p95: entry.p95(),
    faults: faultsOf(entry.id, entry.fleet),
    drift: entry.drift,
  };
}

/**
 * Words match id, fleet, state, behaviour or protocol; tokens `state:`, `fleet:`, `fault:`, `behaviour:`, `protocol:`, `auth:`, `module:`, `id:`,
 * `is:` narrow; `-` negates, `*` is any text.
 */
export const parseFleetFilter = (text: string, faultsOf: FaultsOf): Test =>
  allOf(text, (term) => testOf(term, faultsOf));

function testOf({ key, value, text }: SearchTerm, faultsOf: FaultsOf): Test {
  const matches = wildcard(value);
  switch (key) {
    case 'id':
    case 'device':
      return (entry) => matches(entry.id);
    case 'state':
      return (entry) => matches(entry.state);
    case 'fleet':
      return (entry) => matches(entry.fleet);
    case 'behaviour':
      return (entry) => matches(entry.spec.behaviour.kind);
    case 'protocol':
      return (entry) => matches(entry.protocol);
    case 'auth':
      return (entry) => matches(entry.spec.authentication);
    case 'module':
      return (entry) => matches(partsOf(entry.id).module ?? '');
    case 'fault':
      return (entry) => faultsOf(entry.id, entry.fleet).some(matches);
    case 'is':
      return conditions(faultsOf)[value.toLowerCase()] ?? (() => false);
  }
  const anywhere = containing(text);
  return (entry) => [entry.id, entry.fleet, entry.state, entry.spec.behaviour.kind, entry.protocol].some(anywhere);
}

const conditions = (faultsOf: FaultsOf): Record<string, Test> => ({
  busy: (entry) => entry.inFlight > 0,
  faulted: (entry) => faultsOf(entry.id, entry.fleet).length > 0,
  drifting: (entry) => entry.drift,
  failing: (entry) => entry.failures > 0,
  module: (entry) => partsOf(entry.id).module !== undefined,
  remote: (entry) => entry.spec.hub !== 'local',
});

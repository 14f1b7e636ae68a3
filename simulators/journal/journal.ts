// The bounded record of everything that crossed a wire: one row an invocation, twin operation, message or change of a link.
// Rows are made from facts alone. It keeps the newest rows (by count and by bytes), and says how many it forgot.
import type { Excerpt, Fact, FleetFact, InvocationEnded } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import { explanations, type ServiceErrorName } from '../vocabulary/service-errors.ts';
import type { Legs, TrafficDetail, TrafficRow, TrafficView } from '../vocabulary/views.ts';
import { parseFilter, type RowTest } from './filter.ts';
import { type PlainFact, rowOf } from './rows.ts';

export interface JournalOptions {
  /** Rows kept at most. */
  readonly most: number;
  /** Bytes of requests and responses kept at most. */
  readonly mostBytes: number;
}
export const journalDefaults = { most: 20_000, mostBytes: 64 * 1_048_576 } as const satisfies JournalOptions;

export interface JournalQuery {
  readonly device?: DeviceId | undefined;
  readonly filter: string;
  readonly limit: number;
  /** Only rows up to this id. */
  readonly upTo?: number | undefined;
}

type InvocationBegun = Extract<Fact, { type: 'invocation.begun' }>;
type Handled = Extract<FleetFact, { type: 'method.handled' }>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A class with all its members from the start, because thousands are made a second: one added later would be kept apart from it. */
class Entry {
  rid: string | undefined;
  begun: InvocationBegun | undefined;
  ended: InvocationEnded | undefined;
  handled: Handled | undefined;
  request: Excerpt | undefined;
  properties: Readonly<Record<string, string>> | undefined;
  hints: string[] | undefined;
  kept = 0; // characters held by excerpts and properties

  constructor(readonly row: Writable<TrafficRow>) {}

  /** The row as it is shown. Legs are worked out only then: most rows are never looked at. */
  shown(): TrafficRow {
    if (this.ended !== undefined) this.row.legs ??= legsOf(this.ended, this.handled);
    return this.row;
  }
}

export class Journal {
  #entries: Entry[] = [];
  /** Entries before this place were forgotten; the array is compacted now and then, not at every row. */
  #first = 0;
  #lastId = 0;
  #forgotten = 0;
  #shed = 0;
  #kept = 0;
  readonly #byCall = new Map<number, Entry>();
  readonly #byRid = new Map<string, Entry>();
  /** What devices said about calls whose hub facts are still on their way from the other thread. */
  readonly #early = new Map<string, Handled>();

  constructor(private readonly options: JournalOptions = journalDefaults) {}

  get size(): number {
    return this.#entries.length - this.#first;
  }
  get most(): number {
    return this.options.most;
  }
  get forgotten(): number {
    return this.#forgotten;
  }
  get shed(): number {
    return this.#shed;
  }

  record(fact: Fact): void {
    switch (fact.type) {
      case 'invocation.begun':
        this.#begin(fact);
        break;
      case 'invocation.ended':
        this.#end(fact);
        break;
      case 'method.handled':
        this.#handle(fact);
        break;
      case 'hint.given':
        this.#hint(fact);
        break;
      case 'facts.shed':
        this.#shed += fact.count;
        break;
      default:
        this.#plain(fact);
    }
  }

  /** The newest matching rows, in order of time. A filter that cannot be read shows everything and says what is wrong. */
  view(query: JournalQuery): TrafficView {
    let test: RowTest = () => true;
    let problem: string | undefined;
    try {
      test = parseFilter(query.filter);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    const rows: TrafficRow[] = [];
    let matching = 0;
    for (let place = this.#entries.length - 1; place >= this.#first; place--) {
      const entry = this.#entries[place] as Entry;
      const { row } = entry;
      if (query.upTo !== undefined && row.id > query.upTo) continue;
      if (query.device !== undefined && row.device !== query.device) continue;
      if (!test(row)) continue;
      matching += 1;
      if (rows.length < query.limit) rows.push(entry.shown());
    }
    // Facts of two threads arrive in batches, so the order of arrival is not quite the order of time.
    rows.sort((one, other) => one.at - other.at || one.id - other.id);
    return {
      rows,
      matching,
      total: this.size,
      forgotten: this.#forgotten,
      ...(problem === undefined ? {} : { problem }),
    };
  }

  detail(id: number): TrafficDetail | null {
    const newest = this.#entries.at(-1);
    if (newest === undefined) return null;
    // Ids grow by one per row, so the place follows from the newest.
    const entry = this.#entries[this.#entries.length - 1 - (newest.row.id - id)];
    if (entry === undefined || entry.row.id !== id || id < (this.#entries[this.#first] as Entry).row.id) return null;
    return detailOf(entry);
  }

  /** Forgets everything at the user's word: not counted as forgotten. */
  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#kept = 0;
    this.#forgotten = 0;
    this.#byCall.clear();
    this.#byRid.clear();
    this.#early.clear();
  }

  #begin(fact: InvocationBegun): void {
    const { at, device, method: name, request, rid } = fact;
    const entry = new Entry({
      id: this.#nextId(),
      at,
      kind: 'method',
      device,
      name,
      pending: true,
      bytes: request.bytes,
    });
    entry.begun = fact;
    entry.request = request;
    this.#add(entry, request.text.length);
    this.#byCall.set(fact.call, entry);
    if (rid !== undefined) this.#join(entry, rid);
  }

  #end(fact: InvocationEnded): void {
    const { rid, request, response } = fact;
    let entry = this.#byCall.get(fact.call);
    if (entry === undefined) {
      // Most calls end before their beginning has crossed to this thread, and come as their end alone.
      entry = new Entry(endedRow(this.#nextId(), fact));
      entry.request = request;
      this.#add(entry, request.text.length);
    } else {
      this.#byCall.delete(fact.call);
      Object.assign(entry.row, endedRow(entry.row.id, fact));
    }
    entry.ended = fact;
    if (response !== undefined) this.#keep(entry, response.text.length);
    if (rid !== undefined && entry.rid === undefined) this.#join(entry, rid);
  }

  #handle(fact: Handled): void {
    const entry = this.#byRid.get(fact.rid);
    if (entry === undefined) {
      this.#early.set(fact.rid, fact);
      if (this.#early.size > this.options.most) this.#early.delete(this.#early.keys().next().value as string);
      return;
    }
    entry.handled = fact;
    if (fact.faults.length > 0) entry.row.faults = fact.faults;
    if (entry.row.legs !== undefined && entry.ended !== undefined) entry.row.legs = legsOf(entry.ended, fact);
  }

  #join(entry: Entry, rid: string): void {
    entry.rid = rid;
    this.#byRid.set(rid, entry);
    const early = this.#early.get(rid);
    if (early !== undefined) {
      this.#early.delete(rid);
      this.#handle(early);
    }
  }

  #hint(fact: Extract<Fact, { type: 'hint.given' }>): void {
    const entry = fact.call === undefined ? undefined : this.#byCall.get(fact.call);
    if (entry === undefined) {
      this.#plain(fact);
      return;
    }
    entry.hints = [...(entry.hints ?? []), fact.text];
    entry.row.hints = entry.hints.length;
  }

  #plain(fact: PlainFact): void {
    const made = rowOf(fact);
    if (made === undefined) return;
    const entry = new Entry({ id: this.#nextId(), at: fact.at, pending: false, ...made.row });
    entry.request = made.request;
    entry.properties = made.properties;
    this.#add(entry, (made.request?.text.length ?? 0) + lengthOf(made.properties));
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #add(entry: Entry, kept: number): void {
    this.#entries.push(entry);
    this.#keep(entry, kept);
    while (this.size > this.options.most || (this.#kept > this.options.mostBytes && this.size > 1)) this.#forget();
    if (this.#first > 1_000 && this.#first > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  #keep(entry: Entry, characters: number): void {
    entry.kept += characters;
    this.#kept += characters;
  }

  #forget(): void {
    const entry = this.#entries[this.#first++] as Entry;
    this.#forgotten += 1;
    this.#kept -= entry.kept;
    entry.kept = 0;
    if (entry.rid !== undefined) this.#byRid.delete(entry.rid);
  }
}

function lengthOf(properties: Readonly<Record<string, string>> | undefined): number {
  let length = 0;
  for (const name in properties) length += name.length + (properties[name] as string).length;
  return length;
}

/** Optional members are left out rather than undefined, as in every row; the answered call has its own literal because it is the hot path. */
function endedRow(id: number, fact: InvocationEnded): Writable<TrafficRow> {
  const { begunAt: at, device, method: name, httpStatus, deviceStatus, error, request, response } = fact;
  const bytes = request.bytes + (response?.bytes ?? 0);
  const duration = fact.at - at;
  if (deviceStatus !== undefined && error === undefined)
    return { id, at, kind: 'method', device, name, pending: false, bytes, httpStatus, duration, deviceStatus };
  return {
    ...{ id, at, kind: 'method', device, name, pending: false, bytes, httpStatus, duration },
    ...(deviceStatus === undefined ? {} : { deviceStatus }),
    ...(error === undefined ? {} : { error }),
  };
}

/** In order, adding up to the duration. Without word from the device (not one of ours) its way and its work are one leg. */
function legsOf(ended: InvocationEnded, handled: Handled | undefined): Legs {
  const sentAt = ended.sentAt ?? ended.at;
  const answeredAt = ended.answeredAt ?? ended.at;
  const reached = within(handled?.receivedAt ?? sentAt, sentAt, answeredAt);
  // A reply that never left, or left after the deadline, ends its leg where the call ended.
  const left = handled?.outcome === 'answered' ? within(handled.at, reached, answeredAt) : answeredAt;
  return { hub: sentAt - ended.begunAt, toDevice: reached - sentAt, inDevice: left - reached, back: ended.at - left };
}

const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

function detailOf(entry: Entry): TrafficDetail {
  const { row, begun, ended, handled } = entry;
  const asked = ended ?? begun;
  const moments = [
    { name: 'asked', at: ended?.begunAt ?? row.at },
    { name: 'sent to the device', at: ended?.sentAt },
    { name: 'received by the device', at: handled?.receivedAt },
    { name: handled === undefined ? '' : handledNames[handled.outcome], at: handled?.at },
    { name: 'answer reached the hub', at: ended?.answeredAt },
    { name: 'ended', at: row.kind === 'method' ? ended?.at : undefined },
  ].filter((moment): moment is { name: string; at: number } => moment.at !== undefined);
  const explanation = row.error === undefined ? undefined : explanations[row.error as ServiceErrorName];
  return {
    row: entry.shown(),
    ...(entry.rid === undefined ? {} : { rid: entry.rid }),
    ...(asked === undefined ? {} : { responseTimeout: asked.responseTimeout, connectTimeout: asked.connectTimeout }),
    ...(entry.request === undefined ? {} : { request: entry.request }),
    ...(ended?.response === undefined ? {} : { response: ended.response }),
    ...(entry.properties === undefined ? {} : { properties: entry.properties }),
    moments: moments.sort((one, other) => one.at - other.at),
    ...(explanation === undefined ? {} : { explanation }),
    hints: entry.hints ?? [],
  };
}
const handledNames = {
  answered: 'reply left the device',
  silent: 'a fault kept the reply',
  lost: 'link lost before the reply',
} as const;

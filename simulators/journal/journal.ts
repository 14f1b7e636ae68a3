// The bounded record of everything that crossed a wire: one row an invocation, twin operation, message or change of a link.
// Rows are made from facts alone. It keeps the newest rows (by count and by bytes), and says how many it forgot.
import type { Excerpt, Fact, FleetFact, InvocationEnded } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import { explanations, type ServiceErrorName } from '../vocabulary/service-errors.ts';
import type { Millis } from '../vocabulary/units.ts';
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

type Handled = Extract<FleetFact, { type: 'method.handled' }>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry {
  row: Writable<TrafficRow>;
  rid?: string;
  responseTimeout?: Millis;
  connectTimeout?: Millis;
  request?: Excerpt;
  response?: Excerpt;
  ended?: InvocationEnded;
  handled?: Handled;
  hints?: string[];
  kept: number; // characters held by the excerpts
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
      const { row } = this.#entries[place] as Entry;
      if (query.upTo !== undefined && row.id > query.upTo) continue;
      if (query.device !== undefined && row.device !== query.device) continue;
      if (!test(row)) continue;
      matching += 1;
      if (rows.length < query.limit) rows.push(row);
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

  #begin(fact: Extract<Fact, { type: 'invocation.begun' }>): Entry {
    const entry = this.#add(
      { at: fact.at, kind: 'method', device: fact.device, name: fact.method, pending: true, bytes: fact.request.bytes },
      fact.request.text.length,
    );
    entry.responseTimeout = fact.responseTimeout;
    entry.connectTimeout = fact.connectTimeout;
    entry.request = fact.request;
    this.#byCall.set(fact.call, entry);
    if (fact.rid !== undefined) this.#join(entry, fact.rid);
    return entry;
  }

  #end(fact: InvocationEnded): void {
    const entry = this.#byCall.get(fact.call) ?? this.#begin({ ...fact, type: 'invocation.begun', at: fact.begunAt });
    this.#byCall.delete(fact.call);
    const { row } = entry;
    row.pending = false;
    row.httpStatus = fact.httpStatus;
    row.duration = fact.at - fact.begunAt;
    row.bytes = fact.request.bytes + (fact.response?.bytes ?? 0);
    if (fact.deviceStatus !== undefined) row.deviceStatus = fact.deviceStatus;
    if (fact.error !== undefined) row.error = fact.error;
    if (fact.response !== undefined) {
      entry.response = fact.response;
      this.#keep(entry, fact.response.text.length);
    }
    entry.ended = fact;
    if (fact.rid !== undefined && entry.rid === undefined) this.#join(entry, fact.rid);
    row.legs = legsOf(fact, entry.handled);
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
    if (entry.ended !== undefined) entry.row.legs = legsOf(entry.ended, fact);
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
    const entry = this.#add({ at: fact.at, pending: false, ...made.row }, made.request?.text.length ?? 0);
    if (made.request !== undefined) entry.request = made.request;
  }

  #add(row: Omit<TrafficRow, 'id'>, kept: number): Entry {
    const entry: Entry = { row: { id: ++this.#lastId, ...row }, kept: 0 };
    this.#entries.push(entry);
    this.#keep(entry, kept);
    while (this.size > this.options.most || (this.#kept > this.options.mostBytes && this.size > 1)) this.#forget();
    if (this.#first > 1_000 && this.#first > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return entry;
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
  const { row, ended, handled } = entry;
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
    row,
    ...(entry.rid === undefined ? {} : { rid: entry.rid }),
    ...(entry.responseTimeout === undefined ? {} : { responseTimeout: entry.responseTimeout }),
    ...(entry.connectTimeout === undefined ? {} : { connectTimeout: entry.connectTimeout }),
    ...(entry.request === undefined ? {} : { request: entry.request }),
    ...(entry.response === undefined ? {} : { response: entry.response }),
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

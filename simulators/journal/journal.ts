// The bounded record of everything that crossed a wire: one row an invocation, twin operation, message or change of a link.
// Rows are made from facts alone. It keeps the newest rows (by count and by bytes), and says how many it forgot.
import type { Fact, FaultTouch, InvocationEnded } from '../vocabulary/facts.ts';
import type { DeviceId, FaultName } from '../vocabulary/ids.ts';
import type { Instant } from '../vocabulary/units.ts';
import type { TrafficDetail, TrafficRow, TrafficView } from '../vocabulary/views.ts';
import { detailOf, Entry, explanationOf, type Handled, type InvocationBegun, legsOf, type Writable } from './entry.ts';
import type { DeviceNews, Explanation } from './explain.ts';
import { parseFilter, type RowTest } from './filter.ts';
import { Lives } from './lives.ts';
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

/** Where to look for a call whose number is not known. */
export interface CallInJournal {
  readonly device: DeviceId;
  readonly method: string;
  readonly from: Instant;
  readonly to: Instant;
}

type Hint = Extract<Fact, { type: 'hint.given' }>;
const mostEarlyHints = 1_000;

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
  /** Hints about calls of which nothing came yet: a call that is over at once crosses as its end alone, behind them. */
  readonly #earlyHints = new Map<number, Hint[]>();
  readonly #lives = new Lives((row, queued) => {
    const entry = new Entry({ id: this.#nextId(), ...row });
    entry.request = queued?.body;
    entry.properties = someOf(queued?.properties);
    this.#add(entry, (entry.request?.text.length ?? 0) + lengthOf(entry.properties));
    return entry;
  });

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
      case 'fault.counted':
        break;
      case 'facts.shed':
        this.#shed += fact.count;
        break;
      case 'message.queued':
      case 'message.delivered':
      case 'message.settled':
      case 'job.changed':
      case 'identity.changed':
        this.#lives.record(fact);
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
    return detailOf(entry, this.#newsOf(entry.row.device));
  }

  /** Why the newest call of this method that the device was asked between two moments ended as it did; undefined when it is not kept, or went well. */
  explanationOf(call: CallInJournal): Explanation | undefined {
    for (let place = this.#entries.length - 1; place >= this.#first; place--) {
      const entry = this.#entries[place] as Entry;
      const { row, ended } = entry;
      if (ended === undefined || row.device !== call.device || ended.method !== call.method) continue;
      if (ended.begunAt < call.from || ended.begunAt > call.to) continue;
      return explanationOf(entry, this.#newsOf(row.device));
    }
    return undefined;
  }

  #newsOf(device: DeviceId | undefined): DeviceNews[] {
    const news: DeviceNews[] = [];
    for (let place = this.#first; place < this.#entries.length; place++) {
      const each = (this.#entries[place] as Entry).news;
      if (each !== undefined && each.device === device) news.push(each);
    }
    return news.sort((one, other) => one.at - other.at);
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
    this.#earlyHints.clear();
    this.#lives.clear();
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
    this.#joinHints(entry, fact.call);
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
    this.#joinHints(entry, fact.call);
    if (fact.touches !== undefined) {
      entry.row.faults = namesOf([...fact.touches, ...(entry.handled?.touches ?? [])]);
    }
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
    if (fact.touches !== undefined) entry.row.faults = namesOf([...(entry.ended?.touches ?? []), ...fact.touches]);
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

  #hint(fact: Hint): void {
    if (fact.call === undefined) {
      this.#plain(fact);
      return;
    }
    const entry = this.#byCall.get(fact.call);
    if (entry !== undefined) {
      entry.hint(fact.text);
      return;
    }
    this.#earlyHints.set(fact.call, [...(this.#earlyHints.get(fact.call) ?? []), fact]);
    if (this.#earlyHints.size <= mostEarlyHints) return;
    // Their call will not come any more, it was shed: they are told by themselves.
    const [call, hints] = this.#earlyHints.entries().next().value as [number, Hint[]];
    this.#earlyHints.delete(call);
    for (const each of hints) this.#plain(each);
  }

  #joinHints(entry: Entry, call: number): void {
    if (this.#earlyHints.size === 0) return;
    for (const { text } of this.#earlyHints.get(call) ?? []) entry.hint(text);
    this.#earlyHints.delete(call);
  }

  #plain(fact: PlainFact): void {
    const made = rowOf(fact);
    if (made === undefined) return;
    const row = { ...made.row };
    // The hub tells only that it knew the request: whether it was answered is in its row.
    if (fact.type === 'answer.dropped' && this.#byRid.get(fact.rid)?.ended?.httpStatus === 200) {
      row.detail = `rid ${fact.rid} had been answered already`;
    }
    const entry = new Entry({ id: this.#nextId(), at: fact.at, pending: false, ...row });
    entry.request = made.request;
    entry.properties = someOf(made.properties);
    if (isNews(fact)) entry.news = fact;
    this.#add(entry, (made.request?.text.length ?? 0) + lengthOf(entry.properties));
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
    this.#lives.forget(entry);
  }
}

const newsTypes: ReadonlySet<Fact['type']> = new Set<DeviceNews['type']>([
  'device.connected',
  'device.disconnected',
  'device.refused',
  'link.changed',
  'fault.struck',
  'answer.dropped',
]);
const isNews = (fact: Fact): fact is DeviceNews => newsTypes.has(fact.type);
const namesOf = (touches: readonly FaultTouch[]): FaultName[] => [...new Set(touches.map(({ fault }) => fault))];

/** None is like no properties at all: there is nothing to show. */
const someOf = (properties: Entry['properties']): Entry['properties'] =>
  properties === undefined || Object.keys(properties).length === 0 ? undefined : properties;

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

// Hands out the results of a plan page by page: rows in order of their keys, sorted rows, or groups in order of their value.
import type { Progress } from './continuation.ts';
import { type Groups, objectOf, type Plan } from './plan.ts';
import { compareRanks, type Rank, rankOf } from './rank.ts';
import type { Source } from './sources.ts';

/** How far to go: at most `size` results, behind those that were given before. */
export interface Ask {
  readonly size: number;
  readonly after: Progress | undefined;
  /** Undefined without TOP. */
  readonly left: number | undefined;
}

export interface Results {
  readonly items: readonly object[];
  /** Missing when there are no more. */
  readonly next?: Progress;
}

export function resultsOf<Row>(plan: Plan<Row>, source: Source<Row>, ask: Ask): Results {
  if (plan.groups !== undefined) return paged(groupEntries(plan, plan.groups, source), ask, isDescending(plan.groups));
  if (plan.order !== undefined) return paged(orderedEntries(plan, plan.order, source), ask, plan.order.descending);
  return inKeyOrder(plan, source, ask);
}

/** Reads no further than one match behind the page, so that a last page is known as such. */
function inKeyOrder<Row>(plan: Plan<Row>, source: Source<Row>, { size, after, left }: Ask): Results {
  const keys = source.keys();
  const most = Math.min(size, left ?? size);
  const items: object[] = [];
  let last = '';
  for (let at = after === undefined ? 0 : firstAfter(keys, String(after.key[1])); at < keys.length; at++) {
    const key = keys[at] as string;
    const row = source.row(key);
    if (row === undefined || !plan.meets(row)) continue;
    if (items.length === most) return { items, ...going([4, last], undefined, items.length, left) };
    items.push(plan.show(row));
    last = key;
  }
  return { items };
}

/** The place of the first key that comes after `last`, which may be gone by now. */
function firstAfter(keys: readonly string[], last: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Entry {
  readonly sort: Rank | undefined;
  readonly key: Rank;
  readonly show: () => object;
}

function* orderedEntries<Row>(
  { meets, show }: Plan<Row>,
  order: NonNullable<Plan<Row>['order']>,
  source: Source<Row>,
): Iterable<Entry> {
  for (const key of source.keys()) {
    const row = source.row(key);
    if (row === undefined || !meets(row)) continue;
    yield { sort: rankOf(order.value(row)), key: [4, key], show: () => show(row) };
  }
}

const isDescending = <Row>({ order }: Groups<Row>): boolean => order?.descending === true;

function* groupEntries<Row>({ meets }: Plan<Row>, groups: Groups<Row>, source: Source<Row>): Iterable<Entry> {
  const { by, columns, order } = groups;
  const newGroup = (value: unknown) => ({ value, collectors: columns.map(({ collect }) => collect?.()) });
  const found = new Map<unknown, ReturnType<typeof newGroup>>();
  if (by === undefined) found.set(undefined, newGroup(undefined));
  for (const key of source.keys()) {
    const row = source.row(key);
    if (row === undefined || !meets(row)) continue;
    const given = by?.(row);
    // Lists and objects have no value to be grouped by; they count with those that have none.
    const value = typeof given === 'object' && given !== null ? undefined : given;
    let group = found.get(value);
    if (group === undefined) {
      group = newGroup(value);
      found.set(value, group);
    }
    for (const [at, { read }] of columns.entries()) group.collectors[at]?.add(read(row));
  }
  for (const { value, collectors } of found.values()) {
    const members = columns.map(({ name }, at) => [name, collectors[at] ? collectors[at].result() : value] as const);
    const sorted =
      order === undefined ? undefined : order.column === undefined ? value : memberOf(members, order.column);
    yield {
      sort: order === undefined ? undefined : rankOf(sorted),
      key: rankOf(value),
      show: () => objectOf(members),
    };
  }
}

const memberOf = (members: readonly (readonly [string, unknown])[], wanted: string): unknown =>
  members.find(([name]) => name === wanted)?.[1];

function paged(entries: Iterable<Entry>, { size, after, left }: Ask, descending: boolean): Results {
  const direction = descending ? -1 : 1;
  const compare = (one: Omit<Entry, 'show'>, other: Omit<Entry, 'show'>): number =>
    (one.sort !== undefined && other.sort !== undefined ? compareRanks(one.sort, other.sort) * direction : 0) ||
    compareRanks(one.key, other.key);
  const before = after === undefined ? undefined : { sort: after.sort, key: after.key };
  const behind: Entry[] = [];
  for (const entry of entries) if (before === undefined || compare(entry, before) > 0) behind.push(entry);
  behind.sort(compare);
  const given = behind.slice(0, Math.min(size, left ?? size));
  const items = given.map(({ show }) => show());
  const last = given.at(-1);
  if (last === undefined || behind.length === given.length) return { items };
  return { items, ...going(last.key, last.sort, items.length, left) };
}

/** Where the next page begins; nowhere when TOP is used up. */
function going(key: Rank, sort: Rank | undefined, given: number, left: number | undefined): { next?: Progress } {
  if (left === given) return {};
  return {
    next: { key, ...(sort === undefined ? {} : { sort }), ...(left === undefined ? {} : { left: left - given }) },
  };
}

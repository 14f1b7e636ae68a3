// A query made ready for one source: its condition, what its results show, and the checks that need both. Pure.

import { type Collect, collectorOf } from './aggregates.ts';
import { compile, compileCondition, type Reader } from './compile.ts';
import type { Column, Path, Query } from './parse.ts';
import { Mistake, type Problem, problemAt } from './problem.ts';
import { type ItemType, nameOf, type Source } from './sources.ts';

export interface Plan<Row> {
  readonly itemType: ItemType;
  readonly meets: (row: Row) => boolean;
  /** What a row gives, for a query without aggregates. */
  readonly show: (row: Row) => object;
  readonly groups: Groups<Row> | undefined;
  readonly order: { readonly value: (row: Row) => unknown; readonly descending: boolean } | undefined;
}

/** Rows that are counted together instead of shown. */
export interface Groups<Row> {
  /** Undefined when all rows are one group. */
  readonly by: Reader<Row> | undefined;
  readonly columns: readonly GroupColumn<Row>[];
  /** The name of the result member that ORDER BY sorts by, or `group` for the value of GROUP BY. */
  readonly order: { readonly column: string | undefined; readonly descending: boolean } | undefined;
}
export interface GroupColumn<Row> {
  readonly name: string;
  /** Undefined for the value of GROUP BY itself. */
  readonly collect: (() => Collect) | undefined;
  readonly read: Reader<Row>;
}

export function planOf<Row>(query: Query, source: Source<Row>): Plan<Row> | Problem {
  try {
    const { from, where, columns, group, order } = query;
    const meets = where === undefined ? () => true : compileCondition(where, source.readerOf);
    const named = columns === undefined ? undefined : namedColumns(query, columns);
    const aggregated = group !== undefined || columns?.some(({ aggregate }) => aggregate !== undefined) === true;
    if (from === 'devices.jobs' && (columns !== undefined || group !== undefined)) {
      throw new Mistake(columns?.[0]?.at ?? group?.at ?? 0, 'FROM devices.jobs gives whole rows; SELECT * is expected');
    }
    return {
      itemType: named === undefined ? source.itemType : 'Raw',
      meets,
      show: named === undefined ? (row) => source.shape(row) : shown(named, source),
      groups: aggregated ? groupsOf(query, named, source) : undefined,
      order:
        order === undefined || aggregated
          ? undefined
          : { value: readerOf(order.path, source), descending: order.descending },
    };
  } catch (error) {
    if (error instanceof Mistake) return problemAt(query.text, error);
    throw error;
  }
}

interface NamedColumn extends Column {
  readonly name: string;
}

function namedColumns({ from }: Query, columns: readonly Column[]): readonly NamedColumn[] {
  const names = new Set<string>();
  return columns.map((column) => {
    const { as, aggregate, path } = column;
    const name = as ?? (aggregate === undefined ? nameOf(path ?? [], from) : aggregate.toLowerCase());
    if (names.has(name)) {
      throw new Mistake(column.at, `two members of the result are named ${name}; AS gives one another name`);
    }
    names.add(name);
    return { ...column, name };
  });
}

const readerOf = <Row>(path: Path, source: Source<Row>): Reader<Row> =>
  compile({ kind: 'path', path }, source.readerOf);

function shown<Row>(columns: readonly NamedColumn[], source: Source<Row>): (row: Row) => object {
  const readers = columns.map(({ name, path }) => [name, readerOf(path ?? [], source)] as const);
  return (row) => objectOf(readers.map(([name, read]) => [name, read(row)]));
}

/** Members that are undefined are left out; `__proto__` is a name like any other. */
export const objectOf = (members: readonly (readonly [string, unknown])[]): object =>
  Object.fromEntries(members.filter(([, value]) => value !== undefined));

function groupsOf<Row>(
  { group, order }: Query,
  columns: readonly NamedColumn[] | undefined,
  source: Source<Row>,
): Groups<Row> {
  if (columns === undefined) {
    throw new Mistake(group?.at ?? 0, 'GROUP BY does not go with SELECT *; name the path and aggregates to show');
  }
  const by = group === undefined ? undefined : spelled(group.path);
  for (const { aggregate, path, at } of columns) {
    if (aggregate !== undefined || (path !== undefined && spelled(path) === by)) continue;
    const advice =
      by === undefined ? 'GROUP BY it, or leave the aggregates out' : 'only the path of GROUP BY can be shown';
    throw new Mistake(at, `a path beside aggregates has many values: ${advice}`);
  }
  return {
    by: group === undefined ? undefined : readerOf(group.path, source),
    columns: columns.map(({ name, aggregate, path }) => ({
      name,
      collect: aggregate === undefined ? undefined : () => collectorOf(aggregate),
      read: path === undefined ? () => undefined : readerOf(path, source),
    })),
    order: order === undefined ? undefined : { column: orderedBy(order, by, columns), descending: order.descending },
  };
}

/** ORDER BY of groups names a member of the result, or repeats the path of GROUP BY. */
function orderedBy(
  order: NonNullable<Query['order']>,
  by: string | undefined,
  columns: readonly NamedColumn[],
): string | undefined {
  const [only] = order.path;
  const column = order.path.length === 1 ? columns.find(({ name }) => name === only) : undefined;
  if (column !== undefined) return column.name;
  if (spelled(order.path) === by) return undefined;
  throw new Mistake(order.at, 'ORDER BY of groups names a member of the result or the path of GROUP BY');
}

/** Two spellings of one path are equal: the case of its root does not matter. */
const spelled = ([root = '', ...rest]: Path): string => JSON.stringify([root.toLowerCase(), ...rest]);

// Queries over twins and jobs (reference 4.4, 7): what POST /devices/query answers, whom a job picks, and whether a text is a query at all.
import { type DeviceId, deviceId } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { compileCondition } from './compile.ts';
import { readContinuation, writeContinuation } from './continuation.ts';
import { resultsOf } from './pages.ts';
import { parsePicking, parseQuery, warmUp } from './parse.ts';
import { planOf } from './plan.ts';
import { Problem } from './problem.ts';
import { type ItemType, type Source, type SourceOptions, withSource } from './sources.ts';

export type { ItemType } from './sources.ts';
export type QueriesOptions = SourceOptions;

export interface Page {
  readonly items: readonly object[];
  readonly itemType: ItemType;
  /** Missing on the last page: clients take its mere presence for more. */
  readonly continuation?: string;
}

export interface Queries {
  /**
   * `body` is `{"query":"..."}`, parsed; `size` and `continuation` are the paging headers as they came. A page holds 100 results unless told,
   * at most 1000: clients that ask for more get 1000. 400004 for anything that cannot be read, with line and column of the text.
   */
  run(body: unknown, size: string | undefined, continuation: string | undefined): Page | Refusal;
  /**
   * Whom a job's `queryCondition` picks, in order of id: the text after WHERE, or `FROM devices.modules WHERE ...` for modules; `*` or
   * nothing is every device. 400004 for a text that is not a condition.
   */
  select(condition: string): { readonly ids: readonly DeviceId[] } | Refusal;
  /** What is wrong with a whole query, or, with `from`, with what `select` takes; undefined when it is good. */
  check(text: string, from?: 'devices' | 'devices.modules'): QueryProblem | undefined;
}

export interface QueryProblem {
  /** One sentence, without the place. */
  readonly message: string;
  /** From 1; the place in the text where something else was expected. */
  readonly line: number;
  readonly column: number;
  /** Characters of the text before that place. */
  readonly offset: number;
}

const pageSizes = { least: 1, most: 1_000, default: 100 } as const;

export function openQueries(options: QueriesOptions): Queries {
  warmUp();

  function queryProblem(text: string): Problem | undefined {
    const query = parseQuery(text);
    if (query instanceof Problem) return query;
    return withSource(options, query.from, (source) => {
      const plan = planOf(query, source);
      return plan instanceof Problem ? plan : undefined;
    });
  }

  return {
    run(body, sizeText, continuation) {
      const text = typeof body === 'object' && body !== null ? (body as { query?: unknown }).query : undefined;
      if (typeof text !== 'string') {
        return refuse(
          'ArgumentInvalid',
          'query: is missing; the request body must be {"query":"SELECT * FROM devices"}.',
        );
      }
      const query = parseQuery(text);
      if (query instanceof Problem) return query.refusal();
      const size = readSize(sizeText);
      if (size instanceof Refusal) return size;
      const after = continuation ? readContinuation(text, continuation) : undefined;
      if (after instanceof Refusal) return after;
      return withSource(options, query.from, (source): Page | Refusal => {
        const plan = planOf(query, source);
        if (plan instanceof Problem) return plan.refusal();
        const { items, next } = resultsOf(plan, source, { size, after, left: after?.left ?? query.top });
        const more = next === undefined ? {} : { continuation: writeContinuation(text, next) };
        return { items, itemType: plan.itemType, ...more };
      });
    },

    select(text) {
      const picking = parsePicking(text, 'devices');
      if (picking instanceof Problem) return picking.refusal('condition');
      const { from, where } = picking;
      return withSource(options, from, (source) => {
        if (where === undefined) return { ids: source.keys().map(deviceId) };
        return { ids: matching(source, compileCondition(where, source.readerOf)) };
      });
    },

    check(text, from) {
      const problem = from === undefined ? queryProblem(text) : parsePicking(text, from);
      return problem instanceof Problem ? problemOf(problem) : undefined;
    },
  };
}

const problemOf = ({ message, line, column, offset }: Problem): QueryProblem => ({ message, line, column, offset });

function matching<Row>(source: Source<Row>, meets: (row: Row) => boolean): readonly DeviceId[] {
  const ids: DeviceId[] = [];
  for (const key of source.keys()) {
    const row = source.row(key);
    if (row !== undefined && meets(row)) ids.push(deviceId(key));
  }
  return ids;
}

function readSize(text: string | undefined): number | Refusal {
  if (text === undefined || text === '') return pageSizes.default;
  const size = Number(text);
  if (!Number.isInteger(size) || size < pageSizes.least) {
    return refuse(
      'ArgumentInvalid',
      `x-ms-max-item-count: '${text.slice(0, 40)}' must be a whole number within [${pageSizes.least}; ${pageSizes.most}].`,
    );
  }
  return Math.min(size, pageSizes.most);
}

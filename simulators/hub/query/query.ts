// POST /devices/query: finds twins in order of device id and hands them out page by page (reference 4.4, 7).
import { type DeviceId, deviceId } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { Twins } from '../twins/twins.ts';
import { meets } from './evaluate.ts';
import { type Expression, parseQuery, warmUp } from './parse.ts';

export interface Page {
  readonly items: readonly object[];
  /** Missing on the last page: clients take its mere presence for more. */
  readonly continuation?: string;
}

export interface Queries {
  /** @param body `{"query":"..."}`, parsed; `size` and `continuation` are the paging headers as they came. */
  run(body: unknown, size: string | undefined, continuation: string | undefined): Page | Refusal;
  /**
   * Whom a job's `queryCondition` picks, in order of id: the text after WHERE, or `FROM devices.modules WHERE ...` for modules; `*` or
   * nothing is every device. 400004 for a text that is not a condition.
   */
  select(condition: string): { readonly ids: readonly DeviceId[] } | Refusal;
  /** What is wrong with a whole query, or, with `from`, with a condition over that collection; undefined when it is good. */
  check(text: string, from?: 'devices' | 'devices.modules'): QueryProblem | undefined;
}

export interface QueryProblem {
  readonly message: string;
  /** From 1; the place in the text where something else was expected. */
  readonly line: number;
  readonly column: number;
}

export interface QueriesOptions {
  readonly registry: Registry;
  readonly twins: Twins;
  /** The rows of `devices.jobs`, read with each query of them. */
  readonly deviceJobs: () => Iterable<object>;
}

const sizes = { least: 1, most: 1_000, default: 100 } as const;

export function openQueries({ registry, twins }: QueriesOptions): Queries {
  warmUp();

  /** Looks one match further than the page is long, so that a last page is known as such. */
  function pageAfter(last: string | undefined, size: number, condition: Expression | undefined): Page {
    const ids = registry.ids();
    const items: object[] = [];
    let lastId = '';
    for (let index = last === undefined ? 0 : firstAfter(ids, last); index < ids.length; index++) {
      const id = ids[index] as string;
      const twin = twins.get(deviceId(id));
      if (twin instanceof Refusal || (condition !== undefined && !meets(twin.body, condition))) continue;
      if (items.length === size) return { items, continuation: continuationOf(lastId) };
      items.push(twin.body);
      lastId = id;
    }
    return { items };
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
      if (query instanceof Refusal) return query;
      const size = sizeText === undefined || sizeText === '' ? sizes.default : Number(sizeText);
      if (!Number.isInteger(size) || size < sizes.least || size > sizes.most) {
        return refuse(
          'ArgumentInvalid',
          `x-ms-max-item-count: '${sizeText}' must be a whole number within [${sizes.least}; ${sizes.most}].`,
        );
      }
      const last = continuation === undefined || continuation === '' ? undefined : lastIdIn(continuation);
      if (last instanceof Refusal) return last;
      return pageAfter(last, size, query.condition);
    },
    select(text) {
      const condition = text.trim();
      if (condition === '' || condition === '*') return { ids: registry.ids().map(deviceId) };
      const query = parseQuery(`SELECT * FROM devices WHERE ${condition}`);
      if (query instanceof Refusal) return query;
      const ids = registry.ids().map(deviceId);
      return {
        ids: ids.filter((id) => {
          const twin = twins.get(id);
          return !(twin instanceof Refusal) && (query.condition === undefined || meets(twin.body, query.condition));
        }),
      };
    },
    check(text, from) {
      const query = parseQuery(from === undefined ? text : `SELECT * FROM ${from} WHERE ${text}`);
      return query instanceof Refusal ? { message: query.message, line: 1, column: 1 } : undefined;
    },
  };
}

/** The place of the first id that comes after `last`, which may be gone by now. */
function firstAfter(ids: readonly string[], last: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as string) <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

const prefix = 'after:';
const continuationOf = (id: string): string => Buffer.from(prefix + id).toString('base64');

function lastIdIn(continuation: string): string | Refusal {
  const text = Buffer.from(continuation, 'base64').toString();
  return text.startsWith(prefix)
    ? text.slice(prefix.length)
    : refuse('ArgumentInvalid', 'x-ms-continuation: is not one that this hub gave.');
}

// Query text in, a checked query out, or a problem that names line, column and what was expected there. No text can make it throw,
// and nesting is bounded before reading begins, so that none can exhaust the stack.
import {
  type QueryAggregate,
  type QueryCollection,
  type QueryFunction,
  queryAggregates,
  queryRoots,
} from '../../vocabulary/query-words.ts';
import { callProblem } from './functions.ts';
import type { startRules } from './grammar.ts';
import { newParser, type Parser } from './new-parser.ts';
import { Mistake, Problem, problemAt } from './problem.ts';
import { unendedText } from './texts.ts';

export type Literal = null | boolean | number | string | undefined;
export type Path = readonly string[];
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type Calculation = '+' | '-' | '*' | '/' | '%';

export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'list'; readonly parts: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: QueryFunction; readonly parts: readonly Expression[] }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly part: Expression }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  /** From left to right; a chain is a list and not a deep tree. */
  | {
      readonly kind: 'calculate';
      readonly first: Expression;
      readonly rest: readonly (readonly [Calculation, Expression])[];
    }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'in'; readonly negated: boolean; readonly left: Expression; readonly values: readonly Literal[] };

/** One member of a result. */
export interface Column {
  /** Its name there: the alias, or undefined to take the last step of the path or the aggregate's own. */
  readonly as: string | undefined;
  readonly aggregate?: QueryAggregate;
  readonly path?: Path;
  /** Where it is in the text, for a problem found later. */
  readonly at: number;
}
export interface Place {
  readonly path: Path;
  readonly at: number;
}

export interface Query {
  readonly text: string;
  readonly from: QueryCollection;
  readonly top: number | undefined;
  /** Undefined for `*`. */
  readonly columns: readonly Column[] | undefined;
  readonly where: Expression | undefined;
  readonly group: Place | undefined;
  readonly order: (Place & { readonly descending: boolean }) | undefined;
}

/** Whom a job or configuration is for. */
export interface Picking {
  readonly from: QueryCollection;
  readonly where: Expression | undefined;
}

/** The longest query text, in characters (reference section 7). */
export const longestQuery = 8_192;
/** Brackets inside each other: reading and evaluating take a few calls a level, far from the end of any stack. */
export const deepestNesting = 64;
/** Function calls in one query: each can go through a text of 4 KB for every twin there is. */
export const mostCalls = 100;
const mostTop = 1_000_000;

interface Named {
  readonly name: string;
  readonly at: number;
}
interface ParsedQuery {
  readonly top: { readonly value: number; readonly at: number } | null;
  readonly columns: readonly (Omit<Column, 'as'> & { readonly as: Named | null })[] | null;
  readonly from: Named;
  readonly where: Expression | null;
  readonly group: Place | null;
  readonly order: Query['order'] | null;
}
interface ParsedPicking {
  readonly from: Named | null;
  readonly where: Expression | null;
}

let parser: Parser | undefined;

/** Makes the parser now rather than with the first query. */
export function warmUp(): Parser {
  parser ??= newParser();
  return parser;
}

export function parseQuery(text: string): Query | Problem {
  return guarded(text, () => {
    const { top, columns, from, where, group, order } = read(text, 'Query') as ParsedQuery;
    if (top !== null && (top.value < 1 || top.value > mostTop)) {
      throw new Mistake(top.at, `TOP ${top.value} is out of range; a whole number within [1; ${mostTop}] is expected`);
    }
    return {
      text,
      from: collectionOf(from),
      top: top?.value,
      columns: columns?.map((column) => ({ ...column, as: column.as?.name })),
      where: where ?? undefined,
      group: group ?? undefined,
      order: order ?? undefined,
    };
  });
}

/** The text after WHERE, or `FROM collection WHERE ...`; `*` or nothing is everything in `from`. */
export function parsePicking(text: string, from: QueryCollection): Picking | Problem {
  return guarded(text, () => {
    const parsed = read(text, 'Picking') as ParsedPicking;
    const collection = parsed.from === null ? from : collectionOf(parsed.from);
    if (collection === 'devices.jobs' && from !== collection) {
      throw new Mistake(parsed.from?.at ?? 0, 'a condition picks devices or devices.modules, not devices.jobs');
    }
    return { from: collection, where: parsed.where ?? undefined };
  });
}

function guarded<Result>(text: string, work: () => Result): Result | Problem {
  if (text.length > longestQuery) {
    const said = `a text of ${text.length} characters is too long; at most ${longestQuery} are allowed.`;
    return new Problem(said, text, 0);
  }
  try {
    return work();
  } catch (error) {
    if (error instanceof Mistake) return problemAt(text, error);
    throw error;
  }
}

function read(text: string, startRule: (typeof startRules)[number]): unknown {
  try {
    return warmUp().parse(text, { startRule, make: newMake() });
  } catch (error) {
    if (isSyntaxError(error)) throw unendedText(text) ?? new Mistake(error.location.start.offset, error.message);
    throw error;
  }
}

const isSyntaxError = (
  error: unknown,
): error is Error & { readonly location: { readonly start: { readonly offset: number } } } =>
  error instanceof Error && 'location' in error;

function collectionOf({ name, at }: Named): QueryCollection {
  const from = (Object.keys(queryRoots) as QueryCollection[]).find((known) => known === name.toLowerCase());
  if (from === undefined) {
    throw new Mistake(at, `${name} is not a collection; devices, devices.modules or devices.jobs is expected`);
  }
  return from;
}

/** What the grammar asks for while it reads. */
const newMake = () => {
  let depth = 0;
  let calls = 0;
  return {
    enter(at: number): true {
      depth += 1;
      if (depth > deepestNesting) {
        throw new Mistake(at, `nested too deep; at most ${deepestNesting} brackets inside each other are allowed`);
      }
      return true;
    },
    leave(): true {
      depth -= 1;
      return true;
    },

    not(count: number, part: Expression): Expression {
      if (count === 0) return part;
      const once: Expression = { kind: 'not', part };
      // An even number of them is still undefined for what is no boolean.
      return count % 2 === 1 ? once : { kind: 'not', part: once };
    },

    signed(signs: readonly ('+' | '-')[], part: Expression): Expression {
      if (signs.length === 0) return part;
      const negative = signs.filter((sign) => sign === '-').length % 2 === 1;
      if (part.kind === 'literal' && typeof part.value === 'number') {
        return { kind: 'literal', value: negative ? -part.value : part.value };
      }
      return { kind: negative ? 'negative' : 'positive', part };
    },

    number(value: number, at: number): number {
      if (!Number.isFinite(value)) throw new Mistake(at, 'a number beyond 1.79e308 is out of range');
      return value;
    },

    call(name: string, parts: readonly Expression[], at: number): Expression {
      const known = name.toUpperCase();
      calls += 1;
      if (calls > mostCalls) throw new Mistake(at, `at most ${mostCalls} function calls are allowed`);
      if (Object.hasOwn(queryAggregates, known)) {
        throw new Mistake(at, `${known} is an aggregate; it is allowed only between SELECT and FROM`);
      }
      const problem = callProblem(known, parts);
      if (problem !== undefined) throw new Mistake(at, problem);
      return { kind: 'call', name: known as QueryFunction, parts };
    },

    aggregate(name: string, path: Path | undefined, at: number): { aggregate: QueryAggregate; path?: Path } {
      const aggregate = name.toUpperCase() as QueryAggregate;
      if (aggregate === 'COUNT' ? path !== undefined : path === undefined) {
        const expected = queryAggregates[aggregate].call;
        throw new Mistake(at, `${aggregate} is called as ${expected}`);
      }
      return { aggregate, ...(path === undefined ? {} : { path }) };
    },

    hyphen(at: number): never {
      const advice = 'write tags.[[two-words]] for a key with a hyphen, or spaces around it to subtract';
      throw new Mistake(at, `a hyphen right after a name; ${advice}`);
    },

    dot(at: number): never {
      throw new Mistake(at, 'a name is expected after the dot; [[...]] holds one with any characters');
    },
  };
};

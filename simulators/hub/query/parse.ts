// Query text in, a checked query out, or a refusal that names line, column and what was expected there.
import peggy from 'peggy';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { grammar } from './grammar.ts';

export type Literal = null | boolean | number | string;
export type Path = readonly string[];

export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'defined'; readonly path: Path }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'compare';
      readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'in'; readonly negated: boolean; readonly left: Expression; readonly values: readonly Literal[] };

/** `SELECT * FROM devices`, with its condition if it has one. */
export interface Query {
  readonly condition: Expression | undefined;
}

/** The longest query text, in characters (reference section 7). */
export const longestQuery = 8_192;

interface Parsed {
  readonly select: string;
  readonly from: string;
  readonly condition: Expression | null;
}

let parser: { parse(text: string): Parsed } | undefined;

/** Compiles the grammar now rather than with the first query. */
export function warmUp(): void {
  parser ??= peggy.generate(grammar) as { parse(text: string): Parsed };
}

export function parseQuery(text: string): Query | Refusal {
  if (text.length > longestQuery) {
    return refuse(
      'ArgumentInvalid',
      `query: a text of ${text.length} characters is too long; at most ${longestQuery} are allowed.`,
    );
  }
  const parsed = parse(text);
  if (parsed instanceof Refusal) return parsed;
  const from = parsed.from.toLowerCase();
  if (from !== 'devices') {
    return refuse(
      'ArgumentInvalid',
      `query: FROM ${parsed.from} is not available on this hub so far, only FROM devices.`,
    );
  }
  if (parsed.select !== '*') {
    return refuse(
      'ArgumentInvalid',
      `query: SELECT ${parsed.select} is not available on this hub so far, only SELECT *.`,
    );
  }
  return { condition: parsed.condition ?? undefined };
}

function parse(text: string): Parsed | Refusal {
  warmUp();
  try {
    return (parser as NonNullable<typeof parser>).parse(text);
  } catch (error) {
    if (isSyntaxError(error)) {
      const { line, column } = error.location.start;
      return refuse('ArgumentInvalid', `query, line ${line}, column ${column}: ${error.message}`);
    }
    // Brackets nested until the parser's stack is full.
    if (error instanceof RangeError) return refuse('ArgumentInvalid', 'query: nested too deep.');
    throw error;
  }
}

const isSyntaxError = (
  error: unknown,
): error is Error & { readonly location: { readonly start: { readonly line: number; readonly column: number } } } =>
  error instanceof Error && 'location' in error;

// The functions of the query language. What a function cannot take gives undefined, which spreads until a condition does not hold. Pure.
import { type QueryFunction, queryFunctions } from '../../vocabulary/query-words.ts';
import type { Expression } from './parse.ts';

/** A longer text that a function would make counts as undefined: no query may fill the memory. */
export const longestMade = 65_536;

interface Definition {
  readonly least: number;
  readonly most: number;
  readonly run: (...values: readonly unknown[]) => unknown;
}

const test = (holds: (value: unknown) => boolean): Definition => ({ least: 1, most: 1, run: holds });
const numeric = (run: (number: number) => number): Definition => ({
  least: 1,
  most: 1,
  run: (value) => (typeof value === 'number' ? finite(run(value)) : undefined),
});
const textual = (run: (text: string) => unknown): Definition => ({
  least: 1,
  most: 1,
  run: (value) => (typeof value === 'string' ? run(value) : undefined),
});
const pair = (run: (text: string, part: string) => unknown): Definition => ({
  least: 2,
  most: 2,
  run: (text, part) => (typeof text === 'string' && typeof part === 'string' ? run(text, part) : undefined),
});

const definitions = {
  IS_DEFINED: test((value) => value !== undefined),
  IS_NULL: test((value) => value === null),
  IS_STRING: test((value) => typeof value === 'string'),
  IS_NUMBER: test((value) => typeof value === 'number'),
  IS_BOOL: test((value) => typeof value === 'boolean'),
  IS_OBJECT: test((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  IS_ARRAY: test((value) => Array.isArray(value)),
  IS_PRIMITIVE: test((value) => isPrimitive(value)),
  STARTS_WITH: pair((text, part) => text.startsWith(part)),
  ENDS_WITH: pair((text, part) => text.endsWith(part)),
  CONTAINS: pair((text, part) => text.includes(part)),
  INDEX_OF: pair((text, part) => text.indexOf(part)),
  LENGTH: textual((text) => text.length),
  LOWER: textual((text) => text.toLowerCase()),
  UPPER: textual((text) => text.toUpperCase()),
  SUBSTRING: { least: 2, most: 3, run: substring },
  CONCAT: { least: 2, most: 16, run: joined },
  ABS: numeric(Math.abs),
  EXP: numeric(Math.exp),
  POWER: {
    least: 2,
    most: 2,
    run: (base, exponent) =>
      typeof base === 'number' && typeof exponent === 'number' ? finite(base ** exponent) : undefined,
  },
  SQUARE: numeric((number) => number * number),
  CEILING: numeric(Math.ceil),
  FLOOR: numeric(Math.floor),
  SIGN: numeric(Math.sign),
  SQRT: numeric(Math.sqrt),
  AS_NUMBER: { least: 1, most: 1, run: asNumber },
} as const satisfies Record<QueryFunction, Definition>;

export const isPrimitive = (value: unknown): value is null | boolean | number | string =>
  value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string';

export const functionOf = (name: QueryFunction): Definition['run'] => definitions[name].run;

/** Why a call cannot be made, whatever the twin; undefined when it can. `name` in upper case. */
export function callProblem(name: string, parts: readonly Expression[]): string | undefined {
  if (!Object.hasOwn(definitions, name)) {
    return `${name.slice(0, 40)} is not a function; there are ${Object.keys(definitions).join(', ')}`;
  }
  const { least, most } = definitions[name as QueryFunction];
  const { call } = queryFunctions[name as QueryFunction];
  if (parts.length < least || parts.length > most) {
    const wanted = least === most ? String(least) : `${least} to ${most}`;
    return `${name} takes ${wanted} value${most === 1 ? '' : 's'}, not ${parts.length}; it is called as ${call}`;
  }
  return name === 'IS_DEFINED' && parts[0]?.kind !== 'path'
    ? `IS_DEFINED takes a path; it is called as ${call}`
    : undefined;
}

/** Infinity and NaN are no values of JSON. */
export const finite = (number: number): number | undefined => (Number.isFinite(number) ? number : undefined);

function substring(text: unknown, start: unknown, length?: unknown): string | undefined {
  const whole = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  if (typeof text !== 'string' || !whole(start)) return undefined;
  if (length === undefined) return text.slice(start);
  return whole(length) ? text.slice(start, start + length) : undefined;
}

function joined(...values: readonly unknown[]): string | undefined {
  let text = '';
  for (const value of values) {
    if (typeof value !== 'string' || text.length + value.length > longestMade) return undefined;
    text += value;
  }
  return text;
}

function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
  return typeof value === 'string' && value.length <= 400 && decimal.test(value) ? finite(Number(value)) : undefined;
}

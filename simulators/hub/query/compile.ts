// Turns a condition into one function that is called for each row. What cannot be compared is undefined, undefined spreads, and only true
// selects (reference section 7). Names are looked up and operators chosen once, not for each of ten thousand twins. Pure.
import { finite, functionOf, isPrimitive } from './functions.ts';
import type { Calculation, Comparison, Expression, Literal, Path } from './parse.ts';

/** Gives a value of JSON, or undefined. */
export type Reader<Row> = (row: Row) => unknown;
/** Makes the reader of a path. */
export type Readers<Row> = (path: Path) => Reader<Row>;

/** Whether a row meets a condition. */
export function compileCondition<Row>(condition: Expression, readerOf: Readers<Row>): (row: Row) => boolean {
  const value = compile(condition, readerOf);
  return (row) => value(row) === true;
}

export function compile<Row>(expression: Expression, readerOf: Readers<Row>): Reader<Row> {
  const partOf = (part: Expression): Reader<Row> => compile(part, readerOf);
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'path':
      return readerOf(expression.path);
    case 'list': {
      const parts = expression.parts.map(partOf);
      return (row) => parts.map((part) => part(row));
    }
    case 'call':
      return called(functionOf(expression.name), expression.parts.map(partOf));
    case 'not': {
      const part = partOf(expression.part);
      return (row) => {
        const value = part(row);
        return typeof value === 'boolean' ? !value : undefined;
      };
    }
    case 'negative':
    case 'positive': {
      const part = partOf(expression.part);
      const factor = expression.kind === 'negative' ? -1 : 1;
      return (row) => {
        const value = part(row);
        return typeof value === 'number' ? factor * value : undefined;
      };
    }
    case 'and':
      return all(expression.parts.map(partOf), false);
    case 'or':
      return all(expression.parts.map(partOf), true);
    case 'calculate': {
      const first = partOf(expression.first);
      return calculated(
        first,
        expression.rest.map(([operator, part]) => [calculations[operator], partOf(part)]),
      );
    }
    case 'compare': {
      const { left, operator, right } = expression;
      return compared(partOf(left), operator, right.kind === 'literal' ? right.value : partOf(right));
    }
    case 'in':
      return included(partOf(expression.left), expression.values, expression.negated);
  }
}

function called<Row>(run: (...values: readonly unknown[]) => unknown, parts: readonly Reader<Row>[]): Reader<Row> {
  const [first, second] = parts;
  if (first !== undefined && parts.length === 1) return (row) => run(first(row));
  if (first !== undefined && second !== undefined && parts.length === 2) return (row) => run(first(row), second(row));
  return (row) => run(...parts.map((part) => part(row)));
}

/** AND and OR: `decisive` settles it whatever the others are, else one that is not a boolean leaves it undefined. */
function all<Row>(parts: readonly Reader<Row>[], decisive: boolean): Reader<Row> {
  return (row) => {
    let result: boolean | undefined = !decisive;
    for (const part of parts) {
      const value = part(row);
      if (value === decisive) return decisive;
      if (typeof value !== 'boolean') result = undefined;
    }
    return result;
  };
}

const calculations: Readonly<Record<Calculation, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

function calculated<Row>(
  first: Reader<Row>,
  rest: readonly (readonly [(left: number, right: number) => number, Reader<Row>])[],
): Reader<Row> {
  return (row) => {
    let result = first(row);
    for (const [calculate, part] of rest) {
      const value = part(row);
      if (typeof result !== 'number' || typeof value !== 'number') return undefined;
      result = finite(calculate(result, value));
    }
    return result;
  };
}

type Primitive = null | boolean | number | string;

const comparisons: Readonly<Record<Comparison, (left: Primitive, right: Primitive) => boolean | undefined>> = {
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => (ordered(left, right) ? (left as number) < (right as number) : undefined),
  '<=': (left, right) => (ordered(left, right) ? (left as number) <= (right as number) : undefined),
  '>': (left, right) => (ordered(left, right) ? (left as number) > (right as number) : undefined),
  '>=': (left, right) => (ordered(left, right) ? (left as number) >= (right as number) : undefined),
};

/** Values of one type have an order; null has none. */
const ordered = (left: Primitive, right: Primitive): boolean =>
  typeof left === typeof right && left !== null && right !== null;

function compared<Row>(left: Reader<Row>, operator: Comparison, right: Literal | Reader<Row>): Reader<Row> {
  const holds = comparisons[operator];
  if (typeof right === 'function') {
    return (row) => {
      const one = left(row);
      if (!isPrimitive(one)) return undefined;
      const other = right(row);
      return isPrimitive(other) ? holds(one, other) : undefined;
    };
  }
  if (right === undefined) return () => undefined;
  return (row) => {
    const value = left(row);
    return isPrimitive(value) ? holds(value, right) : undefined;
  };
}

function included<Row>(left: Reader<Row>, values: readonly Literal[], negated: boolean): Reader<Row> {
  const known: ReadonlySet<unknown> = new Set(values);
  return (row) => {
    const value = left(row);
    return isPrimitive(value) ? known.has(value) !== negated : undefined;
  };
}

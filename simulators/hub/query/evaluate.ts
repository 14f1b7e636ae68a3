// Whether a twin meets a condition. What cannot be compared is undefined, undefined spreads, and only true selects (reference section 7). Pure.
import type { Expression, Literal, Path } from './parse.ts';

type Value = Literal | undefined;

/** Members of the Twin shape that may be written in any case. Inside tags and properties case matters. */
const rootNames = new Map(
  [
    'deviceId',
    'etag',
    'deviceEtag',
    'status',
    'statusReason',
    'statusUpdateTime',
    'connectionState',
    'lastActivityTime',
    'cloudToDeviceMessageCount',
    'authenticationType',
    'x509Thumbprint',
    'modelId',
    'version',
    'tags',
    'properties',
    'capabilities',
    'deviceScope',
  ].map((name) => [name.toLowerCase(), name]),
);

/** @param twin the Twin shape of reference 4.3. */
export const meets = (twin: object, condition: Expression): boolean => resultOf(condition, twin) === true;

function resultOf(expression: Expression, twin: object): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'path':
      return primitive(at(twin, expression.path));
    case 'defined':
      return at(twin, expression.path) !== undefined;
    case 'not': {
      const value = resultOf(expression.part, twin);
      return typeof value === 'boolean' ? !value : undefined;
    }
    case 'and':
      return all(expression.parts, twin, false);
    case 'or':
      return all(expression.parts, twin, true);
    case 'compare':
      return compared(resultOf(expression.left, twin), expression.operator, resultOf(expression.right, twin));
    case 'in': {
      const value = resultOf(expression.left, twin);
      return value === undefined ? undefined : expression.values.includes(value) !== expression.negated;
    }
  }
}

/** AND and OR: `decisive` settles it whatever the others are, else one that is not a boolean leaves it undefined. */
function all(parts: readonly Expression[], twin: object, decisive: boolean): Value {
  let result: Value = !decisive;
  for (const part of parts) {
    const value = resultOf(part, twin);
    if (value === decisive) return decisive;
    if (typeof value !== 'boolean') result = undefined;
  }
  return result;
}

function compared(left: Value, operator: '=' | '!=' | '<' | '<=' | '>' | '>=', right: Value): Value {
  if (left === undefined || right === undefined) return undefined;
  if (operator === '=') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== typeof right || left === null || right === null) return undefined;
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  if (operator === '>') return left > right;
  return left >= right;
}

function at(twin: object, path: Path): unknown {
  let value: unknown = twin;
  for (const [index, step] of path.entries()) {
    const name = index === 0 ? (rootNames.get(step.toLowerCase()) ?? step) : step;
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

const primitive = (value: unknown): Value =>
  value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string'
    ? value
    : undefined;

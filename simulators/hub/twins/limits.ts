// What a twin section may hold (reference 6.3). Each check gives a sentence that names the place, the value and the range, or undefined. Pure.
import { kilobytes } from '../../vocabulary/units.ts';
import { isObject, type JsonObject } from './sections.ts';

export type SectionName = 'tags' | 'desired' | 'reported';

export const sectionSizes: Readonly<Record<SectionName, number>> = {
  tags: kilobytes(8),
  desired: kilobytes(32),
  reported: kilobytes(32),
};
/** Ten objects or arrays inside each other below the section are allowed, and a leaf in the tenth. */
export const deepest = 10;
export const longestKey = kilobytes(1);
export const longestString = kilobytes(4);
export const leastInteger = -4_503_599_627_370_496;
export const mostInteger = 4_503_599_627_370_495;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const forbiddenInKey = /[\u0000-\u001f\u007f-\u009f.$ ]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is not counted
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

export const pathOf = (section: SectionName): string => (section === 'tags' ? 'tags' : `properties.${section}`);

/** Checks keys, depth, strings and numbers of a section or patch whose `$version` and `$metadata` are gone. */
export const contentProblem = (section: SectionName, content: JsonObject): string | undefined =>
  objectProblem(content, pathOf(section), 0);

function objectProblem(object: JsonObject, path: string, depth: number): string | undefined {
  if (depth > deepest) return tooDeep(path);
  for (const name of Object.keys(object)) {
    const problem = keyProblem(name, path) ?? valueProblem(object[name], `${path}.${name}`, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keyProblem(name: string, path: string): string | undefined {
  if (forbiddenInKey.test(name)) {
    return `${path}: the key ${JSON.stringify(name.slice(0, 100))} must not contain '.', '$', a space or a control character.`;
  }
  if (name.length * 3 > longestKey && Buffer.byteLength(name) > longestKey) {
    return `${path}: a key of ${Buffer.byteLength(name)} bytes is too long; at most ${longestKey} are allowed.`;
  }
  return undefined;
}

function valueProblem(value: unknown, path: string, depth: number): string | undefined {
  if (typeof value === 'string') {
    if (value.length * 3 <= longestString || countedBytes(value) <= longestString) return undefined;
    return `${shortened(path)}: a text of ${countedBytes(value)} bytes is too long; at most ${longestString} are allowed.`;
  }
  if (typeof value === 'number') return numberProblem(value, path);
  if (Array.isArray(value)) {
    if (depth + 1 > deepest) return tooDeep(path);
    for (const [index, entry] of value.entries()) {
      const problem = valueProblem(entry, `${path}[${index}]`, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  return isObject(value) ? objectProblem(value, path, depth + 1) : undefined;
}

function numberProblem(value: number, path: string): string | undefined {
  if (Number.isInteger(value) ? value >= leastInteger && value <= mostInteger : Number.isFinite(value))
    return undefined;
  return `${shortened(path)}: ${value} is out of range; integers must be within [${leastInteger}; ${mostInteger}].`;
}

/** A section whose content grew beyond its limit. */
export function sizeProblem(section: SectionName, content: JsonObject): string | undefined {
  const size = sizeOf(content);
  return size <= sectionSizes[section]
    ? undefined
    : `${pathOf(section)}: a size of ${size} bytes is too large; at most ${sectionSizes[section]} are allowed.`;
}

/** Keys and strings count their UTF-8 bytes without control characters, numbers 8, booleans 4; brackets and commas nothing. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return countedBytes(value);
  if (typeof value === 'number') return 8;
  if (typeof value === 'boolean') return 4;
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + sizeOf(entry), 0);
  if (!isObject(value)) return 0;
  let sum = 0;
  for (const name of Object.keys(value)) sum += Buffer.byteLength(name) + sizeOf(value[name]);
  return sum;
}

const countedBytes = (text: string): number => Buffer.byteLength(text.replace(controls, ''));

const tooDeep = (path: string): string => `${shortened(path)}: nested too deep; at most ${deepest} levels are allowed.`;

const shortened = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}...` : path);

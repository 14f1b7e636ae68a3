// The fields of a schema as rows of a Markdown table: what each is, what it may be, and what it is when left out.
import type { JsonSchema } from '../commands/json-schemas.ts';

export const tableOf = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.map(inCell).join(' | ')} |`).join('\n');

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

/** @param besides names of fields that are told elsewhere. */
export function fieldsOf(schema: JsonSchema, besides: readonly string[] = ['kind']): string {
  const rows = rowsOf(schema, schema, '', besides);
  return rows.length === 0 ? 'No settings.' : tableOf(['field', 'what it is', 'allowed', 'left out'], rows);
}

function rowsOf(schema: JsonSchema, root: JsonSchema, above: string, besides: readonly string[]): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (besides.includes(name)) return [];
    const path = `${above}${name}`;
    const needed = schema.required?.includes(name) ?? false;
    const leftOut = 'default' in field ? code(field.default) : needed ? 'needed' : '';
    const row = [`\`${path}\``, field.description ?? '', allowed(field, root), leftOut];
    return [row, ...(field.properties === undefined ? [] : rowsOf(field, root, `${path}.`, []))];
  });
}

const known: Readonly<Record<string, string>> = {
  Distribution: 'a [distribution](faults.md#how-long)',
  Stub: 'an [answer by rule](#answers-by-rule)',
};

/** What a value may be, in words. */
function allowed(field: JsonSchema, root: JsonSchema): string {
  if (field.$ref !== undefined) {
    const name = field.$ref.slice('#/$defs/'.length);
    // What has no name of its own among the schemas is JSON as such, which refers to itself.
    return known[name] ?? (name.startsWith('behaviour.') ? 'a behaviour' : 'any JSON');
  }
  if (field.const !== undefined) return code(field.const);
  if (field.enum !== undefined) return field.enum.map(code).join(', ');
  const choices = field.anyOf ?? field.oneOf;
  if (choices !== undefined) {
    const words = [...new Set(choices.map((one) => allowed(one, root)))];
    return words.length > 6 ? 'any JSON' : words.join(', ');
  }
  if (field.type === 'array') {
    const items = field.items === undefined ? 'any JSON' : allowed(field.items, root);
    return `a list${between(field.minItems, field.maxItems, ' of ', '')}: ${items}`;
  }
  if (field.type === 'integer' || field.type === 'number') {
    const words = field.type === 'integer' ? 'whole number' : 'number';
    return `${words}${between(field.minimum, field.maximum, ', ', '')}`;
  }
  if (field.type === 'string') return `text${between(field.minLength, field.maxLength, ', ', ' characters')}`;
  if (field.type === 'object') return field.properties === undefined ? 'an object' : 'an object of these fields';
  return field.type ?? 'any JSON';
}

/** Limits that stand for no limit are left out. */
function between(low: number | undefined, high: number | undefined, before: string, after: string): string {
  const least = low === undefined || low <= Number.MIN_SAFE_INTEGER ? undefined : low;
  const most = high === undefined || high >= Number.MAX_SAFE_INTEGER ? undefined : high;
  if (least === undefined && most === undefined) return '';
  if (least === undefined) return `${before}at most ${most}${after}`;
  if (most === undefined) return `${before}at least ${least}${after}`;
  return `${before}${least} to ${most}${after}`;
}

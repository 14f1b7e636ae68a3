// What may stand at a place of a query: keywords, functions with their line of help, collections, roots, and paths that were seen in results.
import { queryAggregates, queryFunctions, queryKeywords, queryRoots } from '../../preload/contract/query-words.ts';

export type WordKind = 'keyword' | 'function' | 'collection' | 'path';
export interface Word {
  readonly label: string;
  readonly kind: WordKind;
  /** One line of help. */
  readonly says: string;
  /** What is put in, when it is not the label. */
  readonly insert?: string;
}
export interface Completion {
  /** Where the word that is being written begins. */
  readonly from: number;
  readonly words: readonly Word[];
}

/** A whole query, or the text after WHERE. */
export type TextKind = 'query' | 'condition';
type Collection = keyof typeof queryRoots;

const collections: readonly Word[] = [
  { label: 'devices', kind: 'collection', says: 'twins of devices' },
  { label: 'devices.modules', kind: 'collection', says: 'twins of modules' },
  { label: 'devices.jobs', kind: 'collection', says: 'what jobs did, device by device' },
];
const keywords = queryKeywords.map(({ word, says }): Word => ({ label: word, kind: 'keyword', says }));
const functionWords = (table: Readonly<Record<string, { readonly call: string; readonly says: string }>>): Word[] =>
  Object.entries(table).map(([label, { call, says }]) => ({
    label,
    kind: 'function',
    says: `${call}: ${says}`,
    insert: call.endsWith('()') ? `${label}()` : `${label}(`,
  }));
const functions = functionWords(queryFunctions);
const aggregates = functionWords(queryAggregates);

const shown = 60;

/**
 * Undefined when there is nothing to offer: inside a text, or when the word is complete.
 * @param asked offers everything even before the first letter
 */
export function completionAt(
  text: string,
  at: number,
  { kind, paths, asked }: { readonly kind: TextKind; readonly paths: readonly string[]; readonly asked: boolean },
): Completion | undefined {
  const before = text.slice(0, at);
  if (insideText(before)) return undefined;
  const written = /[A-Za-z_$][\w$.\]]*(?:\[\[[^\]]*)?$/.exec(before)?.[0] ?? '';
  if (written === '' && !asked) return undefined;
  const from = at - written.length;
  const typed = written.toLowerCase();
  const words = wordsFor(before.slice(0, from), text, kind, paths)
    .filter(({ label }) => label.toLowerCase().startsWith(typed))
    .slice(0, shown);
  return words.length === 0 || (words.length === 1 && words[0]?.label === written) ? undefined : { from, words };
}

function wordsFor(before: string, whole: string, kind: TextKind, paths: readonly string[]): readonly Word[] {
  if (/\bFROM\s+$/i.test(before)) return collections;
  const collection = collectionOf(whole);
  const roots = queryRoots[collection].map(({ word, says }): Word => ({ label: word, kind: 'path', says }));
  const seen = paths.map((label): Word => ({ label, kind: 'path', says: 'seen in results' }));
  const choosing = kind === 'query' && !/\bFROM\b/i.test(before);
  return [
    ...roots,
    ...(collection === 'devices.jobs' ? [] : seen),
    ...keywords,
    ...(choosing ? aggregates : []),
    ...functions,
  ];
}

export function collectionOf(text: string): Collection {
  const name = /\bFROM\s+(devices(?:\.\w+)?)/i.exec(text)?.[1]?.toLowerCase();
  return name === 'devices.modules' || name === 'devices.jobs' ? name : 'devices';
}

/** Quotes are doubled or escaped with a backslash inside texts. */
function insideText(before: string): boolean {
  let open = '';
  for (let at = 0; at < before.length; at += 1) {
    const sign = before[at] as string;
    if (open === '') {
      if (sign === "'" || sign === '"') open = sign;
    } else if (sign === '\\') at += 1;
    else if (sign === open) open = '';
  }
  return open !== '';
}

/** The text after WHERE up to GROUP BY or ORDER BY; `*` when there is none. For devices.modules with its FROM, as jobs take it. */
export function conditionOf(query: string): string {
  const hidden = query.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/g, (literal) => ' '.repeat(literal.length));
  const where = /\bWHERE\b/i.exec(hidden);
  const start = where ? where.index + where[0].length : query.length;
  const end = /\b(?:GROUP|ORDER)\s+BY\b/i.exec(hidden.slice(start));
  const condition = query.slice(start, end ? start + end.index : undefined).trim();
  if (collectionOf(hidden) !== 'devices.modules') return condition === '' ? '*' : condition;
  return condition === '' ? 'FROM devices.modules' : `FROM devices.modules WHERE ${condition}`;
}

const sections = ['tags', 'properties.desired', 'properties.reported'] as const;
const pathsKept = 400;

/** Paths below tags and properties that occur in rows, in order of first sight, added to those known before. */
export function pathsIn(
  rows: readonly Readonly<Record<string, unknown>>[],
  known: readonly string[],
): readonly string[] {
  const found = new Set(known);
  const walk = (value: unknown, path: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 5) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name.startsWith('$') || found.size >= pathsKept) continue;
      const here = /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}.[[${name}]]`;
      found.add(here);
      walk(inner, here, depth + 1);
    }
  };
  for (const row of rows.slice(0, 50)) for (const section of sections) walk(memberOf(row, section), section, 0);
  return found.size === known.length ? known : [...found];
}

const memberOf = (row: Readonly<Record<string, unknown>>, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined | null)?.[name], row);

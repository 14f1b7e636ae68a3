// Where a value stands among others of any kind, as plain data that fits into a continuation: nothing, null, false, true, numbers, texts.
import { createHash } from 'node:crypto';

/** `[kind, value]`. Lists and objects have no order; they stand with what is missing. */
export type Rank = readonly [kind: 0 | 1 | 2 | 3 | 4, value: number | string];

/** Longer texts stand by their first characters, then by a digest of the whole: a continuation must fit into a header. */
const longestRanked = 256;

export function rankOf(value: unknown): Rank {
  if (value === null) return [1, 0];
  if (typeof value === 'boolean') return [2, value ? 1 : 0];
  if (typeof value === 'number') return [3, value];
  if (typeof value !== 'string') return [0, 0];
  if (value.length <= longestRanked) return [4, value];
  return [4, value.slice(0, longestRanked) + createHash('sha256').update(value).digest('hex').slice(0, 32)];
}

/** Below 0 when `one` stands first. Texts are in order of code units, as ids are in lists. */
export function compareRanks(one: Rank, other: Rank): number {
  if (one[0] !== other[0]) return one[0] - other[0];
  return one[1] < other[1] ? -1 : one[1] > other[1] ? 1 : 0;
}

export function isRank(value: unknown): value is Rank {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [kind, inside] = value;
  return kind === 4
    ? typeof inside === 'string'
    : Number.isInteger(kind) && kind >= 0 && kind < 4 && typeof inside === 'number';
}

// What `x-ms-continuation` says: how far a query came, by values and never by counts, so that what comes and goes in between neither
// doubles nor hides another result. Only for the query that it was given for.
import { createHash } from 'node:crypto';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { isRank, type Rank } from './rank.ts';

export interface Progress {
  /** The last result given: its place in ORDER BY, when there is one, and its own. */
  readonly sort?: Rank;
  readonly key: Rank;
  /** How many more TOP allows. */
  readonly left?: number;
}

export function writeContinuation(query: string, { sort, key, left }: Progress): string {
  return Buffer.from(JSON.stringify([digestOf(query), sort ?? null, key, left ?? null])).toString('base64');
}

export function readContinuation(query: string, text: string): Progress | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64').toString());
  } catch {
    return foreign();
  }
  if (!Array.isArray(value) || value.length !== 4) return foreign();
  const [digest, sort, key, left] = value as readonly unknown[];
  if (digest !== digestOf(query) || !isRank(key) || !(sort === null || isRank(sort))) return foreign();
  if (left === null) return { key, ...(sort === null ? {} : { sort }) };
  return Number.isInteger(left) && (left as number) > 0
    ? { key, left: left as number, ...(sort === null ? {} : { sort }) }
    : foreign();
}

const foreign = (): Refusal =>
  refuse('ArgumentInvalid', 'x-ms-continuation: is not one that this hub gave for this query.');

const digestOf = (query: string): string => createHash('sha256').update(query.trim()).digest('hex').slice(0, 12);

// The aggregates: each takes values one by one and says at the end what they come to. What it cannot take is passed over. Pure.
import type { QueryAggregate } from '../../vocabulary/query-words.ts';
import { finite } from './functions.ts';
import { compareRanks, rankOf } from './rank.ts';

export interface Collect {
  add(value: unknown): void;
  /** Undefined when there was nothing to take. */
  result(): unknown;
}

const makers = {
  COUNT: () => {
    let count = 0;
    return {
      add: () => {
        count += 1;
      },
      result: () => count,
    };
  },
  SUM: () => summed((sum) => sum),
  AVG: () => summed((sum, count) => sum / count),
  MIN: () => best(-1),
  MAX: () => best(1),
} as const satisfies Record<QueryAggregate, () => Collect>;

export const collectorOf = (aggregate: QueryAggregate): Collect => makers[aggregate]();

function summed(give: (sum: number, count: number) => number): Collect {
  let sum = 0;
  let count = 0;
  return {
    add(value) {
      if (typeof value !== 'number') return;
      sum += value;
      count += 1;
    },
    result: () => (count === 0 ? undefined : finite(give(sum, count))),
  };
}

/** The smallest or largest number; of texts only when there is no number. */
function best(sign: -1 | 1): Collect {
  let number: number | undefined;
  let text: string | undefined;
  return {
    add(value) {
      if (typeof value === 'number') {
        if (number === undefined || (value - number) * sign > 0) number = value;
      } else if (typeof value === 'string') {
        if (text === undefined || compareRanks(rankOf(value), rankOf(text)) * sign > 0) text = value;
      }
    },
    result: () => number ?? text,
  };
}

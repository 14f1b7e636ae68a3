// Finds the text or key in a query that begins and does not end: reading stops at its first character and cannot say why.
import { Mistake } from './problem.ts';

export function unendedText(query: string): Mistake | undefined {
  for (let at = 0; at < query.length; at++) {
    const character = query[at];
    if (character === "'" || character === '"') {
      const end = endOfText(query, at);
      if (end === undefined) return new Mistake(at, `the text that begins with ${character} here does not end`);
      at = end;
    } else if (character === '[' && query[at + 1] === '[' && /[.\p{L}\p{N}_$\]]/u.test(query[at - 1] ?? '')) {
      const end = query.indexOf(']]', at + 2);
      if (end === -1) return new Mistake(at, 'the key that begins with [[ here does not end');
      at = end + 1;
    }
  }
  return undefined;
}

/** The place of the closing quote. */
function endOfText(query: string, start: number): number | undefined {
  for (let at = start + 1; at < query.length; at++) {
    if (query[at] === '\\') at += 1;
    else if (query[at] === query[start]) return at;
  }
  return undefined;
}

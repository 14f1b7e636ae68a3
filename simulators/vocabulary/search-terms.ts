// The little language of every filter box: words and `key:value` terms, all of which must hold; `-` negates one, `*` stands for any text.

export interface SearchTerm {
  /** As typed, without the `-`. */
  readonly text: string;
  readonly negated: boolean;
  /** Lower case; undefined for a plain word. */
  readonly key?: string;
  readonly value: string;
}

export function searchTerms(filter: string): SearchTerm[] {
  return filter
    .split(/\s+/)
    .filter(Boolean)
    .map((token) => {
      const negated = token.length > 1 && token.startsWith('-');
      const text = negated ? token.slice(1) : token;
      const colon = text.indexOf(':');
      return colon > 0
        ? { text, negated, key: text.slice(0, colon).toLowerCase(), value: text.slice(colon + 1) }
        : { text, negated, value: text };
    });
}

/** Whether a whole text matches, ignoring case, with `*` for any run of characters. */
export function wildcard(value: string): (text: string) => boolean {
  const source = value
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const expression = new RegExp(`^${source}$`, 'is');
  return (text) => expression.test(text);
}

/** Whether a word occurs anywhere in a text, ignoring case; with `*` in it the whole text must match. */
export function containing(word: string): (text: string) => boolean {
  if (word.includes('*')) return wildcard(word);
  const wanted = word.toLowerCase();
  return (text) => text.toLowerCase().includes(wanted);
}

/** All tests must pass, each turned round where its term is negated. */
export function allOf<T>(filter: string, testOf: (term: SearchTerm) => (value: T) => boolean): (value: T) => boolean {
  const tests = searchTerms(filter).map((term) => {
    const test = testOf(term);
    return term.negated ? (value: T) => !test(value) : test;
  });
  return (value) => tests.every((test) => test(value));
}

// The parser that the grammar describes. Making it takes a tenth of a second, so a build puts the finished parser in the place of this file
// (main/launch/build.mjs); what runs from the sources makes it with its first hub.
import peggy from 'peggy';
import { grammar, startRules } from './grammar.ts';

export interface Parser {
  /** Throws an error with a `location` for a text that the rule does not have. @param options `make` is what the grammar asks while it reads. */
  parse(text: string, options: { readonly startRule: (typeof startRules)[number]; readonly make: object }): unknown;
}

export const newParser = (): Parser => peggy.generate(grammar, { allowedStartRules: [...startRules] }) as Parser;

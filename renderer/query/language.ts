// Colours of the query language: keywords, functions, texts, numbers, fixed values.

import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import { queryAggregates, queryFunctions, queryKeywords } from '../../preload/contract/query-words.ts';

const fixed = new Set(['true', 'false', 'null', 'undefined']);
const keywords = new Set(queryKeywords.flatMap(({ word }) => (fixed.has(word) ? [] : word.split(' '))).concat('BY'));
const functions = new Set([...Object.keys(queryFunctions), ...Object.keys(queryAggregates)]);

const language = StreamLanguage.define<{ readonly inside: string }>({
  name: 'query',
  startState: () => ({ inside: '' }),
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^'(?:\\.|[^'\\])*'?/) || stream.match(/^"(?:\\.|[^"\\])*"?/)) return 'string';
    if (stream.match(/^(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/i)) return 'number';
    const word = stream.match(/^[A-Za-z_$][\w$]*/);
    if (word && typeof word !== 'boolean') {
      const [text] = word;
      // A name behind a dot is a member, whatever it is called.
      if (stream.string[stream.start - 1] === '.') return null;
      if (fixed.has(text.toLowerCase())) return 'atom';
      if (functions.has(text.toUpperCase()) && /^\s*\(/.test(stream.string.slice(stream.pos))) return 'call';
      return keywords.has(text.toUpperCase()) ? 'keyword' : null;
    }
    stream.next();
    return null;
  },
  tokenTable: { call: tags.function(tags.variableName), atom: tags.atom },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--json-word)', fontWeight: '600' },
  { tag: tags.function(tags.variableName), color: 'var(--json-key)' },
  { tag: tags.string, color: 'var(--json-string)' },
  { tag: [tags.number, tags.atom], color: 'var(--json-number)' },
]);

export const queryLanguage = [language, syntaxHighlighting(colours)];

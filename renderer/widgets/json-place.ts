// Finds where a text stops being JSON (RFC 8259), which engines' own messages often keep to themselves.

export interface WrongPlace {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  /** What stands there instead, shortened. */
  readonly found: string;
}

const token =
  /[ \t\r\n]+|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;

type Want = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'next' | 'end';
const names: Readonly<Record<Want, string>> = {
  value: 'a value',
  'value or ]': 'a value or ]',
  key: 'a name in double quotes',
  'key or }': 'a name in double quotes or }',
  colon: 'a colon',
  next: 'a comma',
  end: 'the end of the text',
};

/** Undefined when the text is JSON. */
export function wrongPlace(text: string): WrongPlace | undefined {
  const open: string[] = [];
  let want: Want = 'value';
  const after = (): Want => (open.length === 0 ? 'end' : 'next');
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text)?.[0];
    if (found === undefined) return placeOf(text, at, expected(want, open));
    if (/^\s/.test(found)) continue;
    const isValue = /^["\-0-9tfn]/.test(found);
    if (want.startsWith('value') && (isValue || found === '{' || found === '[')) {
      if (!isValue) open.push(found);
      want = found === '{' ? 'key or }' : found === '[' ? 'value or ]' : after();
    } else if (want.startsWith('key') && found.startsWith('"')) want = 'colon';
    else if (want === 'colon' && found === ':') want = 'value';
    else if (want === 'next' && found === ',') want = open.at(-1) === '{' ? 'key' : 'value';
    else if (closes(found, want, open.at(-1))) {
      open.pop();
      want = after();
    } else return placeOf(text, at, expected(want, open));
  }
  return want === 'end' ? undefined : placeOf(text, text.length, expected(want, open));
}

const closes = (found: string, want: Want, last: string | undefined): boolean =>
  (found === '}' && last === '{' && (want === 'next' || want === 'key or }')) ||
  (found === ']' && last === '[' && (want === 'next' || want === 'value or ]'));

const expected = (want: Want, open: readonly string[]): string =>
  want === 'next' ? `${names.next} or ${open.at(-1) === '{' ? '}' : ']'}` : names[want];

function placeOf(text: string, at: number, wanted: string): WrongPlace {
  const before = text.slice(0, at);
  return {
    line: before.split('\n').length,
    column: at - before.lastIndexOf('\n'),
    expected: wanted,
    found: at >= text.length ? 'the end of the text' : (/^\S{1,12}/.exec(text.slice(at))?.[0] ?? text[at] ?? ''),
  };
}

// What a telemetry message says: JSON with placeholders in its texts, taken apart once per fleet, written once per message. Chance and time are
// the caller's.
//
// A text that is one placeholder giving a number, true, false or null becomes that; braces around anything else stay as they are.

/** Every placeholder, as it is written and what it gives: for help beside the field where a template is typed. */
export const placeholders = [
  { written: '{deviceId}', gives: 'the identity: pump-1, or pump-1/camera for a module' },
  { written: '{index}', gives: "its number in the fleet, from 1; a module has its device's" },
  { written: '{count}', gives: 'messages of this device so far, this one included' },
  { written: '{time}', gives: 'now, as 2026-11-21T14:00:00.000Z' },
  {
    written: '{random:low:high}',
    gives:
      'a number drawn evenly, both ends included; with the decimals of the bounds, or as many as a third number says',
  },
  {
    written: '{walk:low:high:step}',
    gives:
      'a number that begins in the middle and moves by at most step each time, within its bounds; decimals as above',
  },
  { written: '{pick:a:b}', gives: 'one of the words' },
] as const;

/** A value with a name. Decimals: 0 to 9. */
export type Placeholder =
  | { readonly kind: 'deviceId' | 'index' | 'count' | 'time' }
  | { readonly kind: 'random'; readonly low: number; readonly high: number; readonly decimals: number }
  | {
      readonly kind: 'walk';
      readonly low: number;
      readonly high: number;
      readonly step: number;
      readonly decimals: number;
      /** Which walk of the template it is: a device keeps a place for each. */
      readonly place: number;
    }
  | { readonly kind: 'pick'; readonly words: readonly string[] };

/** Pieces of the message's text in order. `bare` stands for a whole JSON value, quoted only when it is a text. */
export type TemplatePart = string | { readonly value: Placeholder; readonly within: 'text' | 'json text' | 'bare' };

export interface Template {
  readonly parts: readonly TemplatePart[];
  readonly walks: number;
}

/** Why a template cannot be used: a sentence that quotes the placeholder. */
export class TemplateProblem extends Error {
  override readonly name = 'TemplateProblem';
}

const pattern = /\{([A-Za-z]+)((?::[^{}:]*)*)\}/g;
const known = placeholders.map(({ written }) => written).join(' ');

/** A text at the top is the message as it stands; anything else is written as JSON. Throws TemplateProblem. */
export function parseTemplate(template: unknown): Template {
  const parts: TemplatePart[] = [];
  let walks = 0;
  const push = (part: TemplatePart): void => {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else if (part !== '') parts.push(part);
  };
  const placeholder = (match: RegExpMatchArray): Placeholder => {
    const read = readPlaceholder(match[0], match[1] ?? '', (match[2] ?? '').split(':').slice(1), walks);
    if (read.kind === 'walk') walks += 1;
    return read;
  };
  const text = (value: string, within: 'text' | 'json text'): void => {
    const written = (piece: string) => (within === 'text' ? piece : JSON.stringify(piece).slice(1, -1));
    let from = 0;
    for (const match of value.matchAll(pattern)) {
      push(written(value.slice(from, match.index)));
      push({ value: placeholder(match), within });
      from = match.index + match[0].length;
    }
    push(written(value.slice(from)));
  };
  const json = (value: unknown): void => {
    if (typeof value === 'string') {
      const [only] = value.matchAll(pattern);
      if (only !== undefined && only[0] === value) {
        push({ value: placeholder(only), within: 'bare' });
        return;
      }
      push('"');
      text(value, 'json text');
      push('"');
    } else if (Array.isArray(value)) {
      each('[', value, ']', json);
    } else if (typeof value === 'object' && value !== null) {
      each('{', Object.entries(value), '}', ([name, member]) => {
        push(`${JSON.stringify(name)}:`);
        json(member);
      });
    } else {
      push(JSON.stringify(value) ?? 'null');
    }
  };
  const each = <Item>(open: string, items: readonly Item[], close: string, write: (item: Item) => void): void => {
    push(open);
    items.forEach((item, place) => {
      if (place > 0) push(',');
      write(item);
    });
    push(close);
  };

  if (typeof template === 'string') text(template, 'text');
  else json(template);
  return { parts, walks };
}

/** Whose message it is, and where its values come from. */
export interface Drawing {
  readonly deviceId: string;
  readonly index: number;
  readonly count: number;
  /** ms since 1970. */
  readonly now: number;
  /** Evenly from [0, 1). */
  next(): number;
  /** Where each walk is; kept from message to message. Walks of this template begin at `walksBefore`. */
  readonly walks: (number | undefined)[];
  readonly walksBefore: number;
}

/** One message's text. */
export function writeTemplate({ parts }: Template, drawing: Drawing): string {
  let written = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      written += part;
      continue;
    }
    const value = draw(part.value, drawing);
    if (part.within === 'text' || (part.within === 'bare' && jsonWord.test(value) && !isText(part.value)))
      written += value;
    else written += part.within === 'bare' ? JSON.stringify(value) : JSON.stringify(value).slice(1, -1);
  }
  return written;
}

function draw(of: Placeholder, { deviceId, index, count, now, next, walks, walksBefore }: Drawing): string {
  switch (of.kind) {
    case 'deviceId':
      return deviceId;
    case 'index':
      return String(index);
    case 'count':
      return String(count);
    case 'time':
      return new Date(now).toISOString();
    case 'random': {
      const steps = 10 ** of.decimals;
      const places = Math.round((of.high - of.low) * steps) + 1;
      return (of.low + Math.floor(next() * places) / steps).toFixed(of.decimals);
    }
    case 'walk': {
      const place = walksBefore + of.place;
      const before = walks[place];
      const moved = before === undefined ? (of.low + of.high) / 2 : before + of.step * (2 * next() - 1);
      const value = Math.min(of.high, Math.max(of.low, moved));
      walks[place] = value;
      return value.toFixed(of.decimals);
    }
    case 'pick':
      return of.words[Math.floor(next() * of.words.length)] ?? '';
  }
}

/** What stands in JSON without quotes. */
const jsonWord = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null)$/;
/** A device called `7` still has a text for its id. */
const isText = (of: Placeholder): boolean => of.kind === 'deviceId' || of.kind === 'time';

function readPlaceholder(whole: string, name: string, args: readonly string[], place: number): Placeholder {
  const problem = (why: string): TemplateProblem => new TemplateProblem(`${whole}: ${why}`);
  switch (name) {
    case 'deviceId':
    case 'index':
    case 'count':
    case 'time':
      if (args.length > 0) throw problem(`takes nothing after its name`);
      return { kind: name };
    case 'random': {
      const { low, high, decimals } = bounds(args, 2, problem);
      return { kind: 'random', low, high, decimals };
    }
    case 'walk': {
      const { low, high, decimals } = bounds(args, 3, problem);
      const step = number(args[2], problem);
      if (step <= 0) throw problem('the step must be above 0');
      return { kind: 'walk', low, high, step, decimals, place };
    }
    case 'pick':
      if (args.length === 0) throw problem('needs words to pick from, as in {pick:on:off}');
      return { kind: 'pick', words: args };
    default:
      throw problem(`not a placeholder; there are ${known}`);
  }
}

type Problem = (why: string) => TemplateProblem;

/** Low, high and, after the `count` numbers that are needed, the decimals. */
function bounds(args: readonly string[], count: number, problem: Problem) {
  if (args.length !== count && args.length !== count + 1) {
    throw problem(`needs ${count === 2 ? 'low and high' : 'low, high and step'}, and may end in a number of decimals`);
  }
  const low = number(args[0], problem);
  const high = number(args[1], problem);
  if (low > high) throw problem(`low (${low}) must not be above high (${high})`);
  const given = args.length > count ? number(args[count], problem) : undefined;
  if (given !== undefined && (!Number.isInteger(given) || given < 0 || given > 9)) {
    throw problem('decimals: a whole number from 0 to 9');
  }
  return { low, high, decimals: given ?? Math.min(9, Math.max(...args.slice(0, count).map(decimalsOf))) };
}

function number(text: string | undefined, problem: Problem): number {
  const value = text === undefined || !/^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw problem(`'${text ?? ''}' is not a number such as 20 or -0.5`);
  return value;
}

const decimalsOf = (text: string): number => text.split('.')[1]?.length ?? 0;

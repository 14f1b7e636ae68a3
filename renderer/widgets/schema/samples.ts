// Recorded lengths out of a file: numbers one a line, a JSON array, or one column of a CSV.

/** The words a column of lengths is usually headed with. */
const headings = /(^|[^a-z])(ms|millis\w*|duration|latency|elapsed|delay|time)([^a-z]|$)/i;

export type Samples = { readonly samples: readonly number[] } | { readonly problem: string };

/** @param name of the file, for the sentence that says what is wrong */
export function samplesIn(text: string, name: string): Samples {
  const bare = text.replace(/^\uFEFF/, '').trim();
  if (bare === '') return { problem: `${name}: the file is empty` };
  if (bare.startsWith('[')) return fromJson(bare, name);
  const lines = bare
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const rows = lines.map((line) => line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')));
  const [first = []] = rows;
  if (rows.length === 1 && first.length > 1 && first.every(isNumber)) return checked(first.map(Number), name);
  const headed = !first.some(isNumber);
  const body = headed ? rows.slice(1) : rows;
  const named = headed ? first.findIndex((cell) => headings.test(cell)) : -1;
  const column = named >= 0 ? named : first.findIndex((_, index) => body.every((row) => isNumber(row[index] ?? '')));
  if (column < 0) return { problem: `${name}: no column holds numbers only; write one number a line, in ms` };
  const wrong = body.findIndex((row) => !isNumber(row[column] ?? ''));
  if (wrong >= 0) {
    return { problem: `${name}: line ${wrong + (headed ? 2 : 1)} holds no number: ${body[wrong]?.[column] ?? ''}` };
  }
  return checked(
    body.map((row) => Number(row[column])),
    name,
  );
}

function fromJson(text: string, name: string): Samples {
  try {
    const read = JSON.parse(text) as unknown;
    if (Array.isArray(read) && read.every((each) => typeof each === 'number')) return checked(read, name);
  } catch {
    // Said below: what is wrong is the same.
  }
  return { problem: `${name}: not a JSON array of numbers` };
}

function checked(samples: readonly number[], name: string): Samples {
  if (samples.length === 0) return { problem: `${name}: holds no number` };
  const wrong = samples.findIndex((each) => !(each >= 0 && each <= 3_600_000));
  return wrong < 0
    ? { samples }
    : { problem: `${name}: number ${wrong + 1} is ${samples[wrong]}; lengths are 0 to 3600000 ms` };
}

const isNumber = (text: string): boolean => text !== '' && Number.isFinite(Number(text));

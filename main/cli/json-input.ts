// JSON that a flag carries, as it stands or in a file (`@file`), and recorded samples that it names by their file.
import { LabError } from '../../simulators/vocabulary/errors.ts';
import type { CliHost } from './host.ts';
import { textOf } from './target-instance.ts';

export type JsonObject = Readonly<Record<string, unknown>>;
type Files = Pick<CliHost, 'cwd'>;

/** An object of JSON. Throws LabError input.invalid or file.unreadable, naming the flag. */
export function objectOf(flag: string, text: string, host: Files): JsonObject {
  const from = text.startsWith('@') ? `${flag}: ${text.slice(1)}` : flag;
  const value = readJson(from, text.startsWith('@') ? textOf(flag, text.slice(1), host) : text);
  if (isObject(value)) return value;
  throw new LabError('input.invalid', `${from}: expected a JSON object such as {"share":0.1}`);
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readJson(from: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const hint = from.includes('@') ? undefined : 'Quote it for the shell, or put it into a file: @settings.json';
    throw new LabError('input.invalid', `${from}: not JSON: ${(error as Error).message}`, hint);
  }
}

/** Wherever a distribution replays a file, the samples in it take the file's place: the instance need not see the file. */
export function withSamples(value: unknown, host: Files, path = '--settings'): unknown {
  if (Array.isArray(value)) return value.map((one, index) => withSamples(one, host, `${path}.${index}`));
  if (!isObject(value)) return value;
  if (value.kind === 'replay' && typeof value.file === 'string') {
    const { file, column, ...rest } = value;
    return { ...rest, samples: samplesIn(`${path}.file`, value.file, column, host) };
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, withSamples(one, host, `${path}.${name}`)]),
  );
}

/** A JSON array of numbers, numbers one a line, or a column of a CSV file with names in its first line: the named one, or the only one. */
function samplesIn(where: string, file: string, column: unknown, host: Files): readonly number[] {
  const text = textOf(where, file, host);
  const from = `${where}: ${file}`;
  if (text.trimStart().startsWith('[')) {
    const value = readJson(from, text);
    if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value;
    throw new LabError('input.invalid', `${from}: expected a JSON array of numbers, milliseconds`);
  }
  const rows = text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, cells: line.split(/[,;\t]/).map(bare) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const names = rows[0]?.cells ?? [];
  const hasNames = names.some((name) => !isNumber(name));
  const at = columnOf(from, column, names, hasNames);
  return rows.slice(hasNames ? 1 : 0).map(({ number, cells }) => {
    const cell = cells[at] ?? '';
    if (isNumber(cell)) return Number(cell);
    throw new LabError('input.invalid', `${from}: line ${number}: '${cell}' is not a number of milliseconds`);
  });
}

const bare = (cell: string): string => cell.trim().replace(/^"(.*)"$/, '$1');
const isNumber = (cell: string): boolean => cell !== '' && Number.isFinite(Number(cell));

function columnOf(from: string, column: unknown, names: readonly string[], hasNames: boolean): number {
  if (column === undefined && names.length <= 1) return 0;
  const at = hasNames && typeof column === 'string' ? names.indexOf(column) : -1;
  if (at >= 0) return at;
  const known = hasNames ? `; it has ${names.join(', ')}` : '; its first line has no names';
  throw new LabError(
    'input.invalid',
    column === undefined
      ? `${from}: has several columns${known}`
      : `${from}: there is no column ${JSON.stringify(column)}${known}`,
    'Name one: {"kind":"replay","file":"...","column":"..."}',
  );
}

// Rows of JSON as a table for people: columns as wide as what they hold, objects as JSON, long values cut.
export type Row = Readonly<Record<string, unknown>>;

const widest = 48;

/** Of the rows of `devices.jobs`, within a job. */
export const deviceJobColumns: readonly Column[] = [
  'deviceId',
  'moduleId',
  'status',
  ['outcome.deviceMethodResponse', 'response'],
  ['error.code', 'error'],
];

/** A member of the rows, or a dotted path below one with the name it is shown by. */
export type Column = string | readonly [path: string, shown: string];

/** @param columns those no row has are left out. Without any given every member of the rows is one. */
export function tableOf(rows: readonly Row[], columns: readonly Column[] = membersOf(rows)): string {
  const used = columns
    .map((column) => (typeof column === 'string' ? ([column, column] as const) : column))
    .filter(([path]) => rows.some((row) => at(row, path) !== undefined));
  const lines = [used.map(([, shown]) => shown), ...rows.map((row) => used.map(([path]) => cellOf(at(row, path))))];
  const widths = used.map((_, index) => Math.max(...lines.map((line) => (line[index] as string).length)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const membersOf = (rows: readonly Row[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))];

function at(row: Row, path: string): unknown {
  // A name may hold a dot by itself: what a query chose is called as it says.
  if (Object.hasOwn(row, path)) return row[path];
  let value: unknown = row;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Row)[step];
  }
  return value;
}

function cellOf(value: unknown): string {
  if (value === undefined) return '';
  // Whatever a device says is on one line and controls nothing.
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\p{Cc}/gu, ' ');
  return text.length > widest ? `${text.slice(0, widest - 3)}...` : text;
}

// Rows of JSON as a table for people: columns as wide as what they hold, objects as JSON, long values cut.
export type Row = Readonly<Record<string, unknown>>;

const widest = 48;

/** @param columns dotted paths; those no row has are left out. Without them every member of the rows is a column. */
export function tableOf(rows: readonly Row[], columns: readonly string[] = membersOf(rows)): string {
  const used = columns.filter((column) => rows.some((row) => at(row, column) !== undefined));
  const lines = [used, ...rows.map((row) => used.map((column) => cellOf(at(row, column))))];
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
  let value: unknown = row;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
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

// `hubfleet query`: the query language from a terminal, page after page.
import type { Command } from 'commander';
import { accepted, read } from './answers.ts';
import { wholeNumber } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { type Column, deviceJobColumns, type Row, tableOf } from './table.ts';
import { type HubFlagsOfService, withHubFlags, withInvoker } from './target-hub.ts';

interface QueryFlags extends HubFlagsOfService {
  readonly top?: number;
  readonly lines?: boolean;
}

const largestPage = 1_000;
/** A whole twin does not fit into a line. */
const twinColumns = ['deviceId', 'moduleId', 'status', 'connectionState', 'authenticationType', 'version', 'tags'];
const jobColumns = ['jobId', ...deviceJobColumns, 'endTimeUtc'];

export function addQueryCommand(program: Command, host: CliHost, tools: CliTools): void {
  withHubFlags(program.command('query').description('ask for twins, modules or jobs in the query language'))
    .argument('<text>', 'such as "SELECT * FROM devices WHERE tags.site = \'north\'"')
    .option('--top <count>', 'how many rows at most', wholeNumber(1, 1_000_000))
    .option('--lines', 'print each row as a line of JSON, as it comes')
    .action((text: string, flags: QueryFlags) =>
      withInvoker(flags, host, tools, async (invoker) => {
        const rows: Row[] = [];
        const most = flags.top ?? Number.POSITIVE_INFINITY;
        let count = 0;
        for await (const page of invoker.queryPages(text, Math.min(most, largestPage))) {
          const found = read<readonly Row[]>(accepted(page)).slice(0, most - count);
          count += found.length;
          if (flags.lines) for (const row of found) host.out(JSON.stringify(row));
          else rows.push(...found);
          if (count >= most) break;
        }
        if (flags.lines) return;
        if (flags.json) host.out(JSON.stringify(rows));
        else if (rows.length > 0) host.out(tableOf(rows, columnsFor(rows)));
        if (!flags.json) host.err(`${count} ${count === 1 ? 'row' : 'rows'}`);
      }),
    );
}

/** Undefined: all that the query chose. */
function columnsFor(rows: readonly Row[]): readonly Column[] | undefined {
  const first = rows[0] ?? {};
  if ('properties' in first && 'etag' in first) return twinColumns;
  return 'jobId' in first && 'createdDateTimeUtc' in first ? jobColumns : undefined;
}

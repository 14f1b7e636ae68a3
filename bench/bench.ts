// `npm run bench -- [group...] [--json] [--runs 5]`: measures Hubfleet beside bare references and the official SDK, in the same run on the
// same machine. Exit codes: 0 measured (whether goals hold is in the report), 1 could not measure, 2 invalid input, 130 interrupted.
import { FlagProblem, readFlags } from './flags.ts';
import { type GroupName, groups } from './groups/groups.ts';
import { Programs } from './processes/start.ts';
import { figureOf, type Measured } from './report/figures.ts';
import { jsonOf, machineOf, tableOf } from './report/report.ts';

const names = Object.keys(groups) as GroupName[];
const usage = `npm run bench -- [group...] [--json] [--runs <1-50>]

groups: ${names.join(', ')}; all of them when none is named
--json  one line of JSON on the standard output
--runs  rounds to take the median of, 5 unless told`;

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2), names);
  if (flags.help) {
    console.log(usage);
    return 0;
  }
  const programs = new Programs();
  process.once('SIGINT', () => void programs.stopAll().finally(() => process.exit(130)));
  const measured: Measured[] = [];
  try {
    for (const name of flags.groups) {
      const tools = { programs, runs: flags.runs, say: (text: string) => console.error(text) };
      measured.push(...(await groups[name](tools)));
    }
  } finally {
    await programs.stopAll();
  }
  const machine = machineOf(flags.runs, new Date());
  const figures = measured.map(figureOf);
  console.log(flags.json ? jsonOf(machine, figures) : tableOf(machine, figures));
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof FlagProblem ? error.message : error);
  process.exitCode = error instanceof FlagProblem ? 2 : 1;
}

// The bench's command line. What it cannot use it refuses with a sentence that names the flag, the value and what would do.
import { parseArgs } from 'node:util';

export interface BenchFlags<Name extends string> {
  readonly groups: readonly Name[];
  readonly json: boolean;
  readonly runs: number;
  readonly help: boolean;
}

export class FlagProblem extends Error {}

const mostRuns = 50;
const known = ['json', 'runs', 'help'];

export function readFlags<Name extends string>(args: readonly string[], names: readonly Name[]): BenchFlags<Name> {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      runs: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!known.includes(token.name))
      throw new FlagProblem(
        `${token.rawName}: there is no such flag; there are ${known.map((name) => `--${name}`).join(', ')}`,
      );
    if (token.name !== 'runs' && token.value !== undefined)
      throw new FlagProblem(`${token.rawName}: takes no value, got '${token.value}'`);
  }
  const groups = positionals.map((name) => {
    if (!(names as readonly string[]).includes(name))
      throw new FlagProblem(`group: '${name}' is none of ${names.join(', ')}`);
    return name as Name;
  });
  const asked = values.runs ?? '5';
  const runs = typeof asked === 'string' && /^\d{1,3}$/.test(asked) ? Number(asked) : 0;
  if (runs < 1 || runs > mostRuns)
    throw new FlagProblem(
      `--runs: expected a whole number from 1 to ${mostRuns}, got ${typeof asked === 'string' ? `'${asked}'` : 'nothing'}`,
    );
  return {
    groups: groups.length === 0 ? names : names.filter((name) => groups.includes(name)),
    json: values.json === true,
    runs,
    help: values.help === true,
  };
}

// The report as people read it and as scripts do.
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { Figure } from './figures.ts';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  readonly runs: number;
  readonly date: string;
}

export const machineOf = (runs: number, now: Date): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGB: Math.round(totalmem() / 1e8) / 10,
  system: `${platform()} ${release()}`,
  node: process.version,
  runs,
  date: now.toISOString().slice(0, 10),
});

export const jsonOf = (machine: Machine, figures: readonly Figure[]): string => JSON.stringify({ machine, figures });

export function tableOf(machine: Machine, figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, reference, ratio, goal, holds }) => [
    name,
    `${shown(value)} ${unit}`,
    reference === null ? '' : `${shown(reference)} ${unit}`,
    ratio === null ? '' : ratio.toFixed(2),
    goal ?? '',
    holds === null ? '' : holds ? 'holds' : 'MISSED',
  ]);
  const head = ['figure', 'ours', 'reference', 'ratio', 'goal', ''];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] as string).length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ')
      .trimEnd();
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node}; medians of ${machine.runs}`,
    '',
    line(head),
    ...rows.map(line),
  ].join('\n');
}

const shown = (value: number): string => (value >= 1_000 ? Math.round(value).toLocaleString('en-US') : String(value));

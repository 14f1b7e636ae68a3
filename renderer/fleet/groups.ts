// Rows gathered into groups: each group has a line of its own above its rows. Pure arithmetic between lines drawn and rows of the host.
import type { FleetView } from '../connection/shapes.ts';

export type Groups = NonNullable<FleetView['groups']>;
export type Group = Groups[number];

/** The line a row is drawn on. */
export const lineOf = (row: number, groups: Groups): number => row + groups.filter(({ from }) => from <= row).length;

/** What stands on a line: a group's own, or the row with that number. */
export function onLine(line: number, groups: Groups): Group | number {
  let above = 0;
  for (const group of groups) {
    if (group.from + above > line) break;
    if (group.from + above === line) return group;
    above += 1;
  }
  return line - above;
}

/** The row nearest to a line, from there on. */
export function rowFrom(line: number, groups: Groups): number {
  const found = onLine(line, groups);
  return typeof found === 'number' ? found : found.from;
}

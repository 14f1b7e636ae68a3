// A group of figures that are measured together, in one set of processes.
import type { Programs } from '../processes/start.ts';
import type { Measured } from '../report/figures.ts';

export interface GroupTools {
  readonly programs: Programs;
  readonly runs: number;
  /** A line on what is going on. */
  readonly say: (text: string) => void;
}

export type Group = (tools: GroupTools) => Promise<readonly Measured[]>;

/** A measured side by its name: ours or one of the references. */
export type Side = () => Promise<void>;

/** Each round measures every side once; each round begins with another, so that no side always follows the same one. */
export async function inTurns(runs: number, sides: readonly Side[], say: (round: number) => void): Promise<void> {
  for (let round = 0; round < runs; round++) {
    say(round + 1);
    for (let place = 0; place < sides.length; place++) await sides[(place + round) % sides.length]?.();
  }
}

export const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(5, '0')}`);

// What was measured, beside its reference and its goal; and how several runs become one number. Pure.

/** A bound on the ratio to the reference, or on the value itself where there is none. */
export interface Goal {
  readonly of: 'ratio' | 'value';
  readonly at: 'least' | 'most';
  readonly bound: number;
}

/** One line of the report. Members are only ever added: scripts read them. */
export interface Figure {
  /** `group.what`, as in `invocations.rate`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The reference's value in the same unit; null where the goal is absolute. */
  readonly reference: number | null;
  readonly ratio: number | null;
  /** As in `ratio >= 0.65`; null for a figure that is shown and not judged. */
  readonly goal: string | null;
  readonly holds: boolean | null;
}

export interface Measured {
  readonly name: string;
  readonly unit: string;
  /** One value a run. */
  readonly ours: readonly number[];
  readonly reference?: readonly number[];
  readonly goal?: Goal;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no run gave a value');
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export function figureOf({ name, unit, ours, reference, goal }: Measured): Figure {
  const value = median(ours);
  const beside = reference === undefined ? null : median(reference);
  const ratio = beside === null ? null : value / beside;
  const judged = goal?.of === 'ratio' ? ratio : value;
  return {
    name,
    value: rounded(value),
    unit,
    reference: beside === null ? null : rounded(beside),
    ratio: ratio === null ? null : rounded(ratio),
    goal: goal === undefined ? null : `${goal.of} ${goal.at === 'least' ? '>=' : '<='} ${goal.bound}`,
    holds:
      goal === undefined || judged === null ? null : goal.at === 'least' ? judged >= goal.bound : judged <= goal.bound,
  };
}

/** Four significant digits, which is more than the machine repeats. */
const rounded = (value: number): number => Number(value.toPrecision(4));

// Drift: what is desired of a device and is not what it reports.

export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Paths (`a.b.c`) of members that differ, or subtrees the device says nothing of; empty when it reports all that is desired. */
export function driftOf(desired: Tree, reported: Tree, path = ''): string[] {
  return Object.entries(desired).flatMap(([key, wanted]) => {
    const here = path === '' ? key : `${path}.${key}`;
    const said = Object.hasOwn(reported, key) ? saidOf(reported[key]) : undefined;
    if (isTree(wanted)) return isTree(said) ? driftOf(wanted, said, here) : [here];
    return JSON.stringify(wanted) === JSON.stringify(said) ? [] : [here];
  });
}

/** An acknowledgement (`{value, ac, av}`) says its value. */
const saidOf = (said: unknown): unknown =>
  isTree(said) && Object.hasOwn(said, 'value') && Object.hasOwn(said, 'av') ? said.value : said;

// The twin laid out for reading: one line a path, desired beside reported; and the merge patch that turns one document into another.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = Readonly<Record<string, unknown>>;

export interface TwinLine {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  /** Has lines of its own below. */
  readonly group: boolean;
  readonly desired?: unknown;
  readonly reported?: unknown;
  readonly drift: boolean;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `$version` and `$metadata` are the hub's own and shown elsewhere. */
const keysOf = (value: unknown): string[] =>
  isFields(value) ? Object.keys(value).filter((key) => !key.startsWith('$')) : [];

/** Both documents as one list of lines, in order of the desired one, then what is only reported. */
export function twinLines(desired: Fields, reported: Fields, drift: ReadonlySet<string>): readonly TwinLine[] {
  const lines: TwinLine[] = [];
  const walk = (left: unknown, right: unknown, prefix: string, depth: number) => {
    for (const name of new Set([...keysOf(left), ...keysOf(right)])) {
      const path = prefix === '' ? name : `${prefix}.${name}`;
      const wanted = isFields(left) ? left[name] : undefined;
      const told = isFields(right) ? right[name] : undefined;
      const group = keysOf(wanted).length + keysOf(told).length > 0;
      const drifts = drift.has(path) || [...drift].some((each) => each.startsWith(`${path}.`));
      if (group) {
        lines.push({ path, name, depth, group, drift: drifts });
        walk(wanted, told, path, depth + 1);
      } else lines.push({ path, name, depth, group, desired: wanted, reported: told, drift: drifts });
    }
  };
  walk(desired, reported, '', 0);
  return lines;
}

/** The smallest merge patch (RFC 7396) from `before` to `after`: what is gone becomes null, what is the same is left out. */
export function mergePatch(before: Fields, after: Fields): Record<string, Json> {
  const patch: Record<string, Json> = {};
  for (const key of keysOf(before)) if (!(key in after)) patch[key] = null;
  for (const key of keysOf(after)) {
    const [old, now] = [before[key], after[key]];
    if (isFields(old) && isFields(now)) {
      const inner = mergePatch(old, now);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (JSON.stringify(old) !== JSON.stringify(now)) patch[key] = now as Json;
  }
  return patch;
}

export function withoutMetadata(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !key.startsWith('$')));
}

// Which known names a wrong one was probably meant to be.

/** Those that are as near as the nearest, at most three; none when nothing is near. */
export function nearNames(wrong: string, known: readonly string[]): string[] {
  const asked = wrong.toLowerCase();
  const within = Math.max(2, Math.floor(asked.length / 3));
  const near = known
    .map((name) => ({ name, far: farFrom(asked, name.toLowerCase()) }))
    .filter(({ far }) => far <= within)
    .sort((a, b) => a.far - b.far);
  const nearest = near[0]?.far ?? 0;
  return near
    .filter(({ far }) => far === nearest)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `Did you mean reply.delay?`, or the fallback. */
export function didYouMean(wrong: string, known: readonly string[], otherwise: string): string {
  const near = nearNames(wrong, known);
  return near.length === 0 ? otherwise : `Did you mean ${near.join(' or ')}?`;
}

/** The last part of a name, such as `delay` of `reply.delay`, is as near as one wrong letter. */
function farFrom(asked: string, name: string): number {
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (asked.length > 2 && (name.includes(asked) || (asked !== name && asked.endsWith(last)))) return 1;
  return editsBetween(asked, name);
}

function editsBetween(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    last = row;
  }
  return last[b.length] ?? 0;
}

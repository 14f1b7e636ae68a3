// What a configuration's content says about twins: `properties.desired` whole, or one path below it. Pure.
import type { Refusal } from '../../vocabulary/service-errors.ts';
import { type Body, invalid, isBody } from './configuration.ts';

export interface Desired {
  /** Takes the place of the whole section. */
  readonly whole?: Body;
  /** Merged into it, after that. */
  readonly changes?: Body;
}

const section = 'properties.desired';
/** No deeper than a twin may be. */
const deepest = 10;

/** Reads `{"properties.desired": {...}}` and `{"properties.desired.a.b": value}`. */
export function desiredOf(part: unknown): Desired | Refusal {
  if (!isBody(part)) return invalid('content: each part must be an object of paths below properties.desired.');
  let whole: Body | undefined;
  const changes: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(part)) {
    if (path === section) {
      if (!isBody(value)) return invalid(`content: '${section}' must be an object.`);
      whole = value;
    } else {
      const problem = putAt(changes, path, value);
      if (problem !== undefined) return problem;
    }
  }
  return {
    ...(whole === undefined ? {} : { whole }),
    ...(Object.keys(changes).length === 0 ? {} : { changes }),
  };
}

function putAt(changes: Record<string, unknown>, path: string, value: unknown): Refusal | undefined {
  const names = path.startsWith(`${section}.`) ? path.slice(section.length + 1).split('.') : [];
  if (names.length === 0 || names.length > deepest || names.some((name) => name === '' || name === '__proto__')) {
    return invalid(`content: '${path.slice(0, 200)}' must be '${section}' or a path below it.`);
  }
  let place = changes;
  for (const name of names.slice(0, -1)) {
    const below = place[name];
    const next: Record<string, unknown> = isBody(below) ? { ...below } : {};
    place[name] = next;
    place = next;
  }
  place[names.at(-1) ?? ''] = value;
  return undefined;
}

/** Modules by name with what is said about each: those with content of their own, and those $edgeAgent is told to run. */
export function modulesIn(content: Body): ReadonlyMap<string, unknown> {
  const parts = isBody(content.modulesContent) ? content.modulesContent : {};
  const modules = new Map<string, unknown>(Object.entries(parts));
  const agent = parts.$edgeAgent;
  const desired = isBody(agent) ? agent[section] : undefined;
  const run = isBody(desired) && isBody(desired.modules) ? Object.keys(desired.modules) : [];
  for (const name of run) if (!modules.has(name)) modules.set(name, {});
  return modules;
}

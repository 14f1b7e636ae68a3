// Users' own behaviours: a file named in a fleet's settings is looked for in the folder `behaviours` of the data folder, or is an absolute path.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import type { BehaviourSpec } from '../../simulators/vocabulary/specs.ts';

interface WithBehaviour {
  readonly behaviour?: BehaviourSpec | undefined;
}

/** The same with absolute paths. Throws file.unreadable for one that is not there. */
export function findBehaviourFiles<Spec extends WithBehaviour>(spec: Spec, folder: string): Spec {
  const found = withAbsoluteFiles(spec, folder);
  for (const file of filesOf(found.behaviour)) {
    if (statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    throw new LabError(
      'file.unreadable',
      `behaviour.file: there is no file ${file}`,
      `Put your module in ${folder}, or give its absolute path.`,
    );
  }
  return found;
}

/** The same with absolute paths, whether there is a file or not: its devices say what is wrong with it. */
export function withAbsoluteFiles<Spec extends WithBehaviour>(spec: Spec, folder: string): Spec {
  const { behaviour } = spec;
  return behaviour !== undefined && filesOf(behaviour).length > 0
    ? { ...spec, behaviour: absolute(behaviour, folder) }
    : spec;
}

function absolute<Kind extends BehaviourSpec>(behaviour: Kind, folder: string): Kind {
  if (behaviour.kind === 'module') return { ...behaviour, file: resolve(folder, behaviour.file) };
  if (behaviour.kind === 'several') return { ...behaviour, of: behaviour.of.map((part) => absolute(part, folder)) };
  return behaviour;
}

function filesOf(behaviour: BehaviourSpec | undefined): string[] {
  if (behaviour?.kind === 'module') return [behaviour.file];
  return behaviour?.kind === 'several' ? behaviour.of.flatMap(filesOf) : [];
}

// Every behaviour by its kind. A new one is a file here, a line below and a spec in vocabulary/specs.ts.
import type { BehaviourKind, BehaviourSpec } from '../../vocabulary/specs.ts';
import type { OnMethod } from './behaviour.ts';
import { echo } from './echo.ts';
import { reboot } from './reboot.ts';
import { rebootDevice } from './reboot-device.ts';

export const behaviours = { reboot, rebootDevice, echo } satisfies {
  [Kind in BehaviourKind]?: (spec: Extract<BehaviourSpec, { kind: Kind }>) => OnMethod;
};

const made = new WeakMap<BehaviourSpec, OnMethod>();

/** The behaviour a spec describes; the same one for the same object, since a fleet shares its spec. */
export function behaviourOf(spec: BehaviourSpec): OnMethod {
  let behaviour = made.get(spec);
  if (!behaviour) {
    behaviour = (
      (behaviours as Partial<Record<BehaviourKind, unknown>>)[spec.kind] as (spec: BehaviourSpec) => OnMethod
    )(spec);
    made.set(spec, behaviour);
  }
  return behaviour;
}

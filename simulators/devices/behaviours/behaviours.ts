// Every behaviour by its kind. A new one is a file here, a line below and a schema in vocabulary/behaviour-specs.ts.
import type { BehaviourKind, BehaviourSpec } from '../../vocabulary/specs.ts';
import type { Behaviour, BehaviourMaker } from './behaviour.ts';
import { echo } from './echo.ts';
import { factoryReset } from './factory-reset.ts';
import { firmwareUpdate } from './firmware-update.ts';
import { getStatus } from './get-status.ts';
import { lockup } from './lockup.ts';
import { userModule } from './module.ts';
import { reboot } from './reboot.ts';
import { rebootDevice } from './reboot-device.ts';
import { rebootDotnet } from './reboot-dotnet.ts';
import { rebootJava } from './reboot-java.ts';
import { setTelemetryInterval } from './set-telemetry-interval.ts';
import { several } from './several.ts';

const behaviours: { readonly [Kind in BehaviourKind]: BehaviourMaker<Extract<BehaviourSpec, { kind: Kind }>> } = {
  reboot,
  rebootDevice,
  rebootDotnet,
  rebootJava,
  factoryReset,
  firmwareUpdate,
  getStatus,
  echo,
  setTelemetryInterval,
  lockup,
  module: userModule,
  several: several((spec) => make(spec)),
};

const make = (spec: BehaviourSpec): Behaviour => (behaviours[spec.kind] as BehaviourMaker<BehaviourSpec>)(spec);

const made = new WeakMap<BehaviourSpec, Behaviour>();

/** The behaviour a spec describes; the same one for the same object, since a fleet shares its spec. */
export function behaviourOf(spec: BehaviourSpec): Behaviour {
  let behaviour = made.get(spec);
  if (!behaviour) {
    behaviour = make(spec);
    made.set(spec, behaviour);
  }
  return behaviour;
}

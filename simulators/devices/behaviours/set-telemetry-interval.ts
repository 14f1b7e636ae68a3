// Takes a number of seconds and sends telemetry that often from then on. A device whose fleet sends none begins, with the usual template.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { type BehaviourMaker, jsonOf } from './behaviour.ts';

type Spec = Extract<BehaviourSpec, { kind: 'setTelemetryInterval' }>;

export const setTelemetryInterval: BehaviourMaker<Spec> = ({ least, most }) => ({
  methods: ['setTelemetryInterval'],
  onMethod(request, device) {
    const asked = jsonOf(request);
    if (typeof asked !== 'number' || asked < least || asked > most) {
      return device.reply(400, { message: `The payload is a number of seconds from ${least} to ${most}, such as 10.` });
    }
    device.setTelemetryInterval(Math.round(asked * 1_000));
    return device.reply(200, { telemetryIntervalSeconds: asked });
  },
});

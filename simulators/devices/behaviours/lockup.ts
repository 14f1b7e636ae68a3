// Locks up: from the named method on the device accepts everything and never replies, until it is stopped and started, or rebooted from outside.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import type { BehaviourMaker } from './behaviour.ts';

export const lockup: BehaviourMaker<Extract<BehaviourSpec, { kind: 'lockup' }>> = ({ method }) => ({
  ...(method === '*' ? {} : { methods: [method] }),
  async onMethod(_request, device) {
    device.lockUp();
  },
});

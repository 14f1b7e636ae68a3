// The device of the .NET article: logs, answers at once, and reports nothing.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import type { BehaviourMaker } from './behaviour.ts';

/** The article's program pretends to reboot; with `dark` above 0 the device really goes dark once the answer has left. */
export const rebootDotnet: BehaviourMaker<Extract<BehaviourSpec, { kind: 'rebootDotnet' }>> = ({ dark }) => ({
  methods: ['reboot'],
  async onMethod(_request, device) {
    await device.reply(200, { result: 'Reboot started.' });
    if (dark > 0) device.reboot(dark);
  },
});

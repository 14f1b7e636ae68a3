// The device of the Java article: answers every method with 200 and the request's own payload, and reports nothing.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { type BehaviourMaker, JsonText } from './behaviour.ts';

/** The article's program does nothing on `reboot`; with `dark` above 0 the device really goes dark once the answer has left. */
export const rebootJava: BehaviourMaker<Extract<BehaviourSpec, { kind: 'rebootJava' }>> = ({ dark }) => ({
  async onMethod(request, device) {
    await device.reply(200, new JsonText(request.payload));
    if (request.name === 'reboot' && dark > 0) device.reboot(dark);
  },
});

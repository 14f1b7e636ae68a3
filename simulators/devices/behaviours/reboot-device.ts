// The device of the Python article: works, reports when it rebooted, and answers only then, so that a short response timeout sees 504.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { type BehaviourMaker, tryReport } from './behaviour.ts';

/** The article's program pretends to reboot; with `dark` above 0 the device really goes dark once the answer has left. */
export const rebootDevice: BehaviourMaker<Extract<BehaviourSpec, { kind: 'rebootDevice' }>> = ({ work, dark }) => ({
  methods: ['rebootDevice'],
  notFound: () => ({ Response: 'Unknown method' }),
  async onMethod(_request, device) {
    await device.wait(work);
    await tryReport(device, { rebootTime: device.localNow() });
    await device.reply(200, { Response: 'This is the response from the device' });
    if (dark > 0) device.reboot(dark);
  },
});

// The device of the Node article: answers `reboot` at once, reports when it rebooted, then really goes dark.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { type BehaviourMaker, tryReport } from './behaviour.ts';

/** The answer comes before the report and the reboot, so a caller sees 200 although the device is about to vanish. */
export const reboot: BehaviourMaker<Extract<BehaviourSpec, { kind: 'reboot' }>> = ({ dark }) => ({
  methods: ['reboot'],
  async onMethod(_request, device) {
    await device.reply(200, 'Reboot started');
    // The article's device logs a failed report and reboots all the same.
    await tryReport(device, { iothubDM: { reboot: { lastReboot: device.isoNow() } } });
    device.reboot(dark);
  },
});

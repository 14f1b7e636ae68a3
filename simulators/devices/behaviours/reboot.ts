// The device of the Node article: answers `reboot` at once, reports when it rebooted, then really goes dark.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { TwinFailed } from '../links/connection.ts';
import type { OnMethod } from './behaviour.ts';

const known = ['reboot'];

/** The answer comes before the report and the reboot, so a caller sees 200 although the device is about to vanish. */
export const reboot =
  ({ dark }: Extract<BehaviourSpec, { kind: 'reboot' }>): OnMethod =>
  async (request, device) => {
    if (request.name !== 'reboot') {
      await device.reply(404, { message: `Unknown method ${request.name}`, methods: known });
      return;
    }
    await device.reply(200, 'Reboot started');
    try {
      await device.report({ iothubDM: { reboot: { lastReboot: device.isoNow() } } });
    } catch (error) {
      // The article's device logs a failed report and reboots all the same.
      if (!(error instanceof TwinFailed)) throw error;
      device.complain(error.message);
    }
    device.reboot(dark);
  };

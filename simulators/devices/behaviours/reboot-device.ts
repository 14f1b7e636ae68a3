// The device of the Python article: works, reports when it rebooted, and answers only then, so that a short response timeout sees 504.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { TwinFailed } from '../links/connection.ts';
import type { OnMethod } from './behaviour.ts';

/** The article's program pretends to reboot; with `dark` above 0 the device really goes dark once the answer has left. */
export const rebootDevice =
  ({ work, dark }: Extract<BehaviourSpec, { kind: 'rebootDevice' }>): OnMethod =>
  async (request, device) => {
    if (request.name !== 'rebootDevice') {
      await device.reply(404, { Response: 'Unknown method' });
      return;
    }
    await device.wait(work);
    try {
      await device.report({ rebootTime: device.localNow() });
    } catch (error) {
      if (!(error instanceof TwinFailed)) throw error;
      device.complain(error.message);
    }
    await device.reply(200, { Response: 'This is the response from the device' });
    if (dark > 0) device.reboot(dark);
  };

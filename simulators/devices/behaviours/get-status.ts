// Says how the device is: uptime, firmware, link, and how often it was called.
import type { Behaviour } from './behaviour.ts';
import { firmwareOf } from './firmware.ts';

export const getStatus = (): Behaviour => ({
  methods: ['getStatus'],
  onMethod(_request, device) {
    const { uptime, protocol, connects, calls, telemetryInterval } = device.status;
    return device.reply(200, {
      deviceId: device.id,
      time: device.isoNow(),
      uptimeSeconds: Math.floor(uptime / 1_000),
      firmware: firmwareOf(device),
      link: { protocol, connects },
      calls,
      telemetryIntervalSeconds: telemetryInterval === undefined ? null : telemetryInterval / 1_000,
    });
  },
});

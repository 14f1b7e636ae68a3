// A factory reset: what the device reported is gone, it goes dark, and comes back as if new, with a serial number nobody saw before.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { type BehaviourMaker, reportForSure, type StartActions, tryReport } from './behaviour.ts';

interface Factory {
  readonly resetAt: string;
  readonly resets: number;
  readonly serial: string;
}

export const factoryReset: BehaviourMaker<Extract<BehaviourSpec, { kind: 'factoryReset' }>> = ({ dark }) => ({
  methods: ['factoryReset'],
  async onMethod(_request, device) {
    const { memory, twin } = device;
    const factory: Factory = { resetAt: device.isoNow(), resets: resetsOf(device) + 1, serial: serialFrom(device) };
    await device.reply(200, { message: 'Factory reset started' });
    await tryReport(device, Object.fromEntries(Object.keys(twin.reported).map((name) => [name, null])));
    device.setTelemetryInterval(undefined);
    memory.factory = factory;
    memory.factoryReset = 'under way';
    device.reboot(dark);
  },
  async onStart(device) {
    const { memory } = device;
    if (memory.factoryReset !== 'under way') return;
    memory.factoryReset = undefined;
    await reportForSure(device, { factory: memory.factory });
  },
});

/** The memory is newer than the twin; the twin knows what was before Hubfleet started. */
function resetsOf({ memory, twin }: StartActions): number {
  const factory = (memory.factory ?? twin.reported.factory) as Partial<Factory> | undefined;
  return typeof factory?.resets === 'number' ? factory.resets : 0;
}

const serialFrom = (device: StartActions): string =>
  `SN-${Math.floor(device.random() * 2 ** 32)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')}`;

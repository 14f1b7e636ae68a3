// Our devices alone, as a fleet's worker thread holds them: twin, behaviour and fault hooks each. For what one more device costs in memory.

import { systemClock } from '../../simulators/clock/system.ts';
import { type FleetHolder, holdFleets } from '../../simulators/lab/fleet-holder.ts';
import type { Fact } from '../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema } from '../../simulators/vocabulary/specs.ts';
import { residentKilobytes, serve } from '../processes/serve.ts';

export interface FleetProcessOptions {
  readonly host: string;
  readonly port: number;
  /** PEM text of the CA; left out: plain text. */
  readonly ca?: string;
  readonly name: string;
  readonly ids: readonly string[];
}

const key = Buffer.from('no hub checks this key').toString('base64');
let holder: FleetHolder | undefined;
let online = 0;

const handlers = {
  async add({ host, port, ca, name, ids }: FleetProcessOptions): Promise<void> {
    holder ??= holdFleets({
      clock: systemClock(),
      seed: 1,
      emit: (fact: Fact) => {
        if (fact.type === 'link.changed' && fact.state === 'online') online += 1;
      },
    });
    const wanted = online + ids.length;
    holder.addFleet({
      spec: fleetSpecSchema.parse({
        name,
        count: ids.length,
        connect: { perSecond: 1_000 },
        behaviour: { kind: 'reboot' },
      }),
      hub: { hostName: 'localhost', host, port, tls: ca !== undefined, ...(ca === undefined ? {} : { ca }) },
      devices: ids.map((id, index) => ({ id: deviceId(id), key, index })),
    });
    const end = performance.now() + 120_000;
    while (online < wanted) {
      if (performance.now() > end) throw new Error(`only ${online} of ${wanted} devices came online`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, 200)); // the last twins are still being read
  },
  memory: residentKilobytes,
};
export type FleetProcessCalls = typeof handlers;
serve(handlers);

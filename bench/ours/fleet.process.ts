// Our devices alone in a process, as a fleet's worker thread holds them: twin, behaviour and fault hooks each. For what a device costs to
// connect and to keep.
import { systemClock } from '../../simulators/clock/system.ts';
import { type FleetHolder, holdFleets } from '../../simulators/lab/fleet-holder.ts';
import type { Fact } from '../../simulators/vocabulary/facts.ts';
import { deviceId, fleetName } from '../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema, type LinkProtocol } from '../../simulators/vocabulary/specs.ts';
import { residentKilobytes, serve } from '../processes/serve.ts';

export interface FleetProcessOptions {
  readonly host: string;
  readonly port: number;
  /** PEM text of the CA; left out: plain text. */
  readonly ca?: string;
  readonly name: string;
  readonly ids: readonly string[];
  /** Base64, one for all; a hub that checks none needs none. */
  readonly key?: string;
  /** `mqtt` when left out. */
  readonly protocol?: LinkProtocol;
  /** AMQP: 1 when left out. */
  readonly devicesPerConnection?: number;
}

const anyKey = Buffer.from('no hub checks this key').toString('base64');
let holder: FleetHolder | undefined;
let online = 0;

function opened(): FleetHolder {
  holder ??= holdFleets({
    clock: systemClock(),
    seed: 1,
    emit: (fact: Fact) => {
      if (fact.type === 'link.changed' && fact.state === 'online') online += 1;
    },
  });
  return holder;
}

function addFleet(options: FleetProcessOptions, perSecond: number): void {
  const { host, port, ca, name, ids, key = anyKey, protocol = 'mqtt', devicesPerConnection = 1 } = options;
  opened().addFleet({
    spec: fleetSpecSchema.parse({
      ...{ name, count: ids.length, id: `${name}-{index}`, protocol, devicesPerConnection },
      ...{ connect: { perSecond, jitter: 0 }, behaviour: { kind: 'reboot' } },
    }),
    hub: { hostName: 'localhost', host, port, tls: ca !== undefined, ...(ca === undefined ? {} : { ca }) },
    devices: ids.map((id, index) => ({ id: deviceId(id), key, index })),
  });
}

const patience = 120_000;
async function until(done: () => boolean, wanted: string, every: number): Promise<void> {
  const end = performance.now() + patience;
  while (!done()) {
    if (performance.now() > end) throw new Error(`waited ${patience / 1_000} s in vain for ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

const handlers = {
  async add(options: FleetProcessOptions): Promise<void> {
    const wanted = online + options.ids.length;
    addFleet(options, 1_000);
    await until(() => online >= wanted, `${wanted} devices to come online`, 20);
    await new Promise((resolve) => setTimeout(resolve, 200)); // the last twins are still being read
  },
  /** All at once; gives the seconds until the last one has its twin. The devices are new each time, so that they know no twin before. */
  async connect(options: FleetProcessOptions): Promise<number> {
    const begun = performance.now();
    addFleet(options, 100_000);
    let read = 0;
    const knowsTwin = (id: string): boolean => (opened().snapshot(deviceId(id))?.desiredVersion ?? 0) > 0;
    const allRead = (): boolean => {
      for (let id = options.ids[read]; id !== undefined && knowsTwin(id); id = options.ids[read]) read += 1;
      return read === options.ids.length;
    };
    await until(allRead, `${options.ids.length} devices to read their twins`, 5);
    return (performance.now() - begun) / 1_000;
  },
  disconnect({ name }: { readonly name: string }): void {
    opened().removeFleet(fleetName(name));
  },
  memory: residentKilobytes,
};
export type FleetProcessCalls = typeof handlers;
serve(handlers);

// A thousand devices connect, subscribe and read their twins, all at once: ours, bare `mqtt` clients and SDK devices, each kind from a process
// of its own and all on our own hub, which checks their tokens. So the hub's part is the same for all, and the clients are compared.
import type { FleetProcessCalls } from '../ours/fleet.process.ts';
import type { LabCalls } from '../ours/lab.process.ts';
import { credentials, provision } from '../ours/service.ts';
import type { ClientsCalls } from '../reference/clients.process.ts';
import type { SdkCalls } from '../reference/sdk.process.ts';
import { type Group, type GroupTools, inTurns, numbered } from './group.ts';

const devices = 1_000;
/** A round over plain loopback takes half a second, so short that whatever else the machine does shows; three of them make one run. */
const plainRounds = 3;

export const connect: Group = async (tools) => {
  const tls = await measure(tools, true);
  const plain = await measure(tools, false);
  const unit = 'devices/s';
  return [
    {
      name: 'connect.tls',
      unit,
      ours: tls.ours,
      reference: tls.bare,
      goal: { of: 'ratio', at: 'least', bound: 0.9 },
    },
    {
      name: 'connect.tls-against-sdk',
      unit,
      ours: tls.ours,
      reference: tls.sdk,
      goal: { of: 'ratio', at: 'least', bound: 1.3 },
    },
    {
      name: 'connect.plain',
      unit,
      ours: plain.ours,
      reference: plain.bare,
      goal: { of: 'ratio', at: 'least', bound: 0.85 },
    },
  ];
};

/** Devices a second, one value a run. The SDK speaks TLS only. */
async function measure(
  { programs, runs, say }: GroupTools,
  overTls: boolean,
): Promise<Record<'ours' | 'bare' | 'sdk', number[]>> {
  const rates: Record<'ours' | 'bare' | 'sdk', number[]> = { ours: [], bare: [], sdk: [] };
  const mode = overTls ? 'TLS' : 'plain';
  const lab = programs.start<LabCalls>('ours/lab.process');
  const hub = await lab.call('open', { fleetWorkers: 1 });
  const door = overTls ? hub.doors.mqtts : hub.doors.mqtt;
  if (door === undefined) throw new Error(`the hub opened no MQTT door for ${mode}`);
  const address = { host: door.host, port: door.port, ...(overTls ? { ca: hub.ca.pem } : {}) };

  const fleet = programs.start<FleetProcessCalls>('ours/fleet.process');
  const ourIds = numbered('ours', devices);
  const [{ key }] = await provision(hub, ourIds);
  const clients = programs.start<ClientsCalls>('reference/clients.process');
  const bareDevices = credentials(hub, await provision(hub, numbered('bare', devices)));

  const ours = async (): Promise<number> => {
    const seconds = await fleet.call('connect', { ...address, name: 'ours', ids: ourIds, key });
    await fleet.call('disconnect', { name: 'ours' });
    return devices / seconds;
  };
  const bare = async (): Promise<number> => {
    const seconds = await clients.call('connect', { ...address, devices: bareDevices });
    await clients.call('disconnect');
    return devices / seconds;
  };
  const sides: [keyof typeof rates, () => Promise<number>][] = [
    ['ours', ours],
    ['bare', bare],
  ];
  if (overTls) {
    const sdk = programs.start<SdkCalls>('reference/sdk.process');
    const sdkDevices = await provision(hub, numbered('sdk', devices));
    sides.push([
      'sdk',
      async () => {
        const { hostName, ca } = hub;
        const seconds = await sdk.call('connect', { hostName, port: door.port, ca: ca.pem, devices: sdkDevices });
        await sdk.call('disconnect');
        return devices / seconds;
      },
    ]);
  }
  const settled = () => new Promise((resolve) => setTimeout(resolve, 500)); // the hub still hears of the last ones that left

  say(`connect: warming up over ${mode}`);
  for (const [, once] of sides) {
    await once();
    await settled();
  }
  const rounds = overTls ? runs : runs * plainRounds;
  await inTurns(
    rounds,
    sides.map(([side, once]) => async () => {
      rates[side].push(await once());
      await settled();
    }),
    (round) => say(`connect: round ${round} of ${rounds} over ${mode}`),
  );
  await programs.stopAll();
  return rates;
}

// A thousand devices connect, subscribe and read their twins, all at once: ours through the lab; bare `mqtt` clients and SDK devices on the
// bare hub, which checks and stores nothing. So ours pays for its hub's work as well.
import type { LabCalls } from '../ours/lab.process.ts';
import type { ClientsCalls } from '../reference/clients.process.ts';
import type { BareHubCalls } from '../reference/hub.process.ts';
import type { SdkCalls } from '../reference/sdk.process.ts';
import { type Group, type GroupTools, inTurns, numbered } from './group.ts';
import { type BareCertificate, bareCertificate } from './tls.ts';

const devices = 1_000;
const key = Buffer.from('the bare hub checks no key').toString('base64');

export const connect: Group = async (tools) => {
  const certificate = await bareCertificate();
  const tls = await measure(tools, certificate);
  const plain = await measure(tools, undefined);
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
  certificate: BareCertificate | undefined,
): Promise<Record<'ours' | 'bare' | 'sdk', number[]>> {
  const rates: Record<'ours' | 'bare' | 'sdk', number[]> = { ours: [], bare: [], sdk: [] };
  const mode = certificate === undefined ? 'plain' : 'TLS';
  const bareHub = programs.start<BareHubCalls>('reference/hub.process');
  const { host, mqtt: port } = await bareHub.call('open', certificate === undefined ? {} : { tls: certificate });
  const clients = programs.start<ClientsCalls>('reference/clients.process');
  const lab = programs.start<LabCalls>('ours/lab.process');
  await lab.call('open', { fleetWorkers: 1 });

  const bare = async (): Promise<number> => {
    const seconds = await clients.call('connect', {
      ...{ host, port, devices: numbered('bare', devices).map((id) => ({ id })) },
      ...(certificate === undefined ? {} : { ca: certificate.ca }),
    });
    await clients.call('disconnect');
    return devices / seconds;
  };
  const ours = async (): Promise<number> => {
    const seconds = await lab.call('startFleet', { fleet: 'bench', count: devices });
    await lab.call('stopFleet', { fleet: 'bench' });
    return devices / seconds;
  };
  const sides: [keyof typeof rates, () => Promise<number>][] = [
    ['ours', ours],
    ['bare', bare],
  ];
  if (certificate !== undefined) {
    const sdk = programs.start<SdkCalls>('reference/sdk.process');
    sides.push([
      'sdk',
      async () => {
        const seconds = await sdk.call('connect', {
          ...{ hostName: 'localhost', port, ca: certificate.ca },
          devices: numbered('sdk', devices).map((id) => ({ id, key })),
        });
        await sdk.call('disconnect');
        return devices / seconds;
      },
    ]);
  }

  say(`connect: warming up over ${mode}`);
  await lab.call('addFleet', {
    ...{ name: 'bench', count: devices, id: 'ours-{index:00000}', tls: certificate !== undefined },
    connect: { perSecond: 100_000 },
  });
  await lab.call('stopFleet', { fleet: 'bench' });
  for (const [, once] of sides) await once();
  await inTurns(
    runs,
    sides.map(
      ([side, once]) =>
        async () =>
          void rates[side].push(await once()),
    ),
    (round) => say(`connect: run ${round} of ${runs} over ${mode}`),
  );
  await programs.stopAll();
  return rates;
}

// What one more idle device costs over MQTT, plain and over TLS, beside bare clients and the official SDK (slope.ts).
import type { FleetProcessCalls } from '../ours/fleet.process.ts';
import type { ClientsCalls } from '../reference/clients.process.ts';
import type { BareHubCalls } from '../reference/hub.process.ts';
import type { SdkCalls } from '../reference/sdk.process.ts';
import { type Group, type GroupTools, inTurns } from './group.ts';
import { slopeOf } from './slope.ts';
import { type BareCertificate, bareCertificate } from './tls.ts';

const between = { few: 1_000, many: 5_000 };
const key = Buffer.from('the bare hub checks no key').toString('base64');

export const memory: Group = async (tools) => {
  const plain = await measure(tools, undefined);
  const tls = await measure(tools, await bareCertificate());
  const unit = 'KB/device';
  return [
    {
      name: 'memory.plain',
      unit,
      ours: plain.ours,
      reference: plain.bare,
      goal: { of: 'ratio', at: 'most', bound: 1.25 },
    },
    { name: 'memory.tls', unit, ours: tls.ours, reference: tls.bare, goal: { of: 'ratio', at: 'most', bound: 1.25 } },
    {
      name: 'memory.tls-against-sdk',
      unit,
      ours: tls.ours,
      reference: tls.sdk,
      goal: { of: 'ratio', at: 'most', bound: 0.85 },
    },
  ];
};

async function measure(
  { programs, runs, say }: GroupTools,
  certificate: BareCertificate | undefined,
): Promise<Record<'ours' | 'bare' | 'sdk', number[]>> {
  const slopes: Record<'ours' | 'bare' | 'sdk', number[]> = { ours: [], bare: [], sdk: [] };
  const ca = certificate === undefined ? {} : { ca: certificate.ca };
  const hub = programs.start<BareHubCalls>('reference/hub.process');
  const { host, mqtt: port } = await hub.call('open', certificate === undefined ? {} : { tls: certificate });

  const ours = async (): Promise<number> => {
    const fleet = programs.start<FleetProcessCalls>('ours/fleet.process', { exposeGc: true });
    let fleets = 0;
    return slopeOf(
      {
        // One fleet, added to in parts as a ramp would: each part its own name, all parts the same settings.
        add: (ids) => fleet.call('add', { host, port, ...ca, name: `part-${++fleets}`, ids }),
        memory: () => fleet.call('memory'),
        stop: fleet.stop,
      },
      'ours',
      between,
    );
  };
  const bare = async (): Promise<number> => {
    const clients = programs.start<ClientsCalls>('reference/clients.process', { exposeGc: true });
    return slopeOf(
      {
        add: (ids) => clients.call('connect', { host, port, ...ca, devices: ids.map((id) => ({ id })) }),
        memory: () => clients.call('memory'),
        stop: clients.stop,
      },
      'bare',
      between,
    );
  };
  const sides: [keyof typeof slopes, () => Promise<number>][] = [
    ['ours', ours],
    ['bare', bare],
  ];
  if (certificate !== undefined) {
    sides.push([
      'sdk',
      async () => {
        const sdk = programs.start<SdkCalls>('reference/sdk.process', { exposeGc: true });
        return slopeOf(
          {
            add: (ids) =>
              sdk.call('connect', {
                ...{ hostName: 'localhost', port, ca: certificate.ca },
                devices: ids.map((id) => ({ id, key })),
              }),
            memory: () => sdk.call('memory'),
            stop: sdk.stop,
          },
          'sdk',
          between,
        );
      },
    ]);
  }
  await inTurns(
    runs,
    sides.map(
      ([side, once]) =>
        async () =>
          void slopes[side].push(await once()),
    ),
    (round) => say(`memory: run ${round} of ${runs}, ${certificate === undefined ? 'plain' : 'TLS'}`),
  );
  await programs.stopAll();
  return slopes;
}

// Devices over AMQP beside bare `rhea` and the official SDK, alone and a hundred on one connection; and MQTT inside WebSockets beside MQTT
// without. Connects are measured on our hub, memory and the bare round trip on a bare one.
import type { LinkProtocol } from '../../simulators/vocabulary/specs.ts';
import type { LoadCalls, LoadResult, LoadTarget } from '../load/load.process.ts';
import type { FleetProcessCalls } from '../ours/fleet.process.ts';
import type { LabCalls } from '../ours/lab.process.ts';
import { credentials, provision, serviceToken } from '../ours/service.ts';
import type { AmqpClientsCalls } from '../reference/amqp-clients.process.ts';
import type { BareAmqpHubCalls } from '../reference/amqp-hub.process.ts';
import type { AmqpSdkCalls } from '../reference/amqp-sdk.process.ts';
import { type Group, type GroupTools, inTurns, numbered } from './group.ts';
import { slopeOf } from './slope.ts';

const devices = 1_000;
const called = 100;
const perConnection = 100;
const few = 1_000;
const many = 5_000;
const inFlight = 16;
const seconds = 3;
const body = JSON.stringify({ methodName: 'echo', responseTimeoutInSeconds: 30, payload: { delay: 5 } });
const pathsTo = (ids: readonly string[]): string[] => ids.map((id) => `/twins/${id}/methods?api-version=2021-04-12`);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500)); // the hub still hears of the last ones that left

export const amqp: Group = async (tools) => [
  ...(await connects(tools)),
  ...(await memory(tools)),
  ...(await invocations(tools)),
];

async function connects({ programs, runs, say }: GroupTools): ReturnType<Group> {
  const lab = programs.start<LabCalls>('ours/lab.process');
  const hub = await lab.call('open', { fleetWorkers: 1 });
  const { amqp: door, amqps, http, https, mqtt, mqtts } = hub.doors;
  if (!door || !amqps || !http || !https || !mqtt || !mqtts) throw new Error('the hub left a door shut');
  const fleet = programs.start<FleetProcessCalls>('ours/fleet.process');
  const clients = programs.start<AmqpClientsCalls>('reference/amqp-clients.process');
  const sdk = programs.start<AmqpSdkCalls>('reference/amqp-sdk.process');
  const ids = numbered('ours', devices);
  const [{ key }] = await provision(hub, ids);
  const bareDevices = credentials(hub, await provision(hub, numbered('bare', devices)));
  const sdkDevices = await provision(hub, numbered('sdk', devices / 2));

  interface How {
    readonly devicesPerConnection?: number;
    readonly ca?: string;
  }
  const ours =
    (protocol: LinkProtocol, port: number, how: How = {}) =>
    async () => {
      const address = { host: door.host, port, protocol, ...how };
      const took = await fleet.call('connect', { ...address, name: 'ours', ids, key });
      await fleet.call('disconnect', { name: 'ours' });
      return devices / took;
    };
  const bare = (devicesPerConnection: number) => async () => {
    const { host, port } = door;
    const took = await clients.call('connect', { host, port, devicesPerConnection, devices: bareDevices });
    await clients.call('disconnect');
    return devices / took;
  };
  const official = async () => {
    const { hostName, ca } = hub;
    const took = await sdk.call('connect', { hostName, port: amqps.port, ca: ca.pem, devices: sdkDevices });
    await sdk.call('disconnect');
    return sdkDevices.length / took;
  };
  const rates = await takeTurns(
    {
      alone: ours('amqp', door.port),
      bareAlone: bare(1),
      shared: ours('amqp', door.port, { devicesPerConnection: perConnection }),
      bareShared: bare(perConnection),
      sdk: official,
      webSocket: ours('mqtt-ws', http.port),
      mqtt: ours('mqtt', mqtt.port),
      webSocketTls: ours('mqtt-ws', https.port, { ca: hub.ca.pem }),
      mqttTls: ours('mqtt', mqtts.port, { ca: hub.ca.pem }),
    },
    runs,
    (text) => say(`amqp connects: ${text}`),
  );
  await programs.stopAll();
  const unit = 'devices/s';
  const goal = { of: 'ratio', at: 'least', bound: 0.8 } as const;
  return [
    { name: 'amqp.connect-alone', unit, ours: rates.alone, reference: rates.bareAlone, goal },
    { name: 'amqp.connect-shared', unit, ours: rates.shared, reference: rates.bareShared, goal },
    { name: 'amqp.connect-against-sdk', unit, ours: rates.alone, reference: rates.sdk },
    // Without TLS the handshake in HTTP is most of what there is to do.
    { name: 'websocket.connect-tls', unit, ours: rates.webSocketTls, reference: rates.mqttTls, goal },
    { name: 'websocket.connect-plain', unit, ours: rates.webSocket, reference: rates.mqtt, goal },
  ];
}

async function memory({ programs, runs, say }: GroupTools): ReturnType<Group> {
  const hub = programs.start<BareAmqpHubCalls>('reference/amqp-hub.process');
  const { host, amqp: port } = await hub.call('open', {});
  const range = { few, many };
  const ours = (devicesPerConnection: number) => () => {
    const fleet = programs.start<FleetProcessCalls>('ours/fleet.process', { exposeGc: true });
    let fleets = 0;
    const address = { host, port, protocol: 'amqp', devicesPerConnection } as const;
    const add = (ids: readonly string[]) => fleet.call('add', { ...address, name: `part-${++fleets}`, ids });
    return slopeOf({ add, memory: () => fleet.call('memory'), stop: fleet.stop }, 'ours', range);
  };
  const bare = (devicesPerConnection: number) => () => {
    const clients = programs.start<AmqpClientsCalls>('reference/amqp-clients.process', { exposeGc: true });
    const add = (ids: readonly string[]) =>
      clients.call('connect', { host, port, devicesPerConnection, devices: ids.map((id) => ({ id })) });
    return slopeOf({ add, memory: () => clients.call('memory'), stop: clients.stop }, 'bare', range);
  };
  const slopes = await takeTurns(
    { alone: ours(1), bareAlone: bare(1), shared: ours(perConnection), bareShared: bare(perConnection) },
    runs,
    (text) => say(`amqp memory: ${text}`),
    false, // a process of its own each time
  );
  await programs.stopAll();
  const unit = 'KB/device';
  const goal = { of: 'ratio', at: 'most', bound: 1.25 } as const;
  return [
    { name: 'amqp.memory-alone', unit, ours: slopes.alone, reference: slopes.bareAlone, goal },
    { name: 'amqp.memory-shared', unit, ours: slopes.shared, reference: slopes.bareShared, goal },
  ];
}

async function invocations({ programs, runs, say }: GroupTools): ReturnType<Group> {
  const load = programs.start<LoadCalls>('load/load.process');
  const bareHub = programs.start<BareAmqpHubCalls>('reference/amqp-hub.process');
  const bareAddress = await bareHub.call('open', {});
  const bareIds = numbered('bare', called);
  const responders = programs.start<AmqpClientsCalls>('reference/amqp-clients.process');
  const { host, amqp: barePort, http: bareHttp } = bareAddress;
  const bareDevices = bareIds.map((id) => ({ id }));
  await responders.call('connect', { host, port: barePort, devicesPerConnection: 1, devices: bareDevices });

  const lab = programs.start<LabCalls>('ours/lab.process');
  const hub = await lab.call('open', { fleetWorkers: 1 });
  const { http, amqps } = hub.doors;
  if (!http || !amqps) throw new Error('the hub opened no plain HTTP or no AMQP door');
  const behaviour = { kind: 'echo' } as const;
  for (const protocol of ['amqp', 'mqtt', 'mqtt-ws'] as const) {
    await lab.call('addFleet', { name: protocol, count: called, id: `${protocol}-{index:00000}`, protocol, behaviour });
  }
  const sdk = programs.start<AmqpSdkCalls>('reference/amqp-sdk.process');
  const sdkIds = numbered('sdk', called);
  const sdkDevices = await provision(hub, sdkIds);
  await sdk.call('connect', { hostName: hub.hostName, port: amqps.port, ca: hub.ca.pem, devices: sdkDevices });

  const authorization = serviceToken(hub);
  const target = (ids: readonly string[]): LoadTarget => ({
    ...{ host: http.host, port: http.port, paths: pathsTo(ids), authorization, body },
  });
  const once = (to: LoadTarget) => async (): Promise<number> => {
    const result: LoadResult = await load.call('closedLoop', { target: to, inFlight, warmSeconds: 0.5, seconds });
    return result.callsPerSecond;
  };
  const rates = await takeTurns(
    {
      amqp: once(target(numbered('amqp', called))),
      bare: once({ host, port: bareHttp, paths: pathsTo(bareIds), body }),
      sdk: once(target(sdkIds)),
      mqtt: once(target(numbered('mqtt', called))),
      webSocket: once(target(numbered('mqtt-ws', called))),
    },
    runs,
    (text) => say(`amqp invocations: ${text}`),
  );
  await programs.stopAll();
  const unit = 'calls/s';
  const least = (bound: number) => ({ of: 'ratio', at: 'least', bound }) as const;
  return [
    { name: 'amqp.invocations', unit, ours: rates.amqp, reference: rates.bare, goal: least(0.6) },
    { name: 'amqp.invocations-against-sdk', unit, ours: rates.amqp, reference: rates.sdk, goal: least(2) },
    { name: 'websocket.invocations', unit, ours: rates.webSocket, reference: rates.mqtt, goal: least(0.8) },
  ];
}

/** `runs` rounds, one value of each side a round; before them one that does not count, where `warm` says so. */
async function takeTurns<Name extends string>(
  sides: Readonly<Record<Name, () => Promise<number>>>,
  runs: number,
  say: (text: string) => void,
  warm = true,
): Promise<Record<Name, number[]>> {
  const values = Object.fromEntries(Object.keys(sides).map((name) => [name, []])) as unknown as Record<Name, number[]>;
  const measured = (Object.entries(sides) as [Name, () => Promise<number>][]).map(([name, once]) => async () => {
    values[name].push(await once());
    await pause();
  });
  if (warm) {
    say('warming up');
    for (const once of measured) await once();
  }
  for (const name of Object.keys(values) as Name[]) values[name].length = 0;
  await inTurns(runs, measured, (round) => say(`round ${round} of ${runs}`));
  return values;
}

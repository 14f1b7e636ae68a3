// A lab that keeps what it was told in lists, for tests of what hosts do with one.
import type { HubStatus } from '../../../simulators/hub/hub.ts';
import type { Lab } from '../../../simulators/lab/lab.ts';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import type { FaultSpec, FleetSpec } from '../../../simulators/vocabulary/specs.ts';
import type { Totals } from '../../../simulators/vocabulary/views.ts';

export const status: HubStatus = {
  hostName: '127.0.0.1',
  doors: { https: { host: '127.0.0.1', port: 50_443 }, mqtts: { host: '127.0.0.1', port: 58_883 } },
  policies: [{ name: 'iothubowner', rights: ['RegistryRead'] }],
  connectionStrings: {
    iothubowner: 'HostName=127.0.0.1;SharedAccessKeyName=iothubowner;SharedAccessKey=b3duZXI=',
    service: 'HostName=127.0.0.1;SharedAccessKeyName=service;SharedAccessKey=c2VydmljZQ==',
  },
  ca: { pem: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n', file: '/data/ca.pem' },
  notices: [],
};

export interface FakeLab extends Lab {
  /** Names of the calls made, in order. */
  readonly calls: string[];
  /** What the 'totals' view shows; change it to make a new snapshot due. */
  shown: Partial<Totals>;
}

export function fakeLab(): FakeLab {
  const calls: string[] = [];
  const fleets: FleetSpec[] = [];
  const faults: FaultSpec[] = [];
  const noted =
    (name: string) =>
    (...args: readonly unknown[]): void =>
      void calls.push([name, ...args.map(String)].join(' '));

  const lab: FakeLab = {
    calls,
    shown: { calls: 0 },
    status,
    async addFleet(spec) {
      if (fleets.some((fleet) => fleet.name === spec.name)) {
        throw new LabError('fleet.exists', `fleet '${spec.name}' exists already`);
      }
      fleets.push(spec);
      calls.push(`addFleet ${spec.name}`);
    },
    async removeFleet(name) {
      const index = fleets.findIndex((fleet) => fleet.name === name);
      if (index < 0) throw new LabError('fleet.unknown', `there is no fleet '${name}'`);
      fleets.splice(index, 1);
    },
    changeFleet: async (name) => void calls.push(`changeFleet ${name}`),
    startFleet: noted('startFleet'),
    stopFleet: noted('stopFleet'),
    startDevices: noted('startDevices'),
    stopDevices: noted('stopDevices'),
    rebootDevices: noted('rebootDevices'),
    fleets: () => [...fleets],
    setThrottle: async ({ tier }) => void calls.push(`setThrottle ${tier}`),
    async addFault(spec) {
      faults.push(spec);
      calls.push(`addFault ${spec.name}`);
    },
    changeFault: async (spec) => noted('changeFault')(spec.name),
    async liftFault(name) {
      const index = faults.findIndex((fault) => fault.name === name);
      if (index < 0) throw new LabError('fault.unknown', `there is no fault '${name}'`);
      faults.splice(index, 1);
    },
    liftAllFaults: async () => faults.splice(0).length,
    faults: () => [...faults],
    countTarget: async () => ({ devices: 0, total: 0, some: [] }),
    startRun: (request) => `run of ${request.method}`,
    cancelRun: noted('cancelRun'),
    runResult: () => {
      throw new LabError('run.unknown', 'there is no such run');
    },
    history: () => [],
    patchDesired: async () => ({ version: 3 }),
    trafficDetail: () => null,
    clearTraffic: noted('clearTraffic'),
    connectionString: async (of) => `secret of ${of.kind}`,
    desk: {
      of: (hub = 'local') => ({
        queries: {
          run: async ({ text }) => ({ rows: [{ asked: text, of: hub }], itemType: 'Raw', duration: 1 }),
          devices: async () => ({ devices: [], more: false }),
          count: async () => ({ count: 0 }),
        },
        jobs: {
          list: () => ({ jobs: [], more: false }),
          detail: () => ({ job: null, devices: [], more: false }),
          create: async ({ id = 'made-up' }) => ({ job: id }),
          cancel: async (id) => void calls.push(`cancelJob ${id}`),
        },
      }),
      messages: {
        send: async ({ devices }) => ({ sent: devices.length, refused: 0, reasons: [] }),
        purge: async () => 0,
        view: () => ({ waiting: 0 }),
      },
    },
    views: {
      totals: () => lab.shown as Totals,
      fleet: (query) => ({ total: 0, matching: 0, from: query.from, rows: [] }),
      device: () => null,
      traffic: () => ({ rows: [], matching: 0, total: 0, forgotten: 0 }),
      run: (id) => {
        throw new LabError('run.unknown', `there is no run '${id}'`);
      },
      hub: () => {
        throw new LabError('internal', 'not in this test');
      },
    },
    async stop() {
      calls.push('stop');
    },
  };
  return lab;
}

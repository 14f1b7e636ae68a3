// Holds the virtual devices of one thread, grouped by fleet, and joins them with the faults that are on them.
import type { Clock } from '../clock/clock.ts';
import type { Device, DeviceSnapshot, FleetSettings } from '../devices/device.ts';
import { dialTcp, dialTls } from '../devices/links/dial.ts';
import { createDevice } from '../devices/virtual-device.ts';
import { FaultSet } from '../faults/faults.ts';
import { type Random, seeded } from '../random/random.ts';
import type { Emit, FleetFact } from '../vocabulary/facts.ts';
import type { DeviceId, FleetName } from '../vocabulary/ids.ts';
import type { FleetSpec } from '../vocabulary/specs.ts';
import { seconds } from '../vocabulary/units.ts';

/** Where a fleet's devices dial. */
export interface HubAddress {
  readonly hostName: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** PEM text of the CA to trust, for TLS. */
  readonly ca?: string;
}

/** A fleet's part for one thread. `index` is the device's number in the whole fleet, from 0: its place in the connect ramp. */
export interface FleetOrder {
  readonly spec: FleetSpec;
  readonly hub: HubAddress;
  readonly devices: readonly { readonly id: DeviceId; readonly key: string; readonly index: number }[];
}

export interface FleetHolder {
  readonly faults: FaultSet;
  addFleet(order: FleetOrder): void;
  removeFleet(fleet: FleetName): void;
  startFleet(fleet: FleetName): void;
  stopFleet(fleet: FleetName): void;
  /** Ids this thread does not hold are passed over: the lab asks every thread. */
  startDevices(ids: readonly DeviceId[]): void;
  stopDevices(ids: readonly DeviceId[]): void;
  rebootDevices(ids: readonly DeviceId[]): void;
  snapshot(id: DeviceId): DeviceSnapshot | undefined;
  stop(): void;
}

interface HeldFleet {
  readonly order: FleetOrder;
  readonly devices: readonly Device[];
  readonly ramp: Random;
  /** How long a device of this fleet stays dark on a power cycle from outside. */
  readonly dark: number;
}

const darkByDefault = seconds(5);

export function holdFleets(options: {
  readonly clock: Clock;
  readonly seed: number;
  readonly emit: Emit<FleetFact>;
}): FleetHolder {
  const { clock, seed, emit } = options;
  const chance = seeded(seed);
  const faults = new FaultSet({ clock, seed });
  const fleets = new Map<FleetName, HeldFleet>();
  const byId = new Map<DeviceId, { readonly device: Device; readonly fleet: HeldFleet }>();

  const startAll = ({ order, devices, ramp }: HeldFleet): void => {
    const slot = seconds(1) / order.spec.connect.perSecond;
    devices.forEach((device, place) => {
      const index = order.devices[place]?.index ?? place;
      device.start(Math.round(slot * (index + order.spec.connect.jitter * ramp.next())));
    });
  };
  const each = (ids: readonly DeviceId[], act: (device: Device, fleet: HeldFleet) => void): void => {
    for (const id of ids) {
      const held = byId.get(id);
      if (held !== undefined) act(held.device, held.fleet);
    }
  };

  return {
    faults,
    addFleet(order) {
      const { spec, hub } = order;
      const settings: FleetSettings = {
        clock,
        emit,
        dial: hub.tls
          ? dialTls({ host: hub.host, port: hub.port, serverName: hub.hostName, ca: hub.ca })
          : dialTcp(hub.host, hub.port),
        hostName: hub.hostName,
        behaviour: spec.behaviour,
        reconnect: spec.reconnect,
        keepAliveSeconds: spec.keepAliveSeconds,
        tokenLifetimeSeconds: spec.tokenLifetimeSeconds,
        replyFault: (device) => faults.forDevice(device, spec.name),
      };
      const devices = order.devices.map(({ id, key }) => createDevice({ id, key, random: chance.fork(id), settings }));
      const fleet: HeldFleet = {
        order,
        devices,
        ramp: chance.fork(`ramp ${spec.name}`),
        dark: 'dark' in spec.behaviour ? spec.behaviour.dark : darkByDefault,
      };
      fleets.set(spec.name, fleet);
      for (const device of devices) byId.set(device.id, { device, fleet });
      startAll(fleet);
    },
    removeFleet(name) {
      const fleet = fleets.get(name);
      if (fleet === undefined) return;
      fleets.delete(name);
      for (const device of fleet.devices) {
        device.stop();
        byId.delete(device.id);
      }
    },
    startFleet(name) {
      const fleet = fleets.get(name);
      if (fleet !== undefined) startAll(fleet);
    },
    stopFleet(name) {
      for (const device of fleets.get(name)?.devices ?? []) device.stop();
    },
    startDevices: (ids) => each(ids, (device) => device.start(0)),
    stopDevices: (ids) => each(ids, (device) => device.stop()),
    rebootDevices: (ids) => each(ids, (device, fleet) => device.reboot(fleet.dark)),
    snapshot: (id) => byId.get(id)?.device.snapshot(),
    stop() {
      for (const { devices } of fleets.values()) for (const device of devices) device.stop();
    },
  };
}

// Holds the virtual devices of one thread, grouped by fleet, and joins them with the faults that are on them.
import type { Clock } from '../clock/clock.ts';
import type { ClientPair, Device, DeviceSnapshot, FleetSettings } from '../devices/device.ts';
import { createDevice } from '../devices/virtual-device.ts';
import { FaultSet } from '../faults/faults.ts';
import { seeded } from '../random/random.ts';
import type { Emit, FaultFact, FleetFact } from '../vocabulary/facts.ts';
import { type DeviceId, type FleetName, partsOf } from '../vocabulary/ids.ts';
import { protocolsOf } from '../vocabulary/protocols.ts';
import type { FleetSpec, LinkProtocol } from '../vocabulary/specs.ts';
import { type Millis, seconds } from '../vocabulary/units.ts';
import { dialOf } from './dialling.ts';
import type { FleetChange } from './lab.ts';
import { wrongCertificates } from './wrong-certificates.ts';

/** Where a fleet's devices dial. */
export interface HubAddress {
  /** The hub's name, in its certificate and in what devices sign. */
  readonly hostName: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** PEM text of the CA to trust, for TLS. */
  readonly ca?: string;
  /** Protocols that dial elsewhere than `host` and `port`. */
  readonly doors?: Readonly<Partial<Record<LinkProtocol, { readonly host: string; readonly port: number }>>>;
}

/** One identity of a fleet. `index` is the device's number in the whole fleet, from 0, also for its modules. */
export interface OrderedDevice {
  readonly id: DeviceId;
  /** Base64; empty for one that shows a certificate. */
  readonly key: string;
  readonly certificate?: ClientPair;
  readonly index: number;
}

/** A fleet's part for one thread. */
export interface FleetOrder {
  readonly spec: FleetSpec;
  readonly hub: HubAddress;
  readonly devices: readonly OrderedDevice[];
  /** The devices stay off until they are started. */
  readonly off?: boolean;
  /** The CA of devices that show certificates of one: faults have others made by it. */
  readonly authority?: ClientPair;
}

export interface FleetHolder {
  readonly faults: FaultSet;
  addFleet(order: FleetOrder): void;
  /** The devices go on with other settings; their links stay as they are. */
  changeFleet(fleet: FleetName, change: FleetChange): void;
  removeFleet(fleet: FleetName): void;
  startFleet(fleet: FleetName): void;
  stopFleet(fleet: FleetName): void;
  /** Ids this thread does not hold are passed over: the lab asks every thread. */
  startDevices(ids: readonly DeviceId[]): void;
  stopDevices(ids: readonly DeviceId[]): void;
  /** @param dark left out: as long as the behaviour says, or 5 s. */
  rebootDevices(ids: readonly DeviceId[], dark?: Millis): void;
  snapshot(id: DeviceId): DeviceSnapshot | undefined;
  stop(): void;
}

interface HeldFleet {
  readonly order: FleetOrder;
  readonly devices: readonly Device[];
  /** That of each device, and what all devices of a protocol share. */
  readonly protocols: readonly LinkProtocol[];
  readonly settings: Map<LinkProtocol, FleetSettings>;
  /** How long a device of this fleet stays dark on a power cycle from outside. */
  readonly dark: number;
}

const darkByDefault = seconds(5);

export function holdFleets(options: {
  readonly clock: Clock;
  readonly seed: number;
  readonly emit: Emit<FleetFact | FaultFact>;
  /** How the devices name themselves to a hub: `hubfleet/1.2.3`. */
  readonly client?: string;
}): FleetHolder {
  const { clock, seed, emit, client } = options;
  const chance = seeded(seed);
  const faults = new FaultSet({
    ...{ clock, seed, emit },
    fleetOf: (device) => byId.get(device)?.fleet.order.spec.name,
    *devices() {
      for (const { device } of byId.values()) yield device;
    },
  });
  const fleets = new Map<FleetName, HeldFleet>();
  const byId = new Map<DeviceId, { readonly device: Device; readonly fleet: HeldFleet }>();

  const startAll = ({ order, devices }: HeldFleet): void => {
    const { connect, modules } = order.spec;
    const slot = seconds(1) / connect.perSecond;
    devices.forEach((device, place) => {
      const index = order.devices[place]?.index ?? place;
      // A device's modules take the slots after its own.
      const { module } = partsOf(device.id);
      const turn = index * (1 + modules.length) + (module === undefined ? 0 : 1 + modules.indexOf(module));
      // Drawn for each by itself, or it would depend on how many threads share the fleet.
      const jitter = chance.fork(`ramp ${device.id}`).next();
      device.start(Math.round(slot * (turn + connect.jitter * jitter)));
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
      const makeCertificate = wrongCertificates(clock, order.authority);
      const settingsFor = (protocol: LinkProtocol): FleetSettings => ({
        clock,
        emit,
        dial: dialOf(protocol, hub),
        protocol,
        devicesPerConnection: spec.devicesPerConnection,
        hostName: hub.hostName,
        ...(client === undefined ? {} : { client }),
        behaviour: spec.behaviour,
        telemetry: spec.telemetry,
        messages: spec.messages,
        reconnect: spec.reconnect,
        keepAliveSeconds: spec.keepAliveSeconds,
        tokenLifetimeSeconds: spec.tokenLifetimeSeconds,
        methods: spec.methods,
        acknowledge: spec.acknowledge,
        faults,
        ...(spec.authentication === 'sas' ? {} : { makeCertificate }),
      });
      // One object for all devices of a protocol: connections find in it what they share.
      const settings = new Map<LinkProtocol, FleetSettings>();
      const mix = protocolsOf(spec.protocol, spec.count);
      const protocols = order.devices.map(({ index }) => mix[index] ?? 'mqtt');
      const devices = order.devices.map(({ id, key, certificate, index }, place) => {
        const protocol = protocols[place] as LinkProtocol;
        const shared = settings.get(protocol) ?? settingsFor(protocol);
        settings.set(protocol, shared);
        const shown = certificate === undefined ? {} : { certificate };
        return createDevice({ id, index: index + 1, key, ...shown, random: chance.fork(id), settings: shared });
      });
      const fleet: HeldFleet = {
        ...{ order, devices, protocols, settings },
        dark: 'dark' in spec.behaviour ? spec.behaviour.dark : darkByDefault,
      };
      fleets.set(spec.name, fleet);
      for (const device of devices) byId.set(device.id, { device, fleet });
      for (const device of devices) faults.attach(device);
      if (!order.off) startAll(fleet);
    },
    changeFleet(name, change) {
      const fleet = fleets.get(name);
      if (fleet === undefined) return;
      for (const [protocol, settings] of fleet.settings) {
        const { telemetry, ...rest } = { ...settings, ...change };
        fleet.settings.set(protocol, { ...rest, telemetry: telemetry ?? undefined });
      }
      fleet.devices.forEach((device, place) => {
        const settings = fleet.settings.get(fleet.protocols[place] as LinkProtocol);
        if (settings !== undefined) device.change(settings);
      });
    },
    removeFleet(name) {
      const fleet = fleets.get(name);
      if (fleet === undefined) return;
      fleets.delete(name);
      for (const device of fleet.devices) {
        device.stop();
        faults.detach(device.id);
        byId.delete(device.id);
      }
      faults.forgetTargets();
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
    rebootDevices: (ids, dark) => each(ids, (device, fleet) => device.reboot(dark ?? fleet.dark)),
    snapshot: (id) => byId.get(id)?.device.snapshot(),
    stop() {
      for (const { devices } of fleets.values()) for (const device of devices) device.stop();
    },
  };
}

// A virtual device on a tiny broker under a virtual clock, for the tests in this folder.

import type { Device, DeviceOptions, FleetSettings } from '../../../simulators/devices/device.ts';
import { createDevice } from '../../../simulators/devices/virtual-device.ts';
import { seeded } from '../../../simulators/random/random.ts';
import type { FleetFact } from '../../../simulators/vocabulary/facts.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import {
  type FaultHooks,
  noFaults,
  type Passages,
  type ReplyPassage,
  type Stage,
} from '../../../simulators/vocabulary/passages.ts';
import { TinyBroker } from '../../support/tiny-broker.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

export const key = Buffer.from('a key of a device').toString('base64');

export interface ADevice {
  readonly clock: VirtualClock;
  readonly broker: TinyBroker;
  readonly device: Device;
  readonly settings: FleetSettings;
  readonly facts: FleetFact[];
  /** The states it went through, with their details. */
  readonly states: () => string[];
  readonly of: <Type extends FleetFact['type']>(type: Type) => Extract<FleetFact, { type: Type }>[];
  /** Started and online. */
  readonly online: () => Promise<void>;
}

export function aDevice(changes: Partial<FleetSettings> = {}, of: Partial<DeviceOptions> = {}): ADevice {
  const clock = new VirtualClock();
  const broker = new TinyBroker();
  const facts: FleetFact[] = [];
  const settings: FleetSettings = {
    clock,
    emit: (fact) => facts.push(fact),
    dial: broker.dial,
    protocol: 'mqtt',
    devicesPerConnection: 1,
    hostName: 'hub.example',
    client: 'hubfleet/1.2.3',
    behaviour: { kind: 'reboot', dark: 5_000 },
    reconnect: { kind: 'backoff', first: 500, most: 30_000, jitter: 0 },
    keepAliveSeconds: 240,
    tokenLifetimeSeconds: 3_600,
    faults: noFaults,
    ...changes,
  };
  const device = createDevice({ id: deviceId('pump-1'), key, random: seeded(7), settings, ...of });
  return {
    clock,
    broker,
    device,
    settings,
    facts,
    states: () =>
      facts.flatMap((fact) =>
        fact.type === 'link.changed' ? [fact.detail ? `${fact.state}: ${fact.detail}` : fact.state] : [],
      ),
    of: (type) => facts.filter((fact) => fact.type === type) as never,
    async online() {
      device.start(0);
      await clock.advance(1);
    },
  };
}

/** Hooks that lead every reply through `strike`, and nothing else through anything. */
export const strikingReplies = (strike: (passage: ReplyPassage) => void): FaultHooks => ({
  ...noFaults,
  at: <S extends Stage>(stage: S) =>
    stage === 'reply' ? (strike as unknown as (passage: Passages[S]) => void) : undefined,
});

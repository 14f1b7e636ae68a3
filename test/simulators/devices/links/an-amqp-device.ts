// Connections over AMQP on a tiny hub under a virtual clock, for the tests in this folder.

import type { DeviceOptions, FleetSettings, MethodRequest } from '../../../../simulators/devices/device.ts';
import { AmqpConnection } from '../../../../simulators/devices/links/amqp.ts';
import type {
  ConnectionOwner,
  Ending,
  IncomingMessage,
  JsonObject,
} from '../../../../simulators/devices/links/connection.ts';
import { tokenOf } from '../../../../simulators/devices/proof.ts';
import { seeded } from '../../../../simulators/random/random.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { noFaults } from '../../../../simulators/vocabulary/passages.ts';
import { TinyAmqpHub } from '../../../support/tiny-amqp-hub.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

export const key = Buffer.from('a key of a device').toString('base64');

/** An owner that writes down what it hears. */
export class Ear implements ConnectionOwner {
  readonly heard: string[] = [];
  readonly requests: MethodRequest[] = [];
  readonly patches: { readonly patch: JsonObject; readonly version: number }[] = [];
  readonly messages: IncomingMessage[] = [];
  readonly endings: Ending[] = [];
  readonly puzzles: string[] = [];
  renewals = 0;
  onOpened: () => void = () => {};
  constructor(private readonly device: DeviceOptions) {}
  token(): string {
    return tokenOf(this.device).token;
  }
  opened(): void {
    this.heard.push('opened');
    this.onOpened();
  }
  closed(_connection: unknown, ending: Ending): void {
    this.heard.push(`closed: ${ending.detail}`);
    this.endings.push(ending);
  }
  methodCalled(_connection: unknown, request: MethodRequest): void {
    this.requests.push(request);
  }
  desiredPatched(_connection: unknown, patch: JsonObject, version: number): void {
    this.patches.push({ patch, version });
  }
  messageArrived(_connection: unknown, message: IncomingMessage): void {
    this.messages.push(message);
  }
  puzzled(_connection: unknown, detail: string): void {
    this.puzzles.push(detail);
  }
  renewalDue(): void {
    this.renewals += 1;
  }
}

export interface AnAmqpFleet {
  readonly clock: VirtualClock;
  readonly hub: TinyAmqpHub;
  readonly settings: FleetSettings;
  connect(id: string, more?: Partial<DeviceOptions>): { readonly ear: Ear; readonly connection: AmqpConnection };
  /** Connected, and the hub has answered all of it. */
  open(id: string): Promise<{ readonly ear: Ear; readonly connection: AmqpConnection }>;
}

export function anAmqpFleet(changes: Partial<FleetSettings> = {}, hub = new TinyAmqpHub()): AnAmqpFleet {
  const clock = new VirtualClock();
  const settings: FleetSettings = {
    clock,
    emit: () => {},
    dial: hub.dial,
    protocol: 'amqp',
    devicesPerConnection: 1,
    hostName: 'hub.example',
    behaviour: { kind: 'echo' },
    reconnect: { kind: 'none' },
    // The hub of these tests says nothing by itself.
    keepAliveSeconds: 100_000,
    tokenLifetimeSeconds: 3_600,
    faults: noFaults,
    ...changes,
  };
  const connect = (id: string, more: Partial<DeviceOptions> = {}) => {
    const device: DeviceOptions = { id: deviceId(id), key, random: seeded(7), settings, ...more };
    const ear = new Ear(device);
    const connection = new AmqpConnection(ear, device);
    return { ear, connection };
  };
  return {
    clock,
    hub,
    settings,
    connect,
    async open(id) {
      const one = connect(id);
      await until(() => one.ear.heard.length > 0);
      return one;
    },
  };
}

/** Until what the streams in memory carry has made it true. */
export async function until(done: () => boolean, patience = 5_000): Promise<void> {
  const end = performance.now() + patience;
  while (!done()) {
    if (performance.now() > end) throw new Error(`waited ${patience} ms in vain for ${done}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Everything under way in memory has arrived. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

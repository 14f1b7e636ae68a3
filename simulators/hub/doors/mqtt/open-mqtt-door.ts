// Devices that speak MQTT 3.1.1, through whatever listener or WebSocket they came; and a listener of its own for tests and the hub.
import type { Clock } from '../../../clock/clock.ts';
import { Waits } from '../../../clock/waits.ts';
import type { Emit, HubFact } from '../../../vocabulary/facts.ts';
import type { FaultHooks } from '../../../vocabulary/passages.ts';
import { type Millis, seconds } from '../../../vocabulary/units.ts';
import type { Access } from '../../access/access.ts';
import type { Connections } from '../../connections/connections.ts';
import type { Methods } from '../../methods/methods.ts';
import type { Identity } from '../../registry/registry.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import type { Twins } from '../../twins/twins.ts';
import type { StreamProtocol } from '../arrival.ts';
import { type Listener, type ListenerTls, openListener } from '../listener.ts';
import { DeviceSocket } from './device-socket.ts';
import type { DoorMessages, DoorTools } from './door-tools.ts';
import { sessionsOf } from './subscriptions.ts';

export interface MqttOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  readonly find: (id: string) => Identity | undefined;
  readonly twins: Twins;
  readonly access: Access;
  readonly connections: Connections;
  readonly methods: Methods;
  readonly messages: DoorMessages;
  /** Left out, nothing is limited. */
  readonly throttling?: Throttling | undefined;
  /** Left out, nothing is wrong with the hub. */
  readonly faults?: FaultHooks | undefined;
  readonly hostName: string;
  /** How long a connection outlives its token, ms. @default 2 s, enough for clocks a little apart; the service shows about 10 minutes */
  readonly tokenGrace?: Millis;
}

const greetingTime: Millis = seconds(30);

export function openMqtt(options: MqttOptions): StreamProtocol {
  const tools: DoorTools = {
    ...options,
    tokenGrace: options.tokenGrace ?? seconds(2),
    sessions: sessionsOf(options.connections),
    greetings: new Waits(options.clock, greetingTime),
    open: new Set(),
  };
  return {
    accept(arrival) {
      new DeviceSocket(arrival, tools);
    },
    stop() {
      for (const device of [...tools.open]) device.close('shutdown');
    },
  };
}

export interface MqttDoorOptions extends MqttOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Left out: plain text, and then `host` must be the loopback. */
  readonly tls?: ListenerTls | undefined;
}

export type MqttDoor = Listener;

/** Throws LabError port.taken, port.forbidden or input.invalid. */
export async function openMqttDoor(options: MqttDoorOptions): Promise<MqttDoor> {
  const protocol = openMqtt(options);
  const { address, stop } = await openListener({ ...options, door: 'mqtt', accept: protocol.accept });
  return {
    address,
    stop() {
      protocol.stop();
      return stop();
    },
  };
}

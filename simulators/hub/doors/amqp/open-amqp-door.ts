// Devices and services that speak AMQP 1.0, through whatever listener or WebSocket they came; and a listener of its own for tests and the hub.
import { Waits } from '../../../clock/waits.ts';
import { type Millis, seconds } from '../../../vocabulary/units.ts';
import type { StreamProtocol } from '../arrival.ts';
import { type Listener, type ListenerTls, openListener } from '../listener.ts';
import { AmqpPeer } from './amqp-peer.ts';
import type { DoorTools } from './door-tools.ts';
import { requestGuids } from './request-guids.ts';

export interface AmqpOptions
  extends Pick<
    DoorTools,
    | 'clock'
    | 'emit'
    | 'find'
    | 'twins'
    | 'access'
    | 'connections'
    | 'methods'
    | 'messages'
    | 'throttling'
    | 'faults'
    | 'hostName'
  > {
  /** For the ids of method requests. */
  readonly randomBytes: (count: number) => Buffer;
  /** How long links outlive their token, ms. @default 2 s, enough for clocks a little apart */
  readonly tokenGrace?: Millis;
  /** @default 1,500: the Java client puts up to 1,000 devices on one connection */
  readonly mostTokens?: number;
}

const greetingTime: Millis = seconds(30);

export function openAmqp(options: AmqpOptions): StreamProtocol {
  const { clock, randomBytes } = options;
  const tools: DoorTools = {
    ...options,
    tokenGrace: options.tokenGrace ?? seconds(2),
    mostTokens: options.mostTokens ?? 1_500,
    greetings: new Waits(clock, greetingTime),
    requests: requestGuids(randomBytes(16)),
  };
  const open = new Set<AmqpPeer>();
  return {
    accept(arrival) {
      open.add(new AmqpPeer(arrival, tools, (peer) => open.delete(peer)));
    },
    stop() {
      for (const peer of [...open]) peer.stop();
    },
  };
}

export interface AmqpDoorOptions extends AmqpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Left out: plain text, and then `host` must be the loopback. */
  readonly tls?: ListenerTls | undefined;
}

/** Throws LabError port.taken, port.forbidden or input.invalid. */
export async function openAmqpDoor(options: AmqpDoorOptions): Promise<Listener> {
  const protocol = openAmqp(options);
  const { address, stop } = await openListener({ ...options, door: 'amqp', accept: protocol.accept });
  return {
    address,
    stop() {
      protocol.stop();
      return stop();
    },
  };
}

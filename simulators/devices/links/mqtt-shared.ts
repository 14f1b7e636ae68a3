// What all MQTT connections of one fleet share, so that one more idle device costs as little as `mqtt` allows.
import type { Duplex } from 'node:stream';
import type { IClientOptions } from 'mqtt';
import type { Clock } from '../../clock/clock.ts';
import { Wait, Waits } from '../../clock/waits.ts';
import { type Millis, seconds } from '../../vocabulary/units.ts';
import type { DeviceOptions, FleetSettings } from '../device.ts';
import type { ConnectionOwner } from './connection.ts';

const apiVersion = '2021-04-12';
/** Part of a token's life after which it is replaced, as the .NET and Java SDKs do (reference 1.2). */
const renewalShare = 0.85;
const never = 2 ** 31 - 1;

export interface MqttShared {
  readonly clock: Clock;
  readonly dial: () => Duplex;
  readonly options: IClientOptions;
  /** What follows the identity in the user name: the version of the protocol, and who we are. */
  readonly userNameEnd: string;
  readonly renewals: Waits;
}

const sharedBySettings = new WeakMap<FleetSettings, MqttShared>();

export function mqttShared(settings: FleetSettings): MqttShared {
  let shared = sharedBySettings.get(settings);
  if (!shared) {
    shared = {
      clock: settings.clock,
      dial: () => settings.dial(),
      options: fleetOptions(settings),
      userNameEnd: `/?api-version=${apiVersion}&DeviceClientType=${encodeURIComponent(settings.client ?? 'hubfleet')}`,
      renewals: new Waits(settings.clock, Math.round(seconds(settings.tokenLifetimeSeconds) * renewalShare)),
    };
    sharedBySettings.set(settings, shared);
  }
  return shared;
}

/** What opens the device's stream: one function for all devices without a certificate. */
export const mqttDial = (shared: MqttShared, { certificate, settings }: DeviceOptions): (() => Duplex) =>
  certificate === undefined ? shared.dial : () => settings.dial(certificate);

/** The options of one connection: the fleet's, with who the device is and a token signed now. A certificate takes the password's place. */
export function mqttOptions(
  shared: MqttShared,
  { id, certificate, settings }: DeviceOptions,
  owner: ConnectionOwner,
): IClientOptions {
  const host = settings.hostName;
  const options = { ...shared.options };
  options.clientId = id;
  options.username = `${host}/${id}${shared.userNameEnd}`;
  options.password = certificate === undefined ? owner.token() : undefined;
  return options;
}

function fleetOptions(settings: FleetSettings): IClientOptions {
  return {
    manualConnect: true,
    protocolId: 'MQTT',
    protocolVersion: 4,
    // As all official SDKs: the hub keeps the session (reference 2.2). Nothing is stored on this side, so it costs nothing here.
    clean: false,
    keepalive: settings.keepAliveSeconds,
    timerVariant: keepAliveTimer(settings.clock),
    reconnectPeriod: 0, // the device's own policy dials again
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: never, // runs on a global timer; the connection's own limit runs on the Clock
    messageIdProvider: oneMessageId,
    incomingStore: nothingStored,
    outgoingStore: nothingStored,
    // `debug` takes 3% of a busy device's time even when it prints nothing, and an object per client.
    log: () => {},
    // Members that mqtt, or mqttOptions above, writes to each copy. One added to a copy of this many costs 5 us; one that is there, nothing.
    reschedulePings: true,
    subscribeBatchSize: undefined,
    writeCache: true,
    customHandleAcks: undefined,
    clientId: '',
    username: '',
    password: '',
  };
}

/** An interval of mqtt's keep-alive: a wait that begins again until it is stopped. */
class Interval {
  #stopped = false;
  readonly #waits: Waits;
  readonly #wait: Wait;
  constructor(waits: Waits, run: () => void) {
    this.#waits = waits;
    this.#wait = new Wait(() => {
      run();
      if (!this.#stopped) waits.again(this.#wait);
    });
    waits.again(this.#wait);
  }
  stop(): void {
    this.#stopped = true;
    this.#waits.end(this.#wait);
  }
}

/** mqtt asks for an interval of half the keep-alive period per client, all equally long: one list of waits serves the whole fleet. */
function keepAliveTimer(clock: Clock): NonNullable<IClientOptions['timerVariant']> {
  const lists = new Map<Millis, Waits>();
  const timer = {
    set(run: () => void, ms: Millis): Interval {
      let waits = lists.get(ms);
      if (!waits) {
        waits = new Waits(clock, ms);
        lists.set(ms, waits);
      }
      return new Interval(waits, run);
    },
    clear: (interval: Interval) => interval.stop(),
  };
  // mqtt declares the handle as a number and only ever hands it back (KeepaliveManager).
  return timer as unknown as NonNullable<IClientOptions['timerVariant']>;
}

/** A connection has at most one SUBSCRIBE or UNSUBSCRIBE under way, and its messages have numbers of their own from 2, so one packet id does. */
const oneMessageId: NonNullable<IClientOptions['messageIdProvider']> = {
  allocate: () => 1,
  getLastAllocated: () => 1,
  register: () => true,
  deallocate: () => {},
  clear: () => {},
};

/** Gives nothing and ends: mqtt reads its store through a stream once per connection, to send again what was not acknowledged. */
class EmptyStream {
  #destroyed = false;
  on(event: string, run: () => void): this {
    if (event === 'end') {
      process.nextTick(() => {
        if (!this.#destroyed) run();
      });
    }
    return this;
  }
  once(): this {
    return this;
  }
  read(): null {
    return null;
  }
  destroy(): this {
    this.#destroyed = true;
    return this;
  }
}

type Store = NonNullable<IClientOptions['outgoingStore']>;
const absent = new Error('nothing is stored');

/** mqtt-packet reads a packet id that is cut off as -1, and throws out of a stream's callback when that is to be written back. */
export const isPacketId = (id: number | undefined): boolean => id !== undefined && id >= 0;

/**
 * For packets above QoS 0, which mqtt neither sends for us nor keeps: a hub that sends one at QoS 2 is answered, its content dropped.
 * One that carries no id is left unanswered; the connection then ends by its keep-alive.
 */
const nothingStored: Store = {
  put(packet, done) {
    if (isPacketId(packet.messageId)) done();
    return nothingStored;
  },
  del(_packet, done) {
    done(absent);
    return nothingStored;
  },
  get(packet, done) {
    if (isPacketId(packet.messageId)) done(absent);
    return nothingStored;
  },
  createStream: () => new EmptyStream() as unknown as ReturnType<Store['createStream']>,
  close: (done) => done(),
};

// What all AMQP connections of one fleet share: one rhea container with one set of listeners, the lists of waits, and the lines that
// still have room for another device.
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock/clock.ts';
import { Waits } from '../../clock/waits.ts';
import { type Millis, seconds } from '../../vocabulary/units.ts';
import type { ClientPair, DeviceOptions, FleetSettings } from '../device.ts';
import { AmqpLine } from './amqp-line.ts';
import { type RheaContainer, rheaContainer } from './amqp-rhea.ts';

/** Part of a token's life after which it is replaced, as the .NET and Java SDKs do (reference 1.2). */
const renewalShare = 0.85;

export class AmqpShared {
  readonly clock: Clock;
  readonly hostName: string;
  readonly container: RheaContainer;
  readonly renewals: Waits;
  /** What hubs are told: they say something within this, were it an empty frame. The fleet's keep-alive, as the Java SDK announces its own. */
  readonly idleTimeOut: Millis;
  /** For as long a line believes in a hub that says nothing: twice the time announced [AMQP 1.0, 2.4.5]. */
  readonly silences: Waits;
  /** What every link says of its client. */
  readonly properties: Readonly<Record<string, string>>;
  readonly #dial: (certificate?: ClientPair) => Duplex;
  readonly devicesPerLine: number;
  /** Lines that can take another device. */
  readonly #open = new Set<AmqpLine>();
  #lines = 0;
  readonly #beats = new Map<Millis, Waits>();

  constructor(settings: FleetSettings) {
    this.clock = settings.clock;
    this.hostName = settings.hostName;
    this.container = rheaContainer('hubfleet');
    this.renewals = new Waits(settings.clock, Math.round(seconds(settings.tokenLifetimeSeconds) * renewalShare));
    this.idleTimeOut = seconds(settings.keepAliveSeconds);
    this.silences = new Waits(settings.clock, 2 * this.idleTimeOut);
    this.properties = { 'com.microsoft:client-version': settings.client ?? 'hubfleet' };
    this.#dial = settings.dial;
    this.devicesPerLine = settings.devicesPerConnection;
  }

  /** A line with room, else a new one. A certificate belongs to one device, and so does the line it opens. Throws what `dial` throws. */
  lineFor({ id, certificate }: DeviceOptions): AmqpLine {
    if (!certificate) for (const line of this.#open) return line;
    this.#lines += 1;
    const name = `${id}-${this.#lines}`;
    return new AmqpLine(this, name, this.#dial(certificate), certificate ? 'certificate' : 'tokens');
  }

  /** `members` devices are on the line now; undefined when it takes no more. */
  counted(line: AmqpLine, members: number | undefined): void {
    if (members !== undefined && members > 0 && members < this.devicesPerLine) this.#open.add(line);
    else this.#open.delete(line);
  }

  /** Waits of `period`, for the empty frames that a hub wants to see now and then. */
  beats(period: Millis): Waits {
    let waits = this.#beats.get(period);
    if (!waits) {
      waits = new Waits(this.clock, period);
      this.#beats.set(period, waits);
    }
    return waits;
  }
}

const sharedBySettings = new WeakMap<FleetSettings, AmqpShared>();

export function amqpShared(settings: FleetSettings): AmqpShared {
  let shared = sharedBySettings.get(settings);
  if (!shared) {
    shared = new AmqpShared(settings);
    sharedBySettings.set(settings, shared);
  }
  return shared;
}

// The tokens put on one connection (reference 3.2): many, for many devices. What a token opens is asked of its contents; the name it was put
// under only tells which earlier one it replaces.
import { parseToken } from '../../../tokens/sas-token.ts';
import { type DeviceId, identityId, isIdentityId } from '../../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { OpenToken, Permission } from '../../access/access.ts';
import type { Identity } from '../../registry/registry.ts';

/** A token in its place; renewal puts another into it, so that who was let in by it need not be told. */
export interface Seat {
  token: OpenToken;
  /** The devices its resource may name, which depends on how often the id was encoded; undefined for the whole hub and for principals. */
  readonly devices: readonly (string | undefined)[];
  /** Its expiry with the grace. */
  until: Instant;
}

export class Tokens {
  readonly #seats = new Map<string, Seat>();
  readonly #byDevice = new Map<string | undefined, Set<Seat>>();
  constructor(
    readonly grace: number,
    readonly most: number,
  ) {}

  get size(): number {
    return this.#seats.size;
  }

  /** @param text the token, whose resource tells the device. */
  put(name: string, text: string, token: OpenToken): Refusal | undefined {
    const resource = resourceOf(text);
    const key = `${nameKey(name)}\n${resource}\n${token.subject}`;
    const until = token.expiresAt + this.grace;
    const seat = this.#seats.get(key);
    if (seat) {
      seat.token = token;
      seat.until = until;
      return undefined;
    }
    if (this.#seats.size >= this.most) {
      return refuse('IotHubMaxCbsTokenExceeded', `This connection holds ${this.most} tokens already.`);
    }
    const taken: Seat = { token, devices: devicesOf(resource), until };
    this.#seats.set(key, taken);
    for (const device of taken.devices) {
      const others = this.#byDevice.get(device);
      if (others) others.add(taken);
      else this.#byDevice.set(device, new Set([taken]));
    }
    return undefined;
  }

  /** The first that lets the identity speak, or why none does. */
  admitting(identity: Identity, now: Instant): Seat | Refusal {
    return this.#first(
      [this.#byDevice.get(identity.deviceId), this.#byDevice.get(undefined)],
      now,
      (token) => token.admits(identity),
      identity.moduleId === undefined ? identity.deviceId : `${identity.deviceId}/${identity.moduleId}`,
    );
  }

  permitting(permission: Permission, path: string, now: Instant): Seat | Refusal {
    return this.#first(this.#byDevice.values(), now, (token) => token.permits(permission, path), `/${path}`);
  }

  #first(
    candidates: Iterable<ReadonlySet<Seat> | undefined>,
    now: Instant,
    ask: (token: OpenToken) => Refusal | undefined,
    what: string,
  ): Seat | Refusal {
    let refused: Refusal | undefined;
    for (const seats of candidates) {
      for (const seat of seats ?? []) {
        if (seat.until <= now) continue;
        const refusal = ask(seat.token);
        if (refusal === undefined) return seat;
        refused ??= refusal;
      }
    }
    return refused ?? refuse('IotHubUnauthorized', `Unauthorized: no token was put on this connection for '${what}'.`);
  }

  /** When the next one ends. */
  get nextEnd(): Instant {
    let next = Number.POSITIVE_INFINITY;
    for (const { until } of this.#seats.values()) next = Math.min(next, until);
    return next;
  }

  /** Takes away those that ended. */
  sweep(now: Instant): void {
    for (const [key, seat] of this.#seats) {
      if (seat.until > now) continue;
      this.#seats.delete(key);
      for (const device of seat.devices) {
        const others = this.#byDevice.get(device);
        others?.delete(seat);
        if (others?.size === 0) this.#byDevice.delete(device);
      }
    }
  }
}

/** Node encodes the name, Java does not, .NET puts a scheme and a port into it. */
function nameKey(name: string): string {
  let text = name;
  try {
    text = decodeURIComponent(name);
  } catch {
    // not encoded, then
  }
  return text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/$/, '');
}

/** The device or module a name speaks of, for facts: what opens is the token's affair. */
export function namedDevice(name: string): DeviceId | undefined {
  const [, devices, device = '', modules, module] = nameKey(name).split('/');
  const id = identityId(device, modules === 'modules' ? module : undefined);
  return devices === 'devices' && isIdentityId(id) ? id : undefined;
}

/** What a SAS token is for, decoded once; empty for other tokens. */
function resourceOf(text: string): string {
  const token = parseToken(text);
  return token === undefined ? '' : decodeURIComponent(token.sr);
}

function devicesOf(resource: string): readonly (string | undefined)[] {
  const [, word, device] = resource.split('/');
  if (word !== 'devices' || !device) return [undefined];
  try {
    // .NET encodes the id, and then the whole resource with it.
    const again = decodeURIComponent(device);
    return again === device ? [device] : [device, again];
  } catch {
    return [device];
  }
}

// The hubs that a lab's fleets live on: its own, and those that fleets name by connection string. Connection strings stay in here.
import { randomBytes } from 'node:crypto';
import { makeAuthority } from '../certificates/issue.ts';
import type { Pair } from '../certificates/pair.ts';
import type { Clock } from '../clock/clock.ts';
import type { HubStatus } from '../hub/hub.ts';
import { type Invoker, openInvoker } from '../invoker/invoker.ts';
import { hashOf, type Random, seeded } from '../random/random.ts';
import { parseConnectionString } from '../tokens/connection-string.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { FleetName } from '../vocabulary/ids.ts';
import type { FleetSpec } from '../vocabulary/specs.ts';
import { localAddress, type RemoteDoors, remoteAddress } from './dialling.ts';
import type { HubAddress } from './fleet-holder.ts';

export interface FleetHub {
  readonly hostName: string;
  readonly local: boolean;
  readonly invoker: Invoker;
  readonly random: Random;
  /** What keys of the fleets' devices are derived from. */
  readonly secret: string;
  /** Where a fleet's devices dial. Throws LabError input.invalid. */
  address(spec: FleetSpec): HubAddress;
  /** Throws LabError input.invalid where devices cannot authenticate by a CA of ours. */
  authority(): Promise<Pair>;
}

export interface HubsOptions {
  readonly clock: Clock;
  readonly local: HubStatus;
  readonly invoker: Invoker;
  /** The CA that the local hub was told to trust in devices. */
  readonly authority: Pair;
  /** Hubs on other ports than the well-known ones, by host name. */
  readonly remotes: Readonly<Record<string, RemoteDoors>>;
}

/** The CA of a lab's own devices; made anew at each start, as their certificates are. */
export const deviceAuthority = (clock: Clock): Promise<Pair> => makeAuthority({ now: clock.now(), randomBytes });

export class Hubs {
  readonly #local: FleetHub;
  readonly #byFleet = new Map<FleetName, FleetHub>();

  constructor(private readonly options: HubsOptions) {
    const { local, invoker, authority } = options;
    this.#local = {
      hostName: local.hostName,
      local: true,
      invoker,
      random: seeded(hashOf(local.hostName)),
      secret: local.connectionStrings.iothubowner ?? '',
      address: (spec) => localAddress(spec, local),
      authority: () => Promise.resolve(authority),
    };
  }

  /** The hub of a fleet that is there, the local one for any other name. */
  of(fleet: FleetName | undefined): FleetHub {
    return (fleet === undefined ? undefined : this.#byFleet.get(fleet)) ?? this.#local;
  }

  /** Throws LabError connection-string.invalid. What it opens is closed with `close`. */
  open(spec: FleetSpec): FleetHub {
    const hub = spec.hub === 'local' ? this.#local : this.#remote(spec);
    this.#byFleet.set(spec.name, hub);
    return hub;
  }

  async close(fleet: FleetName): Promise<void> {
    const hub = this.#byFleet.get(fleet);
    this.#byFleet.delete(fleet);
    if (hub !== undefined && !hub.local) await hub.invoker.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#byFleet.keys()].map((fleet) => this.close(fleet)));
  }

  #remote(spec: FleetSpec): FleetHub {
    const { clock, remotes } = this.options;
    const { hostName, gatewayHostName } = parseConnectionString(spec.hub);
    const doors = remotes[hostName] ?? (gatewayHostName === undefined ? undefined : { host: gatewayHostName });
    const random = seeded(hashOf(`${spec.name} ${hostName}`));
    const invoker = openInvoker({
      connectionString: spec.hub,
      clock,
      address: { host: doors?.host ?? hostName, port: doors?.https ?? 443, tls: true },
      ...(doors?.ca === undefined ? {} : { ca: doors.ca }),
    });
    return {
      hostName,
      local: false,
      invoker,
      random,
      secret: spec.hub,
      address: (asked) => remoteAddress(asked, hostName, doors),
      authority: () =>
        Promise.reject(
          new LabError(
            'input.invalid',
            `authentication: x509-ca needs a CA that ${hostName} knows, and this lab has none there`,
            'Use sas or x509-self-signed on a remote hub.',
          ),
        ),
    };
  }
}

/** A fleet's spec as it may be shown and sent to threads: the remote hub's host name in the place of its connection string. */
export const withoutSecret = (spec: FleetSpec): FleetSpec =>
  spec.hub === 'local' ? spec : { ...spec, hub: parseConnectionString(spec.hub).hostName };

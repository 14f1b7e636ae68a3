// What a person asks of a hub beside calling methods: queries, jobs, cloud-to-device messages. All of it through the public service API.
import type { Clock } from '../clock/clock.ts';
import type { HubStatus } from '../hub/hub.ts';
import type { Invoker } from '../invoker/invoker.ts';
import { openMessages } from '../invoker/messages.ts';
import { LabError } from '../vocabulary/errors.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import { Jobs } from './desk-jobs.ts';
import { Messages } from './desk-messages.ts';
import { Queries } from './desk-queries.ts';
import type { RemoteDoors } from './dialling.ts';
import type { FleetHub } from './hubs.ts';

export type { NewJob } from './desk-jobs.ts';
export type { NewMessage } from './desk-messages.ts';
export type { QueryPage } from './desk-queries.ts';

/** What is asked of one hub. */
export interface HubDesk {
  readonly queries: Pick<Queries, 'run' | 'devices' | 'count'>;
  readonly jobs: Pick<Jobs, 'list' | 'detail' | 'create' | 'cancel'>;
}

export interface Desk {
  /** @param hub host name of the remote hub of a fleet; the local one when left out. Throws LabError input.invalid when no fleet lives there. */
  of(hub?: string): HubDesk;
  /** Each message goes to the hub that its device lives on. */
  readonly messages: Pick<Messages, 'send' | 'purge' | 'view'>;
}

export interface DeskOptions {
  readonly clock: Clock;
  readonly local: HubStatus;
  readonly invoker: Invoker;
  readonly hubOf: (device: DeviceId) => FleetHub;
  /** The remote hub of that host name, while a fleet lives on it. */
  readonly remoteHub: (hostName: string) => FleetHub | undefined;
  readonly remotes: Readonly<Record<string, RemoteDoors>>;
  /** Whether the local hub has the limits of a tier. */
  readonly limited: () => boolean;
}

export interface OpenDesk extends Desk {
  record(fact: Fact): void;
  close(): Promise<void>;
}

export function openDesk({ clock, local, invoker, hubOf, remoteHub, remotes, limited }: DeskOptions): OpenDesk {
  const jobs = new Jobs({ clock, invoker, remote: undefined, limited });
  const here: HubDesk = { queries: new Queries(clock, invoker), jobs };
  /** A fleet that is made anew on the same hub brings another client: the desk goes with the client. */
  const away = new WeakMap<FleetHub, HubDesk>();

  const of = (hostName: string | undefined): HubDesk => {
    if (hostName === undefined) return here;
    const hub = remoteHub(hostName);
    // A fleet that failed to get there has a name and no hub.
    if (hub === undefined || hub.local) {
      throw new LabError('input.invalid', `hub: no fleet lives on '${hostName}'`, 'Leave it out for the local hub.');
    }
    const known = away.get(hub);
    if (known !== undefined) return known;
    const made = {
      queries: new Queries(clock, hub.invoker, {
        hostName,
        runs: (device) => !hubOf(device).local && hubOf(device).hostName === hostName,
      }),
      jobs: new Jobs({ clock, invoker: hub.invoker, remote: hostName }),
    };
    away.set(hub, made);
    return made;
  };

  const messages = new Messages({
    clock,
    hubOf,
    open: (hub) =>
      openMessages({
        connectionString: hub.secret,
        clock,
        ...(hub.local ? localDoor(local) : remoteDoor(remotes[hub.hostName])),
      }),
  });
  return {
    of,
    messages,
    record(fact) {
      jobs.record(fact);
      messages.record(fact);
    },
    close: () => messages.close(),
  };
}

/** Our own messages take the plain loopback door when it is open, as our own calls do. */
function localDoor({ doors, ca }: HubStatus) {
  const door = doors.amqp ?? doors.amqps;
  if (door === undefined) {
    throw new LabError(
      'input.invalid',
      'the hub has no AMQP door, and cloud-to-device messages go over AMQP alone',
      'Open the amqps port.',
    );
  }
  return { address: { host: door.host, port: door.port, tls: doors.amqp === undefined }, ca: ca.pem };
}

const remoteDoor = (doors: RemoteDoors | undefined) =>
  doors === undefined
    ? {}
    : {
        address: { host: doors.host, port: doors.amqps ?? 5_671, tls: true },
        ...(doors.ca === undefined ? {} : { ca: doors.ca }),
      };

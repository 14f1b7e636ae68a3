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

/** Queries and jobs go to the local hub; messages to the hub that a device lives on. */
export interface Desk {
  readonly queries: Pick<Queries, 'run' | 'devices' | 'count'>;
  readonly jobs: Pick<Jobs, 'list' | 'detail' | 'create' | 'cancel'>;
  readonly messages: Pick<Messages, 'send' | 'purge' | 'view'>;
}

export interface DeskOptions {
  readonly clock: Clock;
  readonly local: HubStatus;
  readonly invoker: Invoker;
  readonly hubOf: (device: DeviceId) => FleetHub;
  readonly remotes: Readonly<Record<string, RemoteDoors>>;
}

export interface OpenDesk extends Desk {
  record(fact: Fact): void;
  close(): Promise<void>;
}

export function openDesk({ clock, local, invoker, hubOf, remotes }: DeskOptions): OpenDesk {
  const jobs = new Jobs(clock, invoker);
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
    queries: new Queries(clock, invoker),
    jobs,
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

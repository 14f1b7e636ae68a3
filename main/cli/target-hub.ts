// Which hub a service command talks to: the one named by --hub, else by IOTHUB_CONNECTION_STRING, else the local hub that runs.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Invoker, InvokerOptions } from '../../simulators/invoker/invoker.ts';
import type { AmqpOptions, MessageClient } from '../../simulators/invoker/messages.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import type { Access } from '../workspace/access.ts';
import { hubOfConnectionString, hubOfFolder } from '../workspace/running-hubs.ts';
import { wholeNumber } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { readCertificates } from './pem-files.ts';

export interface HubFlagsOfService {
  readonly hub?: string;
  readonly port?: number;
  readonly ca?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** @param door the one that --port names. */
export const withHubFlags = (command: Command, door: 'HTTPS' | 'AMQPS' = 'HTTPS'): Command =>
  command
    .option('--hub <connection string>', 'the hub; default IOTHUB_CONNECTION_STRING, else the local hub that runs')
    .option(
      '--port <port>',
      `the hub's ${door} port; a running local hub's own, else ${door === 'HTTPS' ? 443 : 5_671}`,
      wholeNumber(1, 65_535),
    )
    .option('--ca <file>', "PEM file of a CA to trust; a running local hub's own is known")
    .option('--data-dir <folder>', 'data folder of the local hub, when no hub is named')
    .option('--json', 'print one line of JSON');

/** Opens a client for the hub, does the work, closes it. */
export async function withInvoker<T>(
  flags: HubFlagsOfService,
  host: CliHost,
  tools: CliTools,
  work: (invoker: Invoker) => Promise<T>,
): Promise<T> {
  const invoker = await tools.openInvoker(optionsOf(flags, host, tools, 'https'));
  try {
    return await work(invoker);
  } finally {
    await invoker.close();
  }
}

/** The same for messages, over AMQP. */
export async function withMessages<T>(
  flags: HubFlagsOfService,
  host: CliHost,
  tools: CliTools,
  work: (messages: MessageClient) => Promise<T>,
): Promise<T> {
  const messages = await tools.openMessages(optionsOf(flags, host, tools, 'amqps'));
  try {
    return await work(messages);
  } finally {
    await messages.close();
  }
}

/** The connection string a service command works with. Of a running local hub: that of `policy`, or of iothubowner. */
export function connectionStringOf(flags: HubFlagsOfService, host: CliHost, policy = 'iothubowner'): string {
  const named = flags.hub ?? (host.env.IOTHUB_CONNECTION_STRING || undefined);
  if (named !== undefined) return named;
  const { connectionStrings } = runningHub(flags, host);
  const text = Object.hasOwn(connectionStrings, policy) ? connectionStrings[policy] : undefined;
  if (text !== undefined) return text;
  const known = Object.keys(connectionStrings).join(', ');
  throw new LabError('input.invalid', `--policy: there is no policy '${policy}'; there are ${known}`);
}

function optionsOf(
  flags: HubFlagsOfService,
  host: CliHost,
  tools: CliTools,
  door: 'https' | 'amqps',
): InvokerOptions & AmqpOptions {
  const named = flags.hub ?? (host.env.IOTHUB_CONNECTION_STRING || undefined);
  const local = named === undefined ? runningHub(flags, host) : hubOfConnectionString(host.dataDir, named);
  const connectionString = named ?? local?.connectionStrings.iothubowner;
  if (connectionString === undefined) throw new LabError('internal', 'the running hub has no policy iothubowner');

  const ca = flags.ca === undefined ? local?.caPem : readCertificates('--ca', flags.ca, host);
  const plain = door === 'amqps' ? local?.amqp : undefined;
  if (door === 'amqps' && local !== undefined && (local.amqps ?? plain ?? flags.port) === undefined) {
    throw new LabError('hub.unreachable', 'the local hub that runs has no AMQP door', 'Messages go over AMQP alone.');
  }
  const address =
    flags.port === undefined
      ? local?.[door]
        ? { ...local[door], tls: true }
        : plain && { ...plain, tls: false }
      : { host: local?.[door]?.host ?? hostNameOf(connectionString), port: flags.port, tls: true };
  return {
    connectionString,
    clock: tools.clock,
    ...(address === undefined ? {} : { address }),
    ...(ca === undefined ? {} : { ca }),
  };
}

function runningHub(flags: HubFlagsOfService, host: CliHost): Access {
  const dataDir = flags.dataDir === undefined ? host.dataDir : resolve(host.cwd, flags.dataDir);
  const access = hubOfFolder(dataDir);
  if (access !== undefined) return access;
  throw new LabError(
    'hub.unreachable',
    `no hub was named, and no local hub runs on ${dataDir}`,
    'Start one with `hubfleet hub` or `hubfleet start`, or name one with --hub or IOTHUB_CONNECTION_STRING.',
  );
}

const hostNameOf = (connectionString: string): string => /HostName=([^;]*)/i.exec(connectionString)?.[1]?.trim() ?? '';

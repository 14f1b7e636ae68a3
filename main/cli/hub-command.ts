// `hubfleet hub`: the local hub alone, until it is told to stop; and what a user needs to know of one, trust steps and tokens.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Hub, HubStatus } from '../../simulators/hub/hub.ts';
import { parseConnectionString } from '../../simulators/tokens/connection-string.ts';
import { signToken } from '../../simulators/tokens/sas-token.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { trustSteps } from '../../simulators/vocabulary/trust.ts';
import { seconds } from '../../simulators/vocabulary/units.ts';
import { openDataFolder } from '../workspace/data-folder.ts';
import { defaultHostName } from '../workspace/host-name.ts';
import { choosePorts } from '../workspace/ports.ts';
import { announceHub, hubOfFolder } from '../workspace/running-hubs.ts';
import { deviceCaFlag, hostName, port, wholeNumber } from './flags.ts';
import { type CliHost, type CliTools, untilStopped } from './host.ts';
import { type EntraReady, entraIssuer, entraText, openEntraOfHub } from './hub-entra.ts';
import { readCertificates } from './pem-files.ts';

interface HubFlags {
  readonly httpsPort?: number;
  readonly mqttsPort?: number;
  readonly amqpsPort?: number;
  readonly amqpPort?: number;
  readonly mqttPort?: number;
  readonly hostName: string;
  readonly dataDir?: string;
  readonly ephemeral?: boolean;
  readonly json?: boolean;
  readonly facts?: boolean;
  readonly trust?: boolean;
  readonly sas?: string;
  readonly lifetime: number;
  readonly entraIssuer?: string;
  readonly deviceCa?: readonly string[];
}

export function addHubCommand(program: Command, host: CliHost, tools: CliTools): void {
  program
    .command('hub')
    .description('run the local hub alone, until SIGINT or SIGTERM')
    .option('--https-port <port>', 'service API; 443 if it can be had, else 8443; 0 for any free one', port)
    .option('--mqtts-port <port>', 'devices over TLS; 8883; 0 for any free one', port)
    .option('--amqps-port <port>', 'AMQP over TLS; 5671; 0 for any free one', port)
    .option('--amqp-port <port>', 'AMQP in plain text, this machine only; any free one', port)
    .option('--mqtt-port <port>', 'devices without TLS, on loopback only; any free one', port)
    .option('--host-name <name>', 'name in connection strings and certificate', hostName, defaultHostName)
    .option('--data-dir <folder>', `where identities, twins and certificates are kept; ${host.dataDir}`)
    .option('--ephemeral', 'keep nothing')
    .option('--json', 'print one line of JSON when ready')
    .option('--facts', 'then print what happens, one line of JSON each: connections, calls, twins, messages')
    .option(
      '--entra-issuer <local|url>',
      'take Entra tokens of this issuer; local starts one beside the hub',
      entraIssuer,
    )
    .option(...deviceCaFlag)
    .option('--trust', 'print how each SDK is told to trust this hub, and end')
    .option('--sas <policy>', 'print a token for the service API signed as this policy, and end')
    .option('--lifetime <seconds>', 'how long that token is good for', wholeNumber(1, 31_536_000, ' s'), 3_600)
    .action(async (flags: HubFlags) => {
      if (flags.ephemeral && (flags.trust || flags.sas !== undefined)) {
        throw new LabError(
          'input.invalid',
          '--ephemeral: a hub that keeps nothing has no certificate and no keys to show',
        );
      }
      if (flags.trust) await printTrust(flags, host, tools);
      else if (flags.sas !== undefined) await printToken(flags, flags.sas, host, tools);
      else await runHub(flags, host, tools);
    });
}

async function runHub(flags: HubFlags, host: CliHost, tools: CliTools): Promise<void> {
  const dataDir = flags.ephemeral ? undefined : dataDirOf(flags, host);
  const folder = dataDir === undefined ? undefined : openDataFolder(dataDir);
  const { httpsPort: https, mqttsPort: mqtts, mqttPort: mqtt, amqpsPort: amqps, amqpPort: amqp } = flags;
  const { listen, notices } = await choosePorts({ https, mqtts, mqtt, amqps, amqp }, false);
  const authorities = (flags.deviceCa ?? []).map((file) => readCertificates('--device-ca', file, host));
  const entra = await openEntraOfHub(flags.entraIssuer, tools);
  // Scripts read the ready line first.
  let ready = false;
  const opening = tools.openHub({
    clock: tools.clock,
    randomBytes: tools.randomBytes,
    emit: (fact) => {
      if (flags.facts && ready) host.out(JSON.stringify(fact));
    },
    folder: folder?.hub,
    hostName: flags.hostName,
    listen: { ...listen, http: false },
    deviceAuthorities: authorities,
    entra: entra.options,
  });
  const hub = await opening.catch(async (error: unknown) => {
    await entra.stop();
    throw error;
  });
  const stopped = untilStopped(host);
  const withdraw = announceHub(hub.status, { dataDir, usualDataDir: host.dataDir, process: host.process });
  const ca = caFileOf(hub.status, tools);
  try {
    for (const notice of [...notices, ...hub.status.notices]) host.err(notice);
    host.out(
      flags.json
        ? JSON.stringify(readyLine(hub.status, ca.path, dataDir, entra.ready))
        : readyText(hub.status, ca.path, dataDir, entra.ready),
    );
    ready = true;
    await stopped;
  } finally {
    withdraw();
    ca.remove();
    await Promise.all([hub.stop(), entra.stop()]);
  }
}

/** MQTT and AMQP over WebSocket, on the port of HTTPS (reference 2.1, 3.1). */
const webSocketPath = '/$iothub/websocket';

const dataDirOf = (flags: { readonly dataDir?: string }, host: CliHost): string =>
  flags.dataDir === undefined ? host.dataDir : resolve(host.cwd, flags.dataDir);

/** A hub without a folder has its CA in memory only; clients need a file. */
function caFileOf({ ca }: HubStatus, tools: CliTools): { readonly path: string; remove(): void } {
  if (ca.file !== undefined) return { path: ca.file, remove: () => {} };
  const { path, remove } = tools.temporaryFolder();
  const file = join(path, 'hubfleet-ca.pem');
  writeFileSync(file, ca.pem);
  return { path: file, remove };
}

/** What scripts rely on; members are only ever added. */
const readyLine = (
  { hostName, doors, connectionStrings }: HubStatus,
  ca: string,
  dataDir: string | undefined,
  entra: EntraReady | undefined,
) => ({
  ready: true,
  hostName,
  ...doors,
  ...(doors.https === undefined ? {} : { ws: { ...doors.https, path: webSocketPath } }),
  connectionStrings,
  ca,
  dataDir: dataDir ?? null,
  ...(entra === undefined ? {} : { entra }),
});

function readyText(
  { doors, connectionStrings }: HubStatus,
  ca: string,
  dataDir: string | undefined,
  entra: EntraReady | undefined,
): string {
  const lines = Object.entries(doors).map(([door, at]) => `  ${door.padEnd(6)} ${at.host}:${at.port}`);
  return [
    'The local hub is ready.',
    ...lines,
    `  CA     ${ca}  (hubfleet hub --trust says how to trust it)`,
    `  data   ${dataDir ?? 'kept in memory only'}`,
    ...(entra === undefined ? [] : [entraText(entra)]),
    '',
    ...Object.entries(connectionStrings).map(([policy, text]) => `  ${policy}\n    ${text}`),
    '',
    'Ctrl+C stops it.',
  ].join('\n');
}

async function printTrust(flags: HubFlags, host: CliHost, tools: CliTools): Promise<void> {
  const dataDir = dataDirOf(flags, host);
  const file =
    hubOfFolder(dataDir)?.caFile ?? (await withStoppedHub(dataDir, flags, tools, (hub) => hub.status.ca.file));
  if (file === undefined) throw new LabError('file.unreadable', `the hub on ${dataDir} keeps no CA file`);
  const steps = trustSteps(file);
  if (flags.json) host.out(JSON.stringify({ ca: file, trust: steps }));
  else {
    host.out(`The hub's CA certificate: ${file}`);
    for (const { sdk, steps: lines } of steps) host.out(`\n${sdk}\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
}

async function printToken(flags: HubFlags, policy: string, host: CliHost, tools: CliTools): Promise<void> {
  const dataDir = dataDirOf(flags, host);
  const running = hubOfFolder(dataDir);
  const token =
    running === undefined
      ? await withStoppedHub(dataDir, flags, tools, (hub) => hub.serviceToken(policy, flags.lifetime))
      : signAs(running.connectionStrings, policy, tools.clock.now() + seconds(flags.lifetime));
  host.out(flags.json ? JSON.stringify({ policy, token }) : token);
}

function signAs(connectionStrings: Readonly<Record<string, string>>, policy: string, expiresAt: number): string {
  const text = Object.hasOwn(connectionStrings, policy) ? connectionStrings[policy] : undefined;
  if (text === undefined) {
    const known = Object.keys(connectionStrings).join(', ');
    throw new LabError('input.invalid', `--sas: there is no policy '${policy}'; there are ${known}`);
  }
  const { hostName: resource, sharedAccessKey: key = '' } = parseConnectionString(text);
  return signToken({ resource, key, policy, expiresAt });
}

/** Opens the hub of a folder with every door shut, for a moment. One that was never started is made by this. */
async function withStoppedHub<T>(dataDir: string, flags: HubFlags, tools: CliTools, look: (hub: Hub) => T): Promise<T> {
  const hub = await tools.openHub({
    clock: tools.clock,
    randomBytes: tools.randomBytes,
    emit: () => {},
    folder: openDataFolder(dataDir).hub,
    hostName: flags.hostName,
    listen: { host: '127.0.0.1', https: false, http: false, mqtts: false, mqtt: false, amqps: false, amqp: false },
  });
  try {
    return look(hub);
  } finally {
    await hub.stop();
  }
}

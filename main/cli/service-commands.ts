// `hubfleet devices`, `invoke` and `twin`: the service API from a terminal, on the local hub or any other.
import type { Command } from 'commander';
import { accepted, read } from './answers.ts';
import {
  type AuthenticationFlags,
  authenticationOf,
  connectionStringTo,
  type Registered,
  withAuthenticationFlags,
} from './authentication.ts';
import { deviceId, identity, jsonText, wholeNumber } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { wordOfJournal } from './journal-word.ts';
import { type HubFlagsOfService, withHubFlags, withInvoker } from './target-hub.ts';

interface InvokeFlags extends HubFlagsOfService {
  readonly payload?: string;
  readonly responseTimeout?: number;
  readonly connectTimeout?: number;
}
interface ListFlags extends HubFlagsOfService {
  readonly top: number;
}
interface Identity extends Registered {
  readonly deviceId: string;
  readonly status?: string;
  readonly connectionState?: string;
}

export function addServiceCommands(program: Command, host: CliHost, tools: CliTools): void {
  const devices = program
    .command('devices')
    .alias('device-identity')
    .description('create, list and delete device identities');

  withHubFlags(
    withAuthenticationFlags(devices.command('create').description('create a device and print its connection string')),
  )
    .argument('<id>', 'device id', deviceId)
    .action((id: string, flags: HubFlagsOfService & AuthenticationFlags) => {
      const authentication = authenticationOf(flags, host);
      return withInvoker(flags, host, tools, async (invoker) => {
        const body = authentication === undefined ? {} : { authentication };
        const made = read<Identity>(accepted(await invoker.createDevice(id, body)));
        const connectionString = connectionStringTo(invoker.hostName, id, made);
        host.out(flags.json ? JSON.stringify({ deviceId: id, connectionString }) : connectionString);
      });
    });

  withHubFlags(devices.command('list').description('list devices in order of their ids'))
    .option('--top <count>', 'how many at most', wholeNumber(1, 1_000), 1_000)
    .action((flags: ListFlags) =>
      withInvoker(flags, host, tools, async (invoker) => {
        const all = read<readonly Identity[]>(accepted(await invoker.listDevices(flags.top)));
        if (flags.json) host.out(JSON.stringify(all.map(withoutKeys)));
        else for (const one of all) host.out(`${one.deviceId}\t${one.status}\t${one.connectionState}`);
        if (all.length === flags.top) host.err(`stopped at ${flags.top} devices; there may be more`);
      }),
    );

  withHubFlags(devices.command('delete').description('delete a device'))
    .argument('<id>', 'device id', deviceId)
    .action((id: string, flags: HubFlagsOfService) =>
      withInvoker(flags, host, tools, async (invoker) => {
        accepted(await invoker.deleteDevice(id));
        host.out(flags.json ? JSON.stringify({ deviceId: id, deleted: true }) : `deleted ${id}`);
      }),
    );

  withHubFlags(program.command('invoke').description('call a direct method of a device or module'))
    .alias('invoke-device-method')
    .argument('<id>', 'device id, or device/module', identity)
    .argument('<method>', 'method name')
    .option('--payload <json>', 'JSON for the device; none when left out', jsonText)
    .option(
      '--response-timeout <seconds>',
      'how long the device may take; the hub counts 30',
      wholeNumber(5, 300, ' s'),
    )
    .option(
      '--connect-timeout <seconds>',
      'how long to wait for it to connect; the hub counts 0',
      wholeNumber(0, 300, ' s'),
    )
    .action((id: string, method: string, flags: InvokeFlags) => invoke(id, method, flags, host, tools));

  withHubFlags(program.command('twin').description('print the twin of a device or module'))
    .argument('<id>', 'device id, or device/module', identity)
    .action((id: string, flags: HubFlagsOfService) =>
      withInvoker(flags, host, tools, async (invoker) => {
        const twin = read<unknown>(accepted(await invoker.getTwin(id)));
        host.out(flags.json ? JSON.stringify(twin) : JSON.stringify(twin, null, 2));
      }),
    );
}

async function invoke(id: string, method: string, flags: InvokeFlags, host: CliHost, tools: CliTools): Promise<void> {
  await withInvoker(flags, host, tools, async (invoker) => {
    const { payload, responseTimeout, connectTimeout } = flags;
    const began = tools.clock.now();
    const said = await invoker.invoke(id, {
      method,
      ...(payload === undefined ? {} : { payload }),
      ...(responseTimeout === undefined ? {} : { responseTimeout }),
      ...(connectTimeout === undefined ? {} : { connectTimeout }),
    });
    const duration = Math.round(tools.clock.now() - began);
    const problem = said.problem;
    const asked = { device: id, method, from: began };
    const explanation = problem && (await wordOfJournal(asked, flags, host, tools));
    const answer = problem && explanation ? { ...said, problem: { ...problem, explanation } } : said;
    if (flags.json) {
      const { status: httpStatus, deviceStatus, problem } = answer;
      const value = answer.payload === undefined ? undefined : parsed(answer.payload);
      host.out(
        JSON.stringify({
          device: id,
          method,
          httpStatus,
          deviceStatus,
          payload: value,
          durationMs: duration,
          error: problem,
        }),
      );
    }
    accepted(answer);
    if (flags.json) return;
    host.out(`HTTP ${answer.status}, device status ${answer.deviceStatus}, ${duration} ms`);
    if (answer.payload !== undefined) host.out(answer.payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Keys stay on the hub: a list is printed, logged and pasted. */
const withoutKeys = ({ authentication: _, ...rest }: Identity) => rest;

// `hubfleet modules`: module identities of a device.
import type { Command } from 'commander';
import type { Invoker } from '../../simulators/invoker/invoker.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { identityId, partsOf } from '../../simulators/vocabulary/ids.ts';
import { accepted, read } from './answers.ts';
import {
  type AuthenticationFlags,
  authenticationOf,
  connectionStringTo,
  type Registered,
  withAuthenticationFlags,
} from './authentication.ts';
import { deviceId, identity } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { type HubFlagsOfService, withHubFlags, withInvoker } from './target-hub.ts';

interface Module extends Registered {
  readonly moduleId: string;
  readonly connectionState?: string;
}
type Flags = HubFlagsOfService & AuthenticationFlags;

export function addModulesCommand(program: Command, host: CliHost, tools: CliTools): void {
  const modules = program
    .command('modules')
    .alias('module-identity')
    .description('create, list and delete modules of a device');

  withHubFlags(modules.command('list').description('list the modules of a device'))
    .argument('<device>', 'device id', deviceId)
    .action((device: string, flags: HubFlagsOfService) =>
      withInvoker(flags, host, tools, async (invoker) => {
        const all = read<readonly Module[]>(accepted(await invoker.listModules(device)));
        // Keys stay on the hub: a list is printed, logged and pasted.
        if (flags.json) host.out(JSON.stringify(all.map(({ authentication: _, ...rest }) => rest)));
        else for (const one of all) host.out(`${device}/${one.moduleId}\t${one.connectionState}`);
      }),
    );

  const oneModule = (
    name: string,
    description: string,
    run: (invoker: Invoker, id: string, flags: Flags) => Promise<void>,
  ) =>
    withHubFlags(modules.command(name).description(description))
      .argument('<device>', 'device id, or device/module', identity)
      .argument('[module]', 'module id, when the first is only the device', deviceId)
      .action((first: string, second: string | undefined, flags: Flags) =>
        withInvoker(flags, host, tools, (invoker) => run(invoker, moduleOf(first, second), flags)),
      );

  const create = oneModule('create', 'create a module and print its connection string', async (invoker, id, flags) => {
    const authentication = authenticationOf(flags, host);
    const made = await invoker.createDevice(id, authentication === undefined ? {} : { authentication });
    const connectionString = connectionStringTo(invoker.hostName, id, read<Module>(accepted(made)));
    const { device: deviceId, module: moduleId } = partsOf(id);
    host.out(flags.json ? JSON.stringify({ deviceId, moduleId, connectionString }) : connectionString);
  });
  withAuthenticationFlags(create);

  oneModule('delete', 'delete a module', async (invoker, id, flags) => {
    accepted(await invoker.deleteDevice(id));
    const { device, module } = partsOf(id);
    host.out(flags.json ? JSON.stringify({ deviceId: device, moduleId: module, deleted: true }) : `deleted ${id}`);
  });
}

function moduleOf(first: string, second: string | undefined): string {
  const { device, module } = partsOf(first);
  if ((module === undefined) === (second === undefined)) {
    throw new LabError(
      'input.invalid',
      `module: expected one module, as in '${device} thermostat' or '${device}/thermostat'`,
    );
  }
  return identityId(device, module ?? second);
}

// The command line as a function: a host and its tools in, an exit code out. 0 done, 1 internal or refused by the hub, 2 invalid
// input, 3 hub unreachable.
import { Command, CommanderError } from 'commander';
import { errorCodes, LabError } from '../../simulators/vocabulary/errors.ts';
import { addCertsCommand } from './certs-command.ts';
import { addFaultCommand } from './fault-command.ts';
import { addFleetCommand } from './fleet-command.ts';
import type { CliHost, CliTools } from './host.ts';
import { addHubCommand } from './hub-command.ts';
import { addJobsCommand } from './jobs-command.ts';
import { addModulesCommand } from './modules-command.ts';
import { addQueryCommand } from './query-command.ts';
import { addSasCommand } from './sas-command.ts';
import { addSendCommand } from './send-command.ts';
import { addServiceCommands } from './service-commands.ts';
import { addStartCommand } from './start-command.ts';

export async function runCli(host: CliHost, tools: CliTools): Promise<number> {
  const program = new Command('hubfleet')
    .description('Desktop simulator of IoT device fleets, with a local hub inside.')
    .version(tools.version, '-V, --version', 'print the version')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ subcommandTerm: termOf })
    .configureOutput({
      writeOut: (text) => host.out(text.trimEnd()),
      writeErr: (text) => host.err(text.trimEnd()),
      outputError: (text, write) => write(`hubfleet: ${text.replace(/^error: /, '').replace(/\n\(/, ' (')}`),
    });
  addStartCommand(program, host, tools);
  addHubCommand(program, host, tools);
  addFleetCommand(program, host, tools);
  addFaultCommand(program, host);
  addServiceCommands(program, host, tools);
  addModulesCommand(program, host, tools);
  addQueryCommand(program, host, tools);
  addJobsCommand(program, host, tools);
  addSendCommand(program, host, tools);
  addSasCommand(program, host, tools);
  addCertsCommand(program, host, tools);
  for (const command of program.commands) inherit(command, program);

  try {
    await program.parseAsync([...host.args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said what is wrong
    if (error instanceof LabError) {
      host.err(`hubfleet: ${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}`);
      return errorCodes[error.code];
    }
    const text = error instanceof Error ? (host.env.HUBFLEET_TRACE ? error.stack : error.message) : String(error);
    host.err(`hubfleet: ${text}`);
    return 1;
  }
}

/** A command as the list of commands names it, without its other names: those are for who knows them from elsewhere. */
function termOf(command: Command): string {
  const hasOptions = command.options.length > 0 ? ['[options]'] : [];
  const taken = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...hasOptions, ...taken].join(' ');
}

/** Commands made with `.command()` inherit these settings only from a parent that already had them; those nested deeper need it said again. */
function inherit(command: Command, from: Command): void {
  command.copyInheritedSettings(from).helpCommand(false);
  for (const below of command.commands) inherit(below, command);
}

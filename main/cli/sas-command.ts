// `hubfleet sas`: a shared access signature for the service API, a device or a module, to paste into curl, an MQTT client or a test.
import type { Command } from 'commander';
import { parseConnectionString } from '../../simulators/tokens/connection-string.ts';
import { signToken } from '../../simulators/tokens/sas-token.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { partsOf } from '../../simulators/vocabulary/ids.ts';
import { seconds } from '../../simulators/vocabulary/units.ts';
import { accepted, read } from './answers.ts';
import { identity, wholeNumber } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { connectionStringOf, type HubFlagsOfService, withHubFlags, withInvoker } from './target-hub.ts';

interface SasFlags extends HubFlagsOfService {
  readonly policy?: string;
  readonly lifetime: number;
}

export function addSasCommand(program: Command, host: CliHost, tools: CliTools): void {
  withHubFlags(
    program.command('sas').alias('generate-sas-token').description('print a token for the service API or a device'),
  )
    .argument('[id]', 'device id, or device/module; without it the token is for the service API', identity)
    .option('--policy <name>', 'sign as this policy; default the one of the connection string')
    .option('--lifetime <seconds>', 'how long the token is good for', wholeNumber(1, 31_536_000, ' s'), 3_600)
    .action(async (id: string | undefined, flags: SasFlags) => {
      const expiresAt = tools.clock.now() + seconds(flags.lifetime);
      const token =
        id === undefined ? serviceToken(flags, host, expiresAt) : await ownToken(id, flags, host, tools, expiresAt);
      const named = id === undefined ? {} : { id };
      host.out(flags.json ? JSON.stringify({ ...named, token, expiresAt: new Date(expiresAt).toISOString() }) : token);
    });
}

function serviceToken(flags: SasFlags, host: CliHost, expiresAt: number): string {
  const text = connectionStringOf(flags, host, flags.policy);
  const { hostName: resource, sharedAccessKeyName: policy, sharedAccessKey: key } = parseConnectionString(text);
  if (policy === undefined || key === undefined) {
    throw new LabError('input.invalid', '--hub: expected a connection string with a policy and its key');
  }
  if (flags.policy !== undefined && flags.policy !== policy) {
    throw new LabError(
      'input.invalid',
      `--policy: the connection string holds the key of '${policy}', not of '${flags.policy}'`,
    );
  }
  return signToken({ resource, key, policy, expiresAt });
}

/** Signed with the identity's own key, which the registry gives to whom may read it. */
async function ownToken(
  id: string,
  flags: SasFlags,
  host: CliHost,
  tools: CliTools,
  expiresAt: number,
): Promise<string> {
  if (flags.policy !== undefined) {
    throw new LabError(
      'input.invalid',
      `--policy: a token of '${id}' is signed with its own key`,
      'Leave one of the two out.',
    );
  }
  return withInvoker(flags, host, tools, async (invoker) => {
    const { authentication } = read<{ authentication?: { symmetricKey?: { primaryKey?: string | null } } }>(
      accepted(await invoker.getDevice(id)),
    );
    const key = authentication?.symmetricKey?.primaryKey;
    if (!key) throw new LabError('hub.refused', `${id} has no symmetric key: it shows a certificate`);
    const { device, module } = partsOf(id);
    const resource = `${invoker.hostName}/devices/${device}${module === undefined ? '' : `/modules/${module}`}`;
    return signToken({ resource, key, expiresAt });
  });
}

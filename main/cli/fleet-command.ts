// `hubfleet fleet`: the virtual devices of an instance that runs.
import { type Command, Option } from 'commander';
import type { CommandInput } from '../../preload/contract/contract.ts';
import { sleep } from '../../simulators/clock/clock.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { fleetName } from '../../simulators/vocabulary/ids.ts';
import {
  behaviourKinds,
  type FleetSpecInput,
  fleetSpecSchema,
  linkProtocols,
  problemsOf,
} from '../../simulators/vocabulary/specs.ts';
import type { FleetSummary } from '../../simulators/vocabulary/views.ts';
import { wholeNumber } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { objectOf } from './json-input.ts';
import { didYouMean } from './near-names.ts';
import { tableOf } from './table.ts';
import { type Instance, type InstanceFlags, instanceOf, withInstanceFlags } from './target-instance.ts';

interface AddFlags extends InstanceFlags {
  readonly count?: number;
  readonly protocol?: string;
  readonly behaviour?: string;
  readonly settings?: string;
  readonly name?: string;
  readonly id?: string;
  readonly hub?: string;
  readonly confirm?: boolean;
  readonly spec?: string;
  readonly wait?: 'online';
}
interface ChangeFlags extends InstanceFlags {
  readonly behaviour?: string;
  readonly settings?: string;
  readonly spec?: string;
}

/** Between two looks at how many are online. */
const looking = 100;
/** The back-off of devices that were refused is 30 s at most. */
const patience = 60_000;

const usualIds = 'device-{index:0000}';

export function addFleetCommand(program: Command, host: CliHost, tools: CliTools): void {
  const fleets = program.command('fleet').description('run virtual devices in a running instance');

  withInstanceFlags(fleets.command('add').description('add a fleet; ends when all its devices are registered'))
    .option('--count <number>', 'how many devices; 1', wholeNumber(1, 50_000))
    .addOption(new Option('--protocol <protocol>', 'how they speak; mqtt').choices(linkProtocols))
    .option('--behaviour <name>', 'what they do on a direct method; reboot')
    .option('--settings <json>', 'settings of that behaviour, or @file')
    .option('--name <name>', 'name of the fleet; the first of fleet-1, fleet-2, ... that is free')
    .option('--id <pattern>', 'their ids; <name>-{index:0000} with --name, else device-{index:0000}')
    .option('--hub <connection string>', 'the hub they live on; the local one')
    .option('--confirm', 'make their identities on that hub, which is not ours')
    .option('--spec <json>', 'more fields of the fleet, or all of them, as docs/behaviours.md names them; or @file')
    .addOption(new Option('--wait <state>', 'end when all are online').choices(['online']))
    .action(async (flags: AddFlags) => {
      if (flags.behaviour !== undefined) known(flags.behaviour);
      const instance = instanceOf(flags, host);
      const spec = checked(await specIn(flags, instance, host));
      await confirmed(instance.command('fleet.add', { spec, ...(flags.confirm && { confirmRemote: true }) }));
      if (flags.wait === 'online') await untilOnline(spec.name, instance, tools);
      const fleet = await find(spec.name, instance);
      if (flags.json) host.out(JSON.stringify(rowOf(fleet)));
      else host.out(`added ${spec.name}: ${fleet.identities} devices, ${fleet.online} online`);
    });

  withInstanceFlags(fleets.command('list').description('list the fleets')).action(async (flags: InstanceFlags) => {
    const { fleets: all } = await instanceOf(flags, host).view('totals', {});
    const rows = all.map(rowOf);
    if (flags.json) host.out(JSON.stringify(rows));
    else if (rows.length === 0) host.out('no fleets');
    else
      host.out(
        tableOf(rows, ['name', 'state', 'devices', 'online', 'protocol', ['behaviour.kind', 'behaviour'], 'hub']),
      );
  });

  withInstanceFlags(fleets.command('remove').description('stop a fleet and delete its identities'))
    .argument('<name>', 'name of the fleet')
    .option('--confirm', 'delete them on a hub that is not ours, too')
    .action(async (name: string, flags: InstanceFlags & { readonly confirm?: boolean }) => {
      const instance = instanceOf(flags, host);
      const { name: fleet } = await find(name, instance);
      await confirmed(instance.command('fleet.remove', { fleet, ...(flags.confirm && { confirmRemote: true }) }));
      host.out(flags.json ? JSON.stringify({ name, removed: true }) : `removed ${name}`);
    });

  withInstanceFlags(
    fleets
      .command('change')
      .description('change what the devices of a fleet do; their links stay, what is left out too'),
  )
    .argument('<name>', 'name of the fleet')
    .option('--behaviour <name>', 'what they do on a direct method')
    .option('--settings <json>', 'settings of that behaviour, or @file')
    .option('--spec <json>', 'behaviour, methods, acknowledge, telemetry or messages, or @file')
    .action(async (name: string, flags: ChangeFlags) => {
      if (flags.behaviour !== undefined) known(flags.behaviour);
      const change = {
        ...(flags.spec !== undefined && objectOf('--spec', flags.spec, host)),
        ...behaviourIn(flags, host),
      };
      if (Object.keys(change).length === 0) {
        throw new LabError('input.invalid', 'change: nothing to change', 'Give --behaviour or --spec.');
      }
      const instance = instanceOf(flags, host);
      const { name: fleet } = await find(name, instance);
      // The instance checks these fields: it has the same schemas.
      await instance.command('fleet.change', { ...change, fleet } as CommandInput<'fleet.change'>);
      const changed = await find(name, instance);
      host.out(flags.json ? JSON.stringify(rowOf(changed)) : `changed ${name}: ${changed.spec.behaviour.kind}`);
    });
}

function known(behaviour: string): void {
  if ((behaviourKinds as readonly string[]).includes(behaviour)) return;
  const otherwise = `There are ${behaviourKinds.join(', ')}.`;
  throw new LabError(
    'input.invalid',
    `--behaviour: there is no behaviour '${behaviour}'`,
    didYouMean(behaviour, behaviourKinds, otherwise),
  );
}

function behaviourIn(flags: ChangeFlags, host: CliHost): { readonly behaviour?: object } {
  if (flags.settings !== undefined && flags.behaviour === undefined) {
    throw new LabError('input.invalid', '--settings: belongs to --behaviour, which is missing');
  }
  if (flags.behaviour === undefined) return {};
  const settings = flags.settings === undefined ? {} : objectOf('--settings', flags.settings, host);
  return { behaviour: { ...settings, kind: flags.behaviour } };
}

/** What is not said is free in this instance: a second fleet needs another name and other ids than the first. */
async function specIn(flags: AddFlags, instance: Instance, host: CliHost): Promise<object> {
  const given = flags.spec === undefined ? {} : objectOf('--spec', flags.spec, host);
  const { fleets } = await instance.view('totals', {});
  const names = new Set<unknown>(fleets.map((fleet) => fleet.name));
  let number = 1;
  while (names.has(`fleet-${number}`)) number++;
  const named = flags.name ?? given.name;
  const name = named ?? `fleet-${number}`;
  const byName = named !== undefined || fleets.some(({ spec }) => spec.id === usualIds);
  const id = byName ? `${name}-{index:0000}` : usualIds;
  return {
    ...{ id, count: 1 },
    ...given,
    name,
    ...(flags.count !== undefined && { count: flags.count }),
    ...(flags.protocol !== undefined && { protocol: flags.protocol }),
    ...(flags.id !== undefined && { id: flags.id }),
    ...(flags.hub !== undefined && { hub: flags.hub }),
    ...behaviourIn(flags, host),
  };
}

function checked(written: object): FleetSpecInput {
  const parsed = fleetSpecSchema.safeParse(written);
  // The instance reads it again: it is handed on as it was written, with no default in it.
  if (parsed.success) return written as FleetSpecInput;
  throw new LabError(
    'input.invalid',
    problemsOf(parsed.error)
      .map((problem) => `fleet: ${problem}`)
      .join('\n'),
  );
}

async function find(name: string, instance: Instance): Promise<FleetSummary> {
  const { fleets } = await instance.view('totals', {});
  const found = fleets.find((fleet) => fleet.name === fleetName(name));
  if (found !== undefined) return found;
  const names = fleets.map((fleet) => fleet.name);
  const otherwise = names.length === 0 ? 'There are none.' : `There are ${names.join(', ')}.`;
  throw new LabError('fleet.unknown', `there is no fleet '${name}'`, didYouMean(name, names, otherwise));
}

/** A fault may keep some of them off for good: gives up when none came for a while. */
async function untilOnline(name: string, instance: Instance, { clock }: CliTools): Promise<void> {
  let most = 0;
  let since = clock.now();
  for (;;) {
    const { online, identities, state } = await find(name, instance);
    if (online === identities) return;
    if (online > most) {
      most = online;
      since = clock.now();
    }
    const why =
      state === 'failed' || state === 'stopped' ? `is ${state}` : `has none more online since ${patience / 1_000} s`;
    if (state === 'failed' || state === 'stopped' || clock.now() - since > patience) {
      throw new LabError('internal', `fleet ${name} ${why}: ${online} of ${identities} devices are online`);
    }
    await sleep(clock, looking);
  }
}

/** The instance asks for a confirmation in words of the contract; here it is a flag. */
const confirmed = (asked: Promise<null>): Promise<null> =>
  asked.catch((error: unknown) => {
    if (!(error instanceof LabError) || error.code !== 'remote.unconfirmed') throw error;
    throw new LabError(error.code, error.message, 'Say --confirm to have it done there.');
  });

/** What scripts rely on; members are only ever added. */
const rowOf = ({ name, spec: { id, hub, protocol, behaviour }, identities, online, state }: FleetSummary) => ({
  ...{ name, state, devices: identities, online, id, protocol, behaviour, hub },
});

// `hubfleet fault`: what goes wrong on purpose in an instance that runs. What is written is checked here, before the instance is asked.
import type { Command } from 'commander';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { faultPresets, withFreeNames } from '../../simulators/vocabulary/fault-presets.ts';
import { faultName } from '../../simulators/vocabulary/ids.ts';
import {
  type FaultSpec,
  type FaultSpecInput,
  faultKinds,
  faultSpecSchema,
  problemsOf,
} from '../../simulators/vocabulary/specs.ts';
import type { FaultSummary } from '../../simulators/vocabulary/views.ts';
import { faultKindViews } from '../commands/json-schemas.ts';
import { wholeNumber } from './flags.ts';
import type { CliHost } from './host.ts';
import { objectOf, withSamples } from './json-input.ts';
import { didYouMean } from './near-names.ts';
import { tableOf } from './table.ts';
import { type Instance, type InstanceFlags, instanceOf, withInstanceFlags } from './target-instance.ts';

interface WrittenFlags extends InstanceFlags {
  readonly settings?: string;
  readonly on?: string;
  readonly when?: string;
  readonly seed?: number;
  readonly off?: boolean;
}
interface AddFlags extends WrittenFlags {
  readonly name?: string;
}
interface ChangeFlags extends WrittenFlags {
  readonly kind?: string;
  readonly enable?: boolean;
}

export function addFaultCommand(program: Command, host: CliHost): void {
  const faults = program.command('fault').description('make things go wrong in a running instance, and stop it again');

  faults
    .command('kinds')
    .description('list every kind of fault; with --json each with the JSON Schema of its settings')
    .option('--json', 'print one line of JSON')
    .action(({ json }: InstanceFlags) => {
      const kinds = faultKindViews();
      if (json) host.out(JSON.stringify(kinds));
      else host.out(tableOf(kinds.map(({ kind, touches, title }) => ({ kind, touches, title }))));
    });

  withWritten(withInstanceFlags(faults.command('add').description('add a fault, on top of those that are on')))
    .argument('<kind>', 'kind of fault, such as reply.delay; hubfleet fault kinds lists them')
    .option('--name <name>', 'name to change and lift it by; made of its kind')
    .action(async (kind: string, flags: AddFlags) => {
      known(kind);
      const written = {
        name: flags.name ?? kind.replace('.', '-'),
        settings: { ...settingsIn(flags.settings ?? '{}', host), kind },
        ...(flags.on !== undefined && { on: objectOf('--on', flags.on, host) }),
        ...(flags.when !== undefined && { when: objectOf('--when', flags.when, host) }),
        ...(flags.seed !== undefined && { seed: flags.seed }),
        enabled: !flags.off,
      };
      const spec = checked(written);
      const instance = instanceOf(flags, host);
      const [one] = await addAll(
        flags.name === undefined ? await freed([spec], instance) : [spec],
        instance,
        flags,
        host,
      );
      if (flags.json) host.out(JSON.stringify(one));
    });

  withInstanceFlags(
    faults.command('list').description('list the faults, whom they are on and how often they struck'),
  ).action(async (flags: InstanceFlags) => {
    const { faults: all } = await instanceOf(flags, host).view('totals', {});
    const rows = all.map(rowOf);
    if (flags.json) host.out(JSON.stringify(rows));
    else if (rows.length === 0) host.out('no faults');
    else {
      host.out(tableOf(rows.map(inWords), ['name', 'kind', 'devices', 'strikes', 'on', 'when']));
    }
  });

  withWritten(withInstanceFlags(faults.command('change').description('change a fault; what is left out stays')))
    .argument('<name>', 'name of the fault')
    .option('--kind <kind>', 'another kind; its settings come from --settings alone')
    .option('--enable', 'on again, after --off')
    .action(async (name: string, flags: ChangeFlags) => {
      if (flags.off && flags.enable) throw new LabError('input.invalid', '--enable: says the opposite of --off');
      if (flags.kind !== undefined) known(flags.kind);
      const instance = instanceOf(flags, host);
      const { spec: before } = await find(name, instance);
      const changed = checked({ ...before, ...changesIn(flags, before, host) });
      await instance.command('fault.change', { spec: changed });
      const [one] = await tell([changed], instance, flags, host);
      if (flags.json) host.out(JSON.stringify(one));
    });

  withInstanceFlags(faults.command('lift').description('lift a fault, or all; what it held goes on at once'))
    .argument('[name]', 'name of the fault')
    .option('--all', 'every fault')
    .action(async (name: string | undefined, flags: InstanceFlags & { readonly all?: boolean }) => {
      if ((name === undefined) === !flags.all) {
        throw new LabError(
          'input.invalid',
          'lift: expected the name of a fault, or --all',
          'hubfleet fault list names them.',
        );
      }
      const instance = instanceOf(flags, host);
      let lifted = 1;
      if (name === undefined) ({ lifted } = await instance.command('fault.liftAll', {}));
      else await instance.command('fault.lift', { fault: (await find(name, instance)).spec.name });
      if (flags.json) host.out(JSON.stringify({ lifted }));
      else host.out(name === undefined ? `lifted ${lifted} fault${lifted === 1 ? '' : 's'}` : `lifted ${name}`);
    });

  faults
    .command('presets')
    .description('list the faults that are asked for most, ready to add')
    .option('--json', 'print one line of JSON')
    .action(({ json }: InstanceFlags) => {
      if (json) host.out(JSON.stringify(faultPresets));
      else for (const { name, description } of faultPresets) host.out(`${name.padEnd(20)}${description}`);
    });

  withInstanceFlags(faults.command('preset').description('add the faults of a preset'))
    .argument('<name>', 'name of the preset; hubfleet fault presets lists them')
    .option('--on <json>', 'whom they are on, over what the preset says; or @file')
    .action(async (name: string, flags: InstanceFlags & { readonly on?: string }) => {
      const preset = faultPresets.find((one) => one.name === name);
      if (preset === undefined) {
        const names = faultPresets.map((one) => one.name);
        throw unknownName(`there is no preset '${name}'`, name, names);
      }
      const on = flags.on === undefined ? {} : objectOf('--on', flags.on, host);
      const specs = preset.faults.map((fault) => checked({ ...fault, on: { ...fault.on, ...on } }));
      const instance = instanceOf(flags, host);
      const added = await addAll(await freed(specs, instance), instance, flags, host);
      if (flags.json) host.out(JSON.stringify(added));
    });
}

const withWritten = (command: Command): Command =>
  command
    .option('--settings <json>', 'settings of the kind, or @file; a distribution may be {"kind":"replay","file":"..."}')
    .option('--on <json>', 'whom it is on: {"fleet":"...","device":"...","tags":"...","share":0.1}, or @file; all')
    .option('--when <json>', 'when it strikes: {"probability":0.1,"every":5,"first":10,...}, or @file; always')
    .option('--seed <number>', "what its share and draws come from; the instance's own", wholeNumber(0, 0xffff_ffff))
    .option('--off', 'keep it without effect');

function known(kind: string): void {
  if ((faultKinds as readonly string[]).includes(kind)) return;
  throw unknownName(`there is no kind of fault '${kind}'`, kind, faultKinds);
}

const unknownName = (message: string, name: string, all: readonly string[]): LabError =>
  new LabError('input.invalid', message, didYouMean(name, all, `There are ${all.join(', ')}.`));

const settingsIn = (text: string, host: CliHost): object =>
  withSamples(objectOf('--settings', text, host), host) as object;

/** Throws LabError input.invalid with a line for each field that is wrong, under the flag that it came from. */
function checked(written: object): FaultSpec {
  const parsed = faultSpecSchema.safeParse(written);
  if (parsed.success) return parsed.data;
  const flagged = problemsOf(parsed.error).map((problem) => problem.replace(/^(settings|on|when|name|seed)\b/, '--$1'));
  throw new LabError('input.invalid', flagged.join('\n'));
}

function changesIn(flags: ChangeFlags, before: FaultSpec, host: CliHost): object {
  const kind = flags.kind ?? before.settings.kind;
  const settings = flags.settings === undefined ? undefined : settingsIn(flags.settings, host);
  return {
    ...((settings !== undefined || flags.kind !== undefined) && { settings: { ...settings, kind } }),
    ...(flags.on !== undefined && { on: objectOf('--on', flags.on, host) }),
    ...(flags.when !== undefined && { when: objectOf('--when', flags.when, host) }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
    ...(flags.off && { enabled: false }),
    ...(flags.enable && { enabled: true }),
  };
}

async function find(name: string, instance: Instance): Promise<FaultSummary> {
  const { faults } = await instance.view('totals', {});
  const found = faults.find(({ spec }) => spec.name === faultName(name));
  if (found !== undefined) return found;
  const names = faults.map(({ spec }) => spec.name);
  const otherwise = names.length === 0 ? 'There are none.' : `There are ${names.join(', ')}.`;
  throw new LabError('fault.unknown', `there is no fault '${name}'`, didYouMean(name, names, otherwise));
}

async function freed(specs: readonly FaultSpecInput[], instance: Instance): Promise<readonly FaultSpecInput[]> {
  const { faults } = await instance.view('totals', {});
  return withFreeNames(
    specs,
    faults.map(({ spec }) => spec.name),
  );
}

async function addAll(
  specs: readonly FaultSpecInput[],
  instance: Instance,
  flags: InstanceFlags,
  host: CliHost,
): Promise<readonly FaultRow[]> {
  for (const spec of specs) await instance.command('fault.add', { spec });
  return tell(specs, instance, flags, host);
}

/** Finds whom the faults are on now, and says it unless JSON is asked for. */
async function tell(
  specs: readonly FaultSpecInput[],
  instance: Instance,
  flags: InstanceFlags,
  host: CliHost,
): Promise<readonly FaultRow[]> {
  const { faults, devices } = await instance.view('totals', {});
  const rows = faults.filter(({ spec }) => specs.some(({ name }) => name === spec.name)).map(rowOf);
  if (!flags.json) {
    for (const { name, kind, devices: hit, enabled, on } of rows) {
      host.out(`${name}: ${kind} on ${hit} of ${devices.total} devices${enabled ? '' : ', off'}`);
      // Each device is in a share or not by itself, so a small fleet may have none that is.
      if (hit === 0 && devices.total > 0 && on.share > 0 && on.share < 1) {
        host.err(
          `${name} hits nobody: so few devices may have none in a share of ${on.share}; raise it, or try another seed`,
        );
      }
    }
  }
  return rows;
}

/** What scripts rely on; members are only ever added. */
const rowOf = ({ spec: { name, settings, on, when, seed, enabled }, devices, strikes }: FaultSummary) => ({
  ...{ name, kind: settings.kind, enabled, devices, strikes, settings, on, when },
  ...(seed !== undefined && { seed }),
});

type FaultRow = ReturnType<typeof rowOf>;

/** What is as it is by default goes without saying. */
function inWords(row: FaultRow) {
  const { share, ...whom } = row.on;
  const { probability, every, ...times } = row.when;
  const on = { ...whom, ...(share < 1 && { share }) };
  const when = { ...(probability < 1 && { probability }), ...(every > 1 && { every }), ...times };
  return {
    ...row,
    on: Object.keys(on).length === 0 ? 'all' : on,
    when: row.enabled ? (Object.keys(when).length === 0 ? 'always' : when) : 'off',
  };
}

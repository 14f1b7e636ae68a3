// docs/faults.md, out of the schemas that the program itself reads faults with.
import { faultPresets } from '../../simulators/vocabulary/fault-presets.ts';
import {
  distributionSchema,
  type FaultKind,
  type FaultSpecInput,
  targetSchema,
  whenSchema,
} from '../../simulators/vocabulary/specs.ts';
import { type FaultKindView, faultKindViews, type JsonSchema, jsonSchemaOf } from '../commands/json-schemas.ts';
import { faultExamples, sideOf } from './fault-examples.ts';
import { fieldsOf, tableOf } from './fields.ts';

export const made = (from: string): string =>
  `<!-- Made from ${from} by \`npm run docs\`; what is written here by hand is lost. -->`;

const families = [
  ['reply', 'Replies', 'What becomes of the answer to a direct method.'],
  ['link', 'Links', "What becomes of a device's connection, seen from the device."],
  ['twin', 'Twins', 'What becomes of properties and their versions.'],
  [
    'hub',
    'The hub',
    'What the hub does wrong, also to devices that Hubfleet does not run: a device application under test.',
  ],
] as const;

const touched: Readonly<Record<string, string>> = {
  reply: 'each reply',
  method: 'each method call',
  connection: 'each connection, or attempt at one',
  bytes: 'each piece of the byte stream',
  report: "each of the device's requests to its twin that it is about",
  request: 'each request to the service API',
  device: 'each time it takes hold of the device',
  notification: 'each notification',
};

export function faultsPage(): string {
  const kinds = faultKindViews();
  const distributions = (jsonSchemaOf(distributionSchema).oneOf ?? []).map(distributionPart);
  return `${[made('simulators/vocabulary/fault-specs.ts'), introduction, ...aiming, howLong, ...distributions]
    .concat(stacking, presets(), overview(kinds), ...families.flatMap((family) => familyPart(family, kinds)), programs)
    .join('\n\n')}\n`;
}

const introduction = `# Faults

A fault is a named thing that makes a part go wrong on purpose: what it does (its kind and settings), whom it is on, and when it strikes. It can be added,
changed, turned off and lifted while everything runs, in the window, and from a terminal:

\`\`\`
hubfleet start --headless                                   # or hubfleet start, with a window
hubfleet fleet add --name pumps --count 200 --protocol mqtt --behaviour reboot --wait online
hubfleet fault add reply.delay --name slow --settings '{"delay":{"kind":"log-normal","median":800,"sigma":0.5}}' --on '{"fleet":"pumps","share":0.07}'
hubfleet fault add reply.never --name dead --on '{"fleet":"pumps","share":0.02}'
hubfleet invoke pumps-0001 reboot
hubfleet fault list                                         # whom each is on, and how often it struck
hubfleet fault change slow --when '{"probability":0.5}'
hubfleet fault lift dead
hubfleet fault lift --all
\`\`\`

All but \`start\` talk to the instance that runs: the one on \`--data-dir\`, else on the usual data folder, else the one named by \`--control <url>\`, whose token is
in \`HUBFLEET_CONTROL_TOKEN\` or in a file named by \`--token-file\`. \`--json\` prints one line of JSON. JSON of a flag may stand in a file: \`--settings @slow.json\`.
Exit codes: 0 done, 1 refused, 2 invalid input, 3 no instance runs. \`hubfleet fault kinds --json\` prints every kind below with the JSON Schema of its settings.`;

const aiming = [
  `## Whom it is on

\`--on\` is what all the given fields pick together; no field is every device. On devices that Hubfleet does not run only faults of the hub's side act, and no
\`fleet\` picks them.`,
  fieldsOf(jsonSchemaOf(targetSchema)),
  `## When it strikes

\`--when\`: whenever all given conditions hold. They are counted and drawn for each device by itself, so that no device changes another's turn; times count from
when the fault was added or changed.`,
  fieldsOf(jsonSchemaOf(whenSchema)),
];

const howLong = `## How long

Where a setting is a distribution, each length is drawn afresh from the fault's own chance: the same seed (\`--seed\`, else that of the instance), the same
lengths for each device. Lengths are milliseconds; none is longer than an hour.`;

function distributionPart(schema: JsonSchema): string {
  const { title = '', description = '' } = schema;
  const replay =
    title === 'replay'
      ? '\n\nOn the command line `"file":"samples.csv"` may stand in place of `samples`: numbers one a line, a JSON array, or a column of a CSV file, named by\n`"column"` when there are several.'
      : '';
  return `### Distribution ${title}\n\n${description}${replay}\n\n${fieldsOf(schema)}`;
}

const stacking = `## Order, changes and counts

- Faults stack in the order in which they were added: each sees what those before it made of what passes. A delay added before \`reply.never\` is waited for,
  one added after it never begins.
- \`fault change\` keeps the fault's place, name and count, and begins its schedule anew. \`--off\` keeps it without effect, \`--enable\` turns it on again.
- Lifting lets go of everything that was held, at once, through the faults that stay. What was lost stays lost.
- \`share\` picks the same devices for the same seed and name; adding a device moves no other device in or out.
- A strike is one time that it did something. The trace of a call names every fault that touched it, and the leg that it lengthened.`;

const presets = (): string =>
  [
    '## Presets',
    'Ready to add with `hubfleet fault preset <name>`, on all devices or on whom `--on` says; the window has them, too.',
    tableOf(
      ['preset', 'what it does', 'faults'],
      faultPresets.map(({ name, description, faults }) => [`\`${name}\``, description, faults.map(inWords).join('; ')]),
    ),
    '```\nhubfleet fault preset dead-share --on \'{"fleet":"pumps"}\'\n```',
  ].join('\n\n');

function inWords({ settings: { kind, ...settings }, on = {}, when = {} }: FaultSpecInput): string {
  const parts = [
    ['', settings],
    ['on ', on],
    ['when ', when],
  ] as const;
  const told = parts.filter(([, value]) => Object.keys(value).length > 0);
  return [`\`${kind}\``, ...told.map(([word, value]) => `${word}\`${JSON.stringify(value)}\``)].join(' ');
}

const overview = (kinds: readonly FaultKindView[]): string =>
  [
    '## Kinds',
    'A fault of the device acts on the devices that Hubfleet runs, on whichever hub they live. A fault of the hub acts in the local hub alone, on every device there.',
    tableOf(
      ['kind', 'title', 'acts on', 'side'],
      kinds.map(({ kind, title, touches }) => [`[\`${kind}\`](#${anchorOf(kind)})`, title, touches, sideOf(kind)]),
    ),
  ].join('\n\n');

/** As GitHub makes it of a heading that is the kind alone. */
const anchorOf = (kind: FaultKind): string => kind.replaceAll('.', '');

function familyPart(
  [family, title, description]: (typeof families)[number],
  kinds: readonly FaultKindView[],
): readonly string[] {
  const own = kinds.filter(({ kind }) => kind.startsWith(`${family}.`));
  return [`## ${title}\n\n${description}`, ...own.map(kindPart)];
}

function kindPart({ kind, title, description, touches, schema }: FaultKindView): string {
  const side = sideOf(kind) === 'hub' ? 'in the local hub' : 'on the device, whichever hub it lives on';
  // Struck by the hub once something happened on it: the schedule counts those occasions.
  const counted =
    schema.properties?.at && touches === 'connection' ? 'each occasion that `at` names' : (touched[touches] ?? touches);
  const counting =
    touches === 'hub'
      ? 'Of `when`, `from` and `until` hold; there is nothing to count.'
      : `\`when\` counts ${counted}.`;
  const example = faultExamples[kind];
  const settings = Object.keys(example).length === 0 ? '' : ` --settings '${JSON.stringify(example)}'`;
  return [
    `### ${kind}`,
    `**${title}.** ${description}`,
    `Acts ${side}. ${counting}`,
    fieldsOf(schema),
    `\`\`\`\nhubfleet fault add ${kind}${settings}\n\`\`\``,
  ].join('\n\n');
}

const programs = `## From a program

The control API does what the window and these commands do. \`hubfleet start --headless --json\` prints its address and token in one line; while an instance runs on
a data folder they are also in \`control.json\` there, which only its owner can read.

\`\`\`
curl -s -H "Authorization: Bearer $TOKEN" "$CONTROL/view/totals"
curl -s -H "Authorization: Bearer $TOKEN" "$CONTROL/command/fault.add" -d '{"spec":{"name":"dead","settings":{"kind":"reply.never"},"on":{"share":0.02}}}'
curl -s -H "Authorization: Bearer $TOKEN" "$CONTROL/command/fault.liftAll" -d '{}'
\`\`\`

\`POST /command/<name>\` takes a command's input as JSON; \`GET\` or \`POST /view/<name>\` gives one snapshot of what a window would watch (with \`GET\` its input is
\`?input=<JSON>\`). Both answer \`{"answer":...}\`, or \`{"error":{"code","message","hint"}}\` with a status: 400 invalid input, 401 no token or a wrong one, 403 a page in a
browser, 404 no such name, 409 exists already or needs a confirmation, 413 larger than 8 MB, 421 another host name, 500 and 502 a failure here or of a hub. Names
and inputs are those of \`preload/contract/contract.ts\`.`;

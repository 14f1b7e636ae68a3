// The pages made out of the schemas are up to date, their command lines work as they stand, and what they say of sides is so.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faultExamples, sideOf } from '../../../main/docs/fault-examples.ts';
import { pages } from '../../../main/docs/pages.ts';
import { systemClock } from '../../../simulators/clock/system.ts';
import { makeFault } from '../../../simulators/faults/kinds.ts';
import { seeded } from '../../../simulators/random/random.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';
import { faultKinds, faultSettingsSchema } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { aTerminal } from '../cli/a-terminal.ts';
import { anInstance } from '../support/an-instance.ts';

const made = Object.entries(pages());
const fileOf = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));

/** Command lines in the code blocks of a page, as a shell takes them apart. */
const commandsIn = (text: string): string[][] =>
  [...text.matchAll(/^hubfleet (.+)$/gm)]
    .map(([, line = '']) => line.replace(/ +#.*$/, ''))
    .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? ''));

test.each(made)('docs/%s is as `npm run docs` writes it', (name, text) => {
  expect(readFileSync(fileOf(name), 'utf8')).toBe(text);
});

describe.each(made)('docs/%s', (_, text) => {
  test('every command line works as it stands', async () => {
    const instance = await anInstance();
    const reboots = { invoke: async () => ({ status: 200, body: '', deviceStatus: 200 }) };
    const terminal = aTerminal(reboots, { dataDir: instance.dataDir }, { clock: systemClock() });
    const hub = 'HostName=h.example.net;SharedAccessKeyName=service;SharedAccessKey=c2VydmljZQ==';
    const commands = commandsIn(text).filter(([name]) => name !== 'start');
    expect(commands.length).toBeGreaterThan(4);
    for (const command of commands) {
      const ended = await terminal.run(...command, ...(command[0] === 'invoke' ? ['--hub', hub] : []));
      expect({ command, ended, said: terminal.err }).toEqual({ command, ended: 0, said: [] });
    }
    await instance.stop();
  });
});

/** What only the hub sees. */
const hubStages = ['admission', 'connected', 'request', 'delivery', 'answer', 'notification', 'twin', 'onHub'];

test.each(faultKinds)('%s acts on the side that the page names', (kind) => {
  const settings = faultSettingsSchema.parse({ ...faultExamples[kind], kind });
  const steps = makeFault(settings, {
    name: faultName('example'),
    clock: new VirtualClock(),
    randomOf: () => seeded(1),
    due: () => true,
    within: () => true,
    watch: () => () => {},
    tell: () => {},
    struck: () => {},
  });
  const stages = Object.keys(steps).filter((step) => step !== 'release' && step !== 'concerns');
  expect(stages.length).toBeGreaterThan(0);
  expect(stages.map((stage) => (hubStages.includes(stage) ? 'hub' : 'device'))).toEqual(stages.map(() => sideOf(kind)));
});

// A behaviour of the user's own, from a file: what it may do, and what it may do wrong without harm to anybody.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tellStray, unloadable } from '../../../../simulators/devices/behaviours/module.ts';
import { behaviourSchema } from '../../../../simulators/vocabulary/specs.ts';
import { until } from '../../../support/a-lab.ts';
import { type ADevice, aDevice } from '../a-device.ts';

const folder = mkdtempSync(join(tmpdir(), 'hubfleet-modules-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function aFile(text: string, file = join(folder, `behaviour-${++files}.mjs`)): string {
  writeFileSync(file, text);
  // Two texts within one tick of the disk's clock are told apart all the same.
  utimesSync(file, new Date(), new Date(1_700_000_000_000 + 1_000 * ++files));
  return file;
}
const behaviour = (file: string, settings = {}) => behaviourSchema.parse({ kind: 'module', file, settings });
const aModule = (text: string, settings = {}): ADevice => aDevice({ behaviour: behaviour(aFile(text), settings) });

/** Calls, and waits for the answer: a file is read in the machine's own time. */
async function call(device: ADevice, method: string, payload = ''): Promise<string> {
  const before = device.broker.last.replies.length;
  device.broker.last.call(method, 'f', payload);
  const reply = await until(async () => {
    await device.clock.advance(1);
    return device.broker.last.replies[before];
  });
  return `${/res\/(\d+)/.exec(reply.topic)?.[1]} ${reply.payload}`;
}
const failures = (device: ADevice): string[] => device.of('device.failed').map(({ detail }) => detail);

test('it gets the payload as a value, its settings, and all that our own behaviours can do', async () => {
  const device = aModule(
    `export async function onMethod(request, device) {
       const { memory } = device;
       memory.calls = (memory.calls ?? 0) + 1;
       await device.wait(1);
       await device.report({ seen: request.json.a });
       await device.reply(207, [request.name, request.json, device.settings.unit, memory.calls, device.id, device.twin.desired]);
     }`,
    { unit: 'C' },
  );
  await device.online();
  await call(device, 'x', '{"a":1}');
  expect(await call(device, 'x', '{"a":2}')).toBe('207 ["x",{"a":2},"C",2,"pump-1",{}]');
  expect(device.broker.last.published.some(({ payload }) => payload === '{"seen":2}')).toBe(true);
});

test('onStart runs when the device comes up, and again after a reboot', async () => {
  const device = aModule(
    `export const onMethod = (request, device) => device.reply(200, device.memory.starts);
     export function onStart(device) { device.memory.starts = (device.memory.starts ?? 0) + 1; }`,
  );
  await device.online();
  expect(await call(device, 'x')).toBe('200 1');
  device.device.reboot(100);
  await device.clock.advance(200);
  expect(await call(device, 'x')).toBe('200 2');
});

test('await at the top of the file is waited for', async () => {
  const device = aModule(
    `const answer = await new Promise((resolve) => setTimeout(() => resolve('ready'), 50));
     export const onMethod = (request, device) => device.reply(200, answer);`,
  );
  await device.online();
  expect(await call(device, 'x')).toBe('200 "ready"');
});

test.each([
  ['a syntax error', 'export function onMethod( {', /cannot be loaded: /],
  ['an error as it is read', "throw new Error('no luck'); export const onMethod = 1;", /cannot be loaded: no luck/],
  ['no onMethod', 'export const onmethod = () => {};', /exports no function onMethod\(request, device\)/],
])('a file with %s is told on the device once, and every call answers 500', async (_what, text, problem) => {
  const device = aModule(text);
  await device.online();
  for (let time = 0; time < 2; time++) expect(await call(device, 'x')).toMatch(problem);
  expect(await call(device, 'x')).toMatch(/^500 /);
  expect(failures(device)).toEqual([expect.stringMatching(problem)]);
});

test('a file that is not there is told in the same way', async () => {
  const device = aDevice({ behaviour: behaviour(join(folder, 'nowhere.mjs')) });
  await device.online();
  expect(await call(device, 'x')).toMatch(/^500 .*nowhere\.mjs cannot be loaded/);
});

test.each([
  ['an error', "throw new Error('no memory')", 'no memory'],
  ['a text', "throw 'no memory'", 'no memory'],
  ['nothing', 'throw undefined', 'undefined'],
])('what throws %s is told and answers 500, and the next call is served', async (_what, fails, said) => {
  const device = aModule(
    `export function onMethod(request, device) { if (request.name === 'bad') { ${fails}; } return device.reply(200, 1); }`,
  );
  await device.online();
  expect(await call(device, 'bad')).toBe(`500 ${JSON.stringify({ message: said })}`);
  expect(await call(device, 'good')).toBe('200 1');
  expect(failures(device)).toEqual([`method bad: the behaviour failed: ${said}`]);
});

test('one that never ends is silent, and the device serves others meanwhile', async () => {
  const device = aModule(
    `export const onMethod = (request, device) => request.name === 'never' ? new Promise(() => {}) : device.reply(200, 1);`,
  );
  await device.online();
  device.broker.last.call('never', '1');
  expect(await call(device, 'good')).toBe('200 1');
  expect(device.broker.last.replies).toHaveLength(1);
});

test('a file that was changed is read again when the fleet is changed', async () => {
  const text = (answer: number) => `export const onMethod = (request, device) => device.reply(200, ${answer});`;
  const file = aFile(text(1));
  const device = aDevice({ behaviour: behaviour(file) });
  await device.online();
  expect(await call(device, 'x')).toBe('200 1');
  aFile(text(2), file);
  device.device.change({ ...device.settings, behaviour: behaviour(file) });
  expect(await call(device, 'x')).toBe('200 2');
});

test('an error that strayed is told on the device that was in the module last; any other is not ours to take', async () => {
  const device = aModule(
    `export function onMethod(request, device) { globalThis.strayed = new Error('lost'); return device.reply(200, 1); }`,
  );
  await device.online();
  await call(device, 'x');
  const { strayed } = globalThis as unknown as { strayed: Error };
  expect(tellStray(strayed)).toBe(true);
  expect(failures(device)).toEqual(['method x: the behaviour failed where nobody waits for it: lost']);
  expect(tellStray(new Error('of another'))).toBe(false);
});

test.each([
  [new SyntaxError("Unexpected token ';'"), "Unexpected token ';' (node --check '/b/valve.mjs' says where)"],
  [new Error('no luck'), 'no luck'],
])('a file that cannot be loaded is told with the way to the place: %s', (error, words) => {
  expect(unloadable('/b/valve.mjs', error).message).toBe(`the behaviour /b/valve.mjs cannot be loaded: ${words}`);
});

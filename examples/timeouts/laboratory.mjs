// Runs cases of the timeout laboratory against a Hubfleet that is running, over its control API, and says what came of each.
//
//   hubfleet start --headless --json          prints its control address and token
//   node laboratory.mjs --control <url> [--token-env HUBFLEET_CONTROL_TOKEN] [case ...]
//
// `runCase` needs nothing but a way to ask: the project's own test runs the same cases inside one process.
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const patience = 30_000;
/** Longer than facts take to reach the journal. */
const aMoment = 200;

/**
 * @typedef {{ httpStatus: number, deviceStatus?: number, error?: string, elapsed: number }} Outcome
 * @typedef {Outcome & { executed: number, journal: string, again?: Outcome }} Result
 * @typedef {{ command(name: string, input: object): Promise<any>, view(name: string, input: object): Promise<any> }} Asking
 */

/** Gives what the caller got, how long it took, how often the device executed it, and the journal's sentence. @returns {Promise<Result>} */
export async function runCase(each, number, /** @type {Asking} */ asking) {
  const name = `case-${String(number).padStart(2, '0')}`;
  const { command } = asking;
  await command('fleet.add', { spec: fleetOf(each, name) });
  try {
    await until(asking, name, (row) => row.state === 'online', 'to come online');
    await begin(each, name, asking);
    const faults = each.faults.map(({ kind, when = {}, ...settings }, place) => ({
      ...{ name: `${name}-${place + 1}`, settings: { kind, ...settings }, on: { device: name }, when },
    }));
    for (const spec of faults) await command('fault.add', { spec });
    const lift = async () => {
      for (const fault of faults.splice(0)) await command('fault.lift', { fault: fault.name });
    };
    if (each.waitFor === 'offline') await until(asking, name, (row) => row.state !== 'online', 'to go offline');

    const [first, again] = await callAndMeanwhile(each, name, asking, lift);
    const told = await journalOf(each, name, first, asking);
    await lift();
    if (each.powerCycle) await begin({ begin: { dark: 1_000 } }, name, asking);
    const executed = await executions(name, asking);
    return {
      ...outcomeOf(first),
      executed,
      journal: told,
      ...(again === undefined ? {} : { again: outcomeOf(again) }),
    };
  } finally {
    await command('fleet.remove', { fleet: name });
  }
}

/** What of a result is not as the case expects; empty when all of it is. */
export function differences({ expect }, result) {
  const wrong = [];
  const compare = (what, expected, got) => {
    if (expected !== undefined && expected !== got) wrong.push(`${what}: expected ${expected}, got ${got}`);
  };
  compare('HTTP status', expect.httpStatus, result.httpStatus);
  compare('error', expect.error, result.error);
  compare('device status', expect.deviceStatus, result.deviceStatus);
  compare('executed', expect.executed, result.executed);
  compare('HTTP status of the second call', expect.again?.httpStatus, result.again?.httpStatus);
  compare('device status of the second call', expect.again?.deviceStatus, result.again?.deviceStatus);
  const [from, to] = expect.elapsed;
  if (result.elapsed < from || result.elapsed > to)
    wrong.push(`elapsed: expected ${from} to ${to} ms, got ${Math.round(result.elapsed)}`);
  if (expect.journal !== undefined && !result.journal.includes(expect.journal))
    wrong.push(`journal: expected '${expect.journal}' in '${result.journal}'`);
  return wrong;
}

/** One device that counts its calls; it comes back fast, so that a case does not wait for a back-off. */
const fleetOf = ({ behaviour, protocol = 'mqtt', methods = {} }, name) => ({
  ...{ name, count: 1, id: name, protocol, methods },
  behaviour: { kind: 'several', of: [{ kind: 'getStatus' }, behaviour] },
  reconnect: { kind: 'backoff', first: 100, most: 400, jitter: 0.5 },
});

async function begin({ begin: how }, name, asking) {
  if (how === 'away') {
    await asking.command('device.stop', { devices: [name] });
    await until(asking, name, (row) => row.state === 'off', 'to be off');
  } else if (how?.dark !== undefined) {
    await asking.command('device.reboot', { devices: [name], dark: how.dark });
    await until(asking, name, (row) => row.state === 'dark', 'to go dark');
  }
}

async function callAndMeanwhile(each, name, asking, lift) {
  const call = () => callOnce(each, name, asking);
  const doing = each.meanwhile.map(async ({ after, do: what }) => {
    await pause(after);
    if (what === 'lift') await lift();
    else await asking.command(`device.${what}`, { devices: [name] });
  });
  const second = typeof each.again === 'object' ? pause(each.again.after).then(call) : undefined;
  const [first, early] = await Promise.all([call(), second, ...doing]);
  return [first, each.again === 'after' ? await call() : early];
}

async function callOnce({ method, responseTimeout, connectTimeout }, device, { command, view }) {
  const target = { kind: 'devices', devices: [device] };
  const { run } = await command('run.start', { target, method, payload: '', responseTimeout, connectTimeout });
  for (;;) {
    const now = await view('run', { run });
    if (now.done === now.total) return command('run.result', { run, device });
    await pause(20);
  }
}

/** The call's own row may still be told of: what device and hub saw of it comes a moment later, a late answer or a device that is back later still. */
async function journalOf({ expect, method }, device, first, { command, view }) {
  const begun = performance.now();
  for (;;) {
    const { rows } = await view('traffic', { device, filter: 'kind:method', limit: 100 });
    const row = rows.find(({ name, pending, at }) => name === method && !pending && at >= first.at - 1_000);
    const detail = row === undefined ? null : await command('traffic.detail', { id: row.id });
    const told = detail?.explanation?.cause ?? '';
    const waited = performance.now() - begun;
    if (expect.journal === undefined ? waited > aMoment : told.includes(expect.journal) || waited > 5_000) return told;
    await pause(50);
  }
}

/** Asks the device itself, once it is there again and nothing is wrong with it. */
async function executions(name, asking) {
  await asking.command('device.start', { devices: [name] });
  await until(asking, name, (row) => row.state === 'online', 'to come back');
  for (const end = performance.now() + patience; ; await pause(100)) {
    const call = { method: 'getStatus', responseTimeout: 30, connectTimeout: 10 };
    const { httpStatus, payload } = await callOnce(call, name, asking);
    if (httpStatus === 200) return JSON.parse(payload).calls - 1;
    if (performance.now() > end) throw new Error(`${name} did not tell how often it was called: ${httpStatus}`);
  }
}

const doneWords = (count) => ['not executed', 'executed once', 'executed twice'][count] ?? `executed ${count} times`;

const outcomeOf = ({ httpStatus, deviceStatus, error, duration }) => ({
  ...{ httpStatus, elapsed: duration },
  ...(deviceStatus === undefined ? {} : { deviceStatus }),
  ...(error === undefined ? {} : { error: error.name }),
});

async function until({ view }, device, test, what) {
  for (const end = performance.now() + patience; ; await pause(20)) {
    const seen = await view('device', { device });
    if (seen !== null && test(seen.row)) return;
    if (performance.now() > end) throw new Error(`waited ${patience / 1_000} s for ${device} ${what}`);
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { control: { type: 'string' }, 'token-env': { type: 'string', default: 'HUBFLEET_CONTROL_TOKEN' } },
    allowPositionals: true,
  });
  const token = process.env[values['token-env']];
  if (values.control === undefined || token === undefined) {
    console.error(`usage: ${values['token-env']}=<token> node laboratory.mjs --control <url> [case ...]`);
    process.exitCode = 2;
    return;
  }
  const ask = async (path, input) => {
    const response = await fetch(new URL(path, values.control), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    const { answer, error } = await response.json();
    if (error !== undefined) throw new Error(`${path}: ${error.message}`);
    return answer;
  };
  const asking = {
    command: (name, input) => ask(`/command/${name}`, input),
    view: (name, input) => ask(`/view/${name}`, input),
  };
  const wanted = cases
    .map((each, place) => ({ each, number: place + 1 }))
    .filter(({ each }) => positionals.length === 0 || positionals.some((part) => each.name.includes(part)));
  if (wanted.length === 0) {
    console.error(`no case has one of these in its name: ${positionals.join(', ')}`);
    process.exitCode = 2;
  }
  for (const { each, number } of wanted) {
    const result = await runCase(each, number, asking);
    const wrong = differences(each, result);
    const { httpStatus, deviceStatus, error, elapsed, executed, journal } = result;
    const status = [httpStatus, deviceStatus ?? error].filter((part) => part !== undefined).join(' ');
    console.log(`${wrong.length === 0 ? 'as expected' : 'DIFFERENT'}  ${String(number).padStart(2)}  ${each.name}`);
    console.log(`    ${status} after ${Math.round(elapsed)} ms, ${doneWords(executed)}. ${journal}`.trimEnd());
    for (const line of wrong) console.log(`    ${line}`);
    if (wrong.length > 0) process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].split('/').at(-1))) await main();

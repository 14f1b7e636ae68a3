// An instance without a window, commanded from outside as a script would: fleets, faults, calls, and a clean end.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../main/support/temporary.ts';
import { run, start, withBuild } from './support.ts';

withBuild();

const anyPorts = ['--https-port', '0', '--mqtts-port', '0', '--amqps-port', '0'];

async function headless(dataDir: string, ...args: string[]) {
  const running = start(dataDir, ['start', '--headless', '--json', ...anyPorts, ...args]);
  return { running, ready: JSON.parse(await running.firstLine) };
}

test('a script adds a fleet and a fault, calls, counts the strikes, lifts, and stops it', async () => {
  const dataDir = temporaryFolder();
  const { running, ready } = await headless(dataDir, '--seed', '11');
  expect(ready).toMatchObject({ ready: true, host: 'headless', seed: 11, dataDir });
  expect(ready.control).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    token: expect.stringMatching(/^[\w-]{32}$/),
  });
  const said = async (...args: string[]) => {
    const { code, out, err } = await run(dataDir, [...args, '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out);
  };

  const add = ['fleet', 'add', '--count', '4', '--protocol', 'mqtt', '--behaviour', 'echo', '--wait', 'online'];
  expect(await said(...add)).toMatchObject({ name: 'fleet-1', devices: 4, online: 4, state: 'running' });
  const settings = JSON.stringify({ status: 418 });
  await said('fault', 'add', 'reply.status', '--settings', settings, '--on', '{"device":"device-0002"}');

  const call = (device: string) => said('invoke', device, 'hello', '--payload', '{"a":1}');
  expect(await call('device-0001')).toMatchObject({ httpStatus: 200, deviceStatus: 200, payload: { a: 1 } });
  expect(await call('device-0002')).toMatchObject({ httpStatus: 200, deviceStatus: 418 });
  // Strikes are told four times a second.
  const listed = async () => (await said('fault', 'list'))[0];
  await expect.poll(listed, { timeout: 10_000 }).toMatchObject({ name: 'reply-status', devices: 1, strikes: 1 });

  expect(await said('fault', 'lift', '--all')).toEqual({ lifted: 1 });
  expect(await call('device-0002')).toMatchObject({ deviceStatus: 200 });

  running.process.kill('SIGTERM');
  const { code, out, err } = await running.finished;
  expect([code, out.trim().split('\n').length]).toEqual([0, 1]);
  expect(err).not.toContain(ready.control.token);
  expect(existsSync(join(dataDir, 'control.json'))).toBe(false);
  expect(readdirSync(join(dataDir, 'running'))).toEqual([]);
  expect(await run(dataDir, ['fault', 'list'])).toMatchObject({ code: 3, out: '' });
}, 90_000);

test('the demo is ready with its line, and commanded by address and token from another data folder', async () => {
  const { running, ready } = await headless(temporaryFolder(), '--demo', '--ephemeral');
  expect(ready.dataDir).toBeNull();
  const { url, token } = ready.control;
  const elsewhere = temporaryFolder();
  const asked = ['fault', 'list', '--json', '--control', url];
  const listed = await run(elsewhere, asked, { HUBFLEET_CONTROL_TOKEN: token });
  expect(JSON.parse(listed.out)).toMatchObject([
    { name: 'slow', devices: 7 },
    { name: 'silent', devices: 2 },
  ]);
  expect(await run(elsewhere, asked, { HUBFLEET_CONTROL_TOKEN: 'wrong' })).toMatchObject({ code: 2, out: '' });
  running.process.kill('SIGINT');
  expect((await running.finished).code).toBe(0);
}, 60_000);

test('an instance with a window is commanded the same way', async () => {
  const dataDir = temporaryFolder();
  const running = start(dataDir, ['start', '--no-open', '--json', ...anyPorts]);
  await running.firstLine;
  expect(await run(dataDir, ['fault', 'preset', 'dead-share'])).toMatchObject({ code: 0 });
  expect(JSON.parse((await run(dataDir, ['fault', 'list', '--json'])).out)).toMatchObject([{ name: 'dead-share' }]);
  running.process.kill('SIGTERM');
  expect((await running.finished).code).toBe(0);
}, 60_000);

// `hubfleet start` as a process: the demo fleet comes online, the window's page and contract are served, a restart brings all back.

import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Totals } from '../../simulators/vocabulary/views.ts';
import { temporaryFolder } from '../main/support/temporary.ts';
import { run, start, withBuild } from './support.ts';

withBuild();

const anyPorts = ['--https-port', '0', '--mqtts-port', '0', '--amqps-port', '0'];

async function open(dataDir: string, ...args: string[]) {
  const running = start(dataDir, ['start', '--no-open', '--json', ...anyPorts, ...args]);
  const ready = JSON.parse(await running.firstLine);
  return { running, ready, url: new URL(ready.url) };
}

/** Watches 'totals' until they are as wanted. */
function untilTotals(url: URL, wanted: (totals: Totals) => boolean): Promise<Totals> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${url.host}/contract`, {
      headers: { authorization: `Bearer ${url.searchParams.get('token')}` },
    });
    socket.once('open', () => socket.send(JSON.stringify({ kind: 'subscribe', id: 1, name: 'totals', input: {} })));
    socket.once('error', reject);
    socket.on('message', (data) => {
      const { value } = JSON.parse(String(data)) as { value: Totals };
      if (!wanted(value)) return;
      socket.terminate();
      resolve(value);
    });
  });
}

test('the demo is served, called, kept over a restart, and stops cleanly', async () => {
  const dataDir = temporaryFolder();
  const first = await open(dataDir, '--demo', '--seed', '11');
  expect(first.ready).toMatchObject({ host: 'browser', seed: 11, dataDir });

  const page = await fetch(`${first.url.origin}/`, {
    headers: { authorization: `Bearer ${first.url.searchParams.get('token')}` },
  });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Hubfleet</title>');

  const totals = await untilTotals(first.url, ({ devices }) => devices.online === 100);
  expect(totals.faults.map(({ spec, devices }) => [spec.name, devices])).toEqual([
    ['slow', expect.any(Number)],
    ['silent', expect.any(Number)],
  ]);

  const called = await run(dataDir, ['invoke', 'device-0001', 'reboot', '--json', '--response-timeout', '30']);
  expect(JSON.parse(called.out)).toMatchObject({ httpStatus: expect.any(Number) });

  first.running.process.kill('SIGINT');
  expect((await first.running.finished).code).toBe(0);

  const second = await open(dataDir);
  expect(second.ready.seed).toBe(11);
  const back = await untilTotals(second.url, ({ devices }) => devices.online === 100);
  expect(back.fleets.map(({ name }) => name)).toEqual(['demo']);
  expect(back.faults.map(({ spec, devices }) => [spec.name, devices])).toEqual(
    totals.faults.map(({ spec, devices }) => [spec.name, devices]),
  );
  second.running.process.kill('SIGTERM');
  expect((await second.running.finished).code).toBe(0);
}, 90_000);

test('a named port that is taken is one sentence and exit code 2, with nothing left running', async () => {
  const dataDir = temporaryFolder();
  const { running, url } = await open(dataDir, '--ephemeral');
  const other = await run(temporaryFolder(), ['start', '--no-open', '--json', '--port', url.port, ...anyPorts]);
  expect(other).toMatchObject({ code: 2, out: '' });
  expect(other.err).toContain(`--port: port ${url.port} is taken by another program`);
  running.process.kill('SIGTERM');
  expect((await running.finished).code).toBe(0);
});

test.skipIf(process.platform !== 'linux')(
  'without a display it says that the window is served for a browser',
  async () => {
    const running = start(temporaryFolder(), ['start', '--ephemeral', ...anyPorts]);
    await running.firstLine;
    running.process.kill('SIGTERM');
    const { code, out, err } = await running.finished;
    expect(code).toBe(0);
    expect(out).toMatch(/is ready: http:\/\/127\.0\.0\.1:\d+\/\?token=/);
    expect(`${out}${err}`).toContain('there is no display');
  },
);
